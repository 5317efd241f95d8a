//! Networks that say what comes next in a grid, run place by place.
//!
//! Each place of such a graph depends on places that were written before, row by row. Every value is therefore
//! computed once per place, as soon as its inputs are known, rather than for the whole grid after every
//! index: sampling a grid costs about as much as one forward pass over it.

mod analysis;
mod run;

pub use analysis::check;
pub use run::Writing;

use super::pointwise::Pointwise;
use crate::model::bound_graph::BoundGraph;
use crate::model::file::ModelFile;
use crate::model::graph::{GraphPlan, Operation};
use analysis::{Reach, reaches};

/// A prepared network of this kind.
#[derive(Clone, Debug)]
pub struct Causal {
    /// In the order in which they are computed within a phase.
    fixed: Vec<Step>,
    above: Vec<Step>,
    before: Vec<Step>,
    after: Vec<Step>,
    /// For each value of the graph.
    stores: Vec<Store>,
    output: usize,
    height: usize,
    width: usize,
    levels: usize,
    /// Weights of a condition; 0 where it takes none.
    words: usize,
}

/// A node with what it takes and its weights.
#[derive(Clone, Debug)]
struct Step {
    takes: Vec<usize>,
    gives: usize,
    work: Work,
}

/// What is computed of the channels of a place.
#[derive(Clone, Debug)]
enum Work {
    /// The row of a table for the index that stands there.
    Table(Vec<f32>),
    Conv {
        taps: Vec<Tap>,
        bias: Vec<f32>,
    },
    /// `weight [inputs, outputs]`, `bias`.
    Linear {
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
    Pointwise(Pointwise),
    /// Numbers of every place, channels last.
    Places(Vec<f32>),
    /// The same numbers everywhere.
    Everywhere(Vec<f32>),
    Add,
    Subtract,
    Multiply,
    /// Some of the channels, from this one on.
    Channels(usize),
    Copy,
}

/// One place that a kernel reaches.
#[derive(Clone, Debug)]
struct Tap {
    rows: isize,
    columns: isize,
    /// `[inputs, outputs]`
    weight: Vec<f32>,
}

/// How long a value is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Store {
    channels: usize,
    extent: Extent,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Extent {
    /// One for the whole grid, or until the next place.
    One,
    /// Until the next row.
    Row,
    /// A kernel reaches back to it.
    Grid,
}

impl Causal {
    /// Prepares a checked network.
    ///
    /// # Errors
    /// When it is none of this kind, or the file was changed after it was checked.
    pub fn new(
        graph: &BoundGraph,
        file: &ModelFile,
        [height, width, levels]: [usize; 3],
    ) -> Result<Self, String> {
        let plan = &graph.plan;
        let reaches = reaches(plan, [height, width, levels])?;
        let mut stores: Vec<Store> = reaches
            .iter()
            .enumerate()
            .map(|(value, reach)| Store {
                channels: channels_of(plan, value, *reach),
                extent: match reach {
                    Reach::Above => Extent::Row,
                    _ => Extent::One,
                },
            })
            .collect();
        let mut causal = Self {
            fixed: Vec::new(),
            above: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            stores: Vec::new(),
            output: plan.outputs[0],
            height,
            width,
            levels,
            words: plan
                .values
                .get(1)
                .filter(|_| plan.spec.inputs.len() > 1)
                .map_or(0, |it| it.len),
        };
        for node in 0..plan.spec.nodes.len() {
            let gives = plan.result(node);
            let work = work(plan, node, |name| {
                let values = graph.values(file, name);
                values
                    .map(std::borrow::Cow::into_owned)
                    .ok_or_else(|| format!("no tensor {name:?}"))
            })?;
            let takes = plan.takes[node].clone();
            if let Work::Conv { taps, .. } = &work {
                let is_elsewhere = |tap: &Tap| tap.rows != 0 || tap.columns != 0;
                if taps.iter().any(is_elsewhere) {
                    stores[takes[0]].extent = Extent::Grid;
                }
            }
            let steps = match reaches[gives] {
                Reach::Fixed => &mut causal.fixed,
                Reach::Above => &mut causal.above,
                Reach::Before => &mut causal.before,
                Reach::After => &mut causal.after,
            };
            steps.push(Step { takes, gives, work });
        }
        causal.stores = stores;
        Ok(causal)
    }

