//! Pickles without Python: an interpreter that builds plain data and can do nothing else.
//!
//! A pickle is a program for a stack machine that may call anything that Python can import. Here it
//! may name anything, but what it calls is looked up in a fixed list ([`globals`]) of things that hold
//! data: dictionaries, tensors, arrays. Every other call is an error that names it. Objects lie in one
//! list and refer to each other by number, so that neither circles nor nesting cost anything, and all
//! that a file makes grow is counted ([`limits`]).

mod calls;
mod globals;
mod input;
mod machine;
mod opcodes;
mod value;

pub use calls::PERSISTENT;
pub use input::Input;
pub use machine::{Heap, run};
pub use value::{ArrayData, Node, Storage, StoragePlace, TensorView, Value};

/// What a pickle may use.
pub mod limits {
    /// Instructions.
    pub const INSTRUCTIONS: usize = 2_000_000;
    /// Values on the stack, marks among them.
    pub const STACK: usize = 1_000_000;
    /// Things that are remembered under a number.
    pub const MEMO: usize = 1_000_000;
    /// Things in containers, all together.
    pub const ITEMS: usize = 2_000_000;
    /// Bytes of all texts.
    pub const TEXT: usize = 64 << 20;
    /// The longest line of an instruction that takes one.
    pub const LINE: usize = 4096;
    /// The longest whole number, and the longest text of Python 2 that is not taken for numbers of an
    /// array.
    pub const KEPT_BYTES: u64 = 4096;
}
