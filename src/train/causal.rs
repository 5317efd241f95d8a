//! Networks that say what comes next in a grid, as recipes write them (gated PixelCNN, van den Oord et
//! al. 2016), and the graphs that they stand for.
//!
//! Two stacks run side by side: one sees all places of the rows above, the other besides these the places
//! to the left in the same row. No kernel is masked; each is laid so that it reaches only what was written
//! before.

use super::graph_builder::GraphBuilder;
use crate::model::graph::{Function, GraphSpec, InputSpec, Operation, OutputSpec, Window};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most places that a kernel lies apart; more reaches beyond any grid.
const MAX_DILATION: usize = 32;
/// More blocks than any sensible network has.
const MAX_BLOCKS: usize = 64;
const MAX_CHANNELS: usize = 1024;
/// How many rows above, and places to the left, the first layers reach.
const FIRST_REACH: usize = 3;

/// The sizes of such a network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CausalSpec {
    /// Channels of both stacks.
    pub channels: usize,
    /// How far the places that a kernel reaches lie apart, block by block.
    pub dilations: Vec<usize>,
    /// Into how many greys pixels are divided where the grid is a picture; grids of codes have as many
    /// values as the codebook.
    #[serde(default)]
    pub levels: Option<u32>,
    /// Whether every place has numbers of its own that are learned. Where the kernels do not reach the
    /// border, nothing else says where a place is.
    #[serde(default)]
    pub position: bool,
}

/// A graph with what its trainer has to know.
pub struct CausalNetwork {
    pub graph: GraphSpec,
    /// The nodes that begin as zero, so that every block begins as nothing.
    pub silent: BTreeSet<String>,
    /// The node with a row for every index.
    pub table: String,
}

impl CausalSpec {
    /// The graph: inputs `input` `[height, width]`, indices, and `condition` `[words]` where there are
    /// words; the output has a score for each of `levels` indices, `[levels, height, width]`.
    ///
    /// # Errors
    /// When a size is zero or absurd.
    pub fn graph(
        &self,
        input: &str,
        [height, width]: [usize; 2],
        levels: usize,
        words: usize,
    ) -> Result<CausalNetwork, String> {
        if !(1..=MAX_CHANNELS).contains(&self.channels) {
            return Err(format!("channels must be 1 to {MAX_CHANNELS}"));
        }
        if !(1..=MAX_BLOCKS).contains(&self.dilations.len()) {
            return Err(format!(
                "dilations must be given for 1 to {MAX_BLOCKS} blocks"
            ));
        }
        let is_sound = |dilation: &usize| (1..=MAX_DILATION).contains(dilation);
        if !self.dilations.iter().all(is_sound) {
            return Err(format!("dilations must be 1 to {MAX_DILATION}"));
        }
        let channels = self.channels;
        let mut net = GraphBuilder::default();
        let seen = net.embedded("table", input, levels, channels);
        let (above, left) = net.first(&seen, channels, [height, width], self.position);
        let condition = (words > 0).then(|| {
            net.linear("words", "condition", channels);
            net.silu("said", "words")
        });
        let (mut above, mut left) = (above, left);
        for (block, &dilation) in self.dilations.iter().enumerate() {
            (above, left) = net.block(
                &format!("block{block}"),
                [&above, &left],
                [channels, dilation],
                condition.as_deref(),
            );
        }
        let x = net.silu("out_silu", &left);
        net.conv_1("out_a", &x, 2 * channels);
        net.silu("out_b", "out_a");
        net.silent.insert("scores".to_owned());
        net.conv_1("scores", "out_b", levels);
        let mut inputs = vec![InputSpec {
            name: input.to_owned(),
            shape: vec![height, width],
            shared: false,
        }];
        if words > 0 {
            inputs.push(InputSpec {
                name: "condition".to_owned(),
                shape: vec![words],
                shared: false,
            });
        }
        Ok(CausalNetwork {
            graph: GraphSpec {
                inputs,
                nodes: net.nodes,
                outputs: vec![OutputSpec {
                    name: "scores".to_owned(),
                    value: "scores".to_owned(),
                }],
            },
            silent: net.silent,
            table: "table".to_owned(),
        })
    }
}