    /// How many places a grid has.
    pub fn places(&self) -> usize {
        self.height * self.width
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// How many indices there are.
    pub fn levels(&self) -> usize {
        self.levels
    }
}

/// Numbers of a value at one place, or in all where it has no places.
fn channels_of(plan: &GraphPlan, value: usize, reach: Reach) -> usize {
    let shape = &plan.values[value].shape;
    let node = plan
        .maker(value)
        .map(|node| &plan.spec.nodes[node].operation);
    match (reach, node) {
        (Reach::Fixed, _) => shape.iter().product(),
        // Rows of a table, not yet turned into channels.
        (_, Some(Operation::Embedding { features, .. })) => *features,
        // Indices.
        (_, None) => 0,
        (_, Some(_)) => shape.first().copied().unwrap_or(0),
    }
}

/// What a node computes at a place.
fn work(
    plan: &GraphPlan,
    node: usize,
    mut tensor: impl FnMut(&str) -> Result<Vec<f32>, String>,
) -> Result<Work, String> {
    let spec = &plan.spec.nodes[node];
    let mut role = |role: &str| tensor(&format!("{}.{role}", spec.name));
    Ok(match &spec.operation {
        Operation::Embedding { .. } => Work::Table(role("weight")?),
        Operation::Conv {
            channels,
            kernel,
            window,
            bias,
            ..
        } => {
            let inputs = plan.values[plan.takes[node][0]].shape[0];
            let weight = role("weight")?;
            let [rows, columns] = *kernel;
            let mut taps = Vec::new();
            for row in 0..rows {
                for column in 0..columns {
                    let at = |output: usize, input: usize| {
                        weight[((output * inputs + input) * rows + row) * columns + column]
                    };
                    let by_input = (0..inputs)
                        .flat_map(|input| (0..*channels).map(move |output| (output, input)));
                    taps.push(Tap {
                        rows: analysis::offset(row, window.dilation[0], window.padding[0]),
                        columns: analysis::offset(column, window.dilation[1], window.padding[1]),
                        weight: by_input.map(|(output, input)| at(output, input)).collect(),
                    });
                }
            }
            Work::Conv {
                taps,
                bias: if *bias {
                    role("bias")?
                } else {
                    vec![0.0; *channels]
                },
            }
        }
        Operation::Linear { outputs, bias } => Work::Linear {
            weight: role("weight")?,
            bias: if *bias {
                role("bias")?
            } else {
                vec![0.0; *outputs]
            },
        },
        Operation::Pointwise { function } => Work::Pointwise((*function).into()),
        Operation::Scale { factor, offset } => Work::Pointwise(Pointwise::Scale(*factor, *offset)),
        Operation::Constant { shape } => {
            let values = role("value")?;
            match shape[..] {
                [channels, height, width] if height * width > 1 => {
                    let places = height * width;
                    let of_place = |place: usize| {
                        let values = &values;
                        (0..channels).map(move |channel| values[channel * places + place])
                    };
                    Work::Places((0..places).flat_map(of_place).collect())
                }
                _ => Work::Everywhere(values),
            }
        }
        Operation::Add => Work::Add,
        Operation::Subtract => Work::Subtract,
        Operation::Multiply => Work::Multiply,
        Operation::Slice { axis: 0, start, .. } => Work::Channels(*start),
        Operation::Slice { .. } | Operation::Permute { .. } | Operation::Reshape { .. } => {
            Work::Copy
        }
        other => return Err(format!("{other:?} cannot be run place by place")),
    })
}
