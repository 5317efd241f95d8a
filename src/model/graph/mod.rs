//! Networks of any wiring as data: what they are ([`GraphSpec`]), what follows from that before
//! anything is allocated ([`plan`]), and the runner for any burn device ([`GraphNetwork`]). The
//! runner for the CPU is [`super::cpu::Plan`].

mod chain;
mod inference;
mod network;
mod operations;
mod prepared;
mod shapes;
mod spec;
mod taps;

pub use chain::of_chain;
pub use inference::shape_of;
pub use network::GraphNetwork;
pub use operations::{DEMODULATION_EPSILON, haar, haar_inverse};
pub use shapes::{GraphPlan, MAX_NODES, MAX_RANK, Value, plan};
pub use spec::{
    Function, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, PadMode, ReduceMode,
    ResizeMode, Window,
};
pub use taps::{SideTaps, Taps, frequencies, separable};