impl GraphBuilder {
    fn first_of(&mut self, name: &str, x: &str, axis: usize, end: usize) -> String {
        let start = 0;
        self.add(name, Operation::Slice { axis, start, end }, &[x])
    }

    /// The first values of both stacks. One row, or one place, more than the grid has comes out of each
    /// kernel, since none reaches the place that it is for; the last is cut off.
    fn first(
        &mut self,
        seen: &str,
        channels: usize,
        [height, width]: [usize; 2],
        is_placed: bool,
    ) -> (String, String) {
        let (reach, side) = (FIRST_REACH, FIRST_REACH);
        let above = Window {
            padding: [reach, side, 0, side],
            ..Window::default()
        };
        self.conv("rows_all", seen, channels, [reach, 2 * side + 1], above);
        let mut rows = self.first_of("rows", "rows_all", 1, height);
        if is_placed {
            let shape = vec![channels, height, width];
            self.add("position", Operation::Constant { shape }, &[]);
            rows = self.add("rows_placed", Operation::Add, &["rows", "position"]);
        }
        let left = Window {
            padding: [0, reach, 0, 0],
            ..Window::default()
        };
        self.conv("row_all", seen, channels, [1, reach], left);
        self.first_of("row", "row_all", 2, width);
        self.conv_1("rows_to_row", &rows, channels);
        self.add("places", Operation::Add, &["row", "rows_to_row"]);
        (rows, "places".to_owned())
    }

    /// A gated residual block of both stacks.
    fn block(
        &mut self,
        name: &str,
        [above, left]: [&str; 2],
        [channels, dilation]: [usize; 2],
        condition: Option<&str>,
    ) -> (String, String) {
        let part = |part: &str| format!("{name}_{part}");
        let both = Window {
            padding: [dilation, dilation, 0, dilation],
            dilation: [dilation; 2],
            ..Window::default()
        };
        let active = self.silu(&part("above_silu"), above);
        let seen = self.conv(&part("above"), &active, 2 * channels, [2, 3], both);
        let gated = self.gated(&part("above"), &seen, channels, condition);
        let above = self.add(&part("above_sum"), Operation::Add, &[above, &gated]);

        let only_left = Window {
            padding: [0, dilation, 0, 0],
            dilation: [dilation; 2],
            ..Window::default()
        };
        let active = self.silu(&part("left_silu"), left);
        let seen = self.conv(&part("left"), &active, 2 * channels, [1, 2], only_left);
        let joined = self.conv_1(&part("joined"), &above, 2 * channels);
        let seen = self.add(&part("left_all"), Operation::Add, &[&seen, &joined]);
        let gated = self.gated(&part("left"), &seen, channels, condition);
        let left = self.add(&part("left_sum"), Operation::Add, &[left, &gated]);
        (above, left)
    }

    /// Half of the channels let the other half through, once the condition has had its say.
    fn gated(&mut self, name: &str, x: &str, channels: usize, condition: Option<&str>) -> String {
        let part = |part: &str| format!("{name}_{part}");
        let mut x = x.to_owned();
        if let Some(condition) = condition {
            let told = self.linear(&part("told"), condition, 2 * channels);
            let shape = vec![2 * channels, 1, 1];
            let told = self.add(&part("told_all"), Operation::Reshape { shape }, &[&told]);
            x = self.add(&part("asked"), Operation::Add, &[&x, &told]);
        }
        let halves = Operation::Split {
            axis: 0,
            sizes: vec![channels; 2],
        };
        self.add(&part("halves"), halves, &[&x]);
        let halves = [0, 1].map(|half| format!("{}.{half}", part("halves")));
        let value = self.function(&part("value"), &halves[0], Function::Tanh);
        let gate = self.function(&part("gate"), &halves[1], Function::Sigmoid);
        let through = self.add(&part("through"), Operation::Multiply, &[&value, &gate]);
        self.silent.insert(part("back"));
        self.conv_1(&part("back"), &through, channels)
    }
}
