//! U-Nets as recipes write them (Ronneberger et al. 2015; as denoisers Ho et al. 2020), and the graphs
//! that they stand for.

use crate::model::graph::{
    Function, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, ResizeMode, Window,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The sizes of a U-Net that takes a picture, its time and perhaps a condition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnetSpec {
    /// The side of the squares of pixels whose pixels become channels; 1 for none.
    pub patch: usize,
    /// The channels of each level. Every level has half the side of the one before.
    pub channels: Vec<usize>,
    /// Residual blocks of each level on the way down, and on the way up.
    pub blocks: usize,
    /// The levels, counted from 0, with attention between all places.
    pub attention: Vec<usize>,
    /// Groups of each normalisation.
    pub groups: usize,
    /// Numbers that time and condition are embedded in.
    pub embedding: usize,
}

/// A graph with what its trainer has to know.
pub struct Unet {
    pub graph: GraphSpec,
    /// The nodes that begin as zero, so that every block begins as nothing and the network with the
    /// prediction 0.
    pub silent: BTreeSet<String>,
}

impl UnetSpec {
    /// The graph: inputs `x` `[channels, height, width]`, `condition` `[words]` where there are
    /// words, and `time` `[1]`, which `time_scale` makes one of about 0 to 1000; the output has the
    /// shape of `x`.
    ///
    /// # Errors
    /// When the sizes do not fit one another.
    pub fn graph(
        &self,
        picture: [usize; 3],
        words: usize,
        time_scale: f32,
    ) -> Result<Unet, String> {
        let [channels, height, width] = picture;
        let (Some(&first), true) = (self.channels.first(), self.patch > 0) else {
            return Err("a U-Net needs a patch of at least 1 and a level".to_owned());
        };
        let halvings = self.patch << (self.channels.len() - 1).min(16);
        if ![height, width]
            .iter()
            .all(|side| side.is_multiple_of(halvings))
        {
            return Err(format!(
                "a U-Net of these levels needs sides that are multiples of {halvings}"
            ));
        }
        let sides = |level: usize| [height, width].map(|side| (side / self.patch) >> level);
        let mut net = Builder {
            spec: self,
            nodes: Vec::new(),
            silent: BTreeSet::new(),
        };
        let embedding = net.embed(words, time_scale);
        let mut x = match self.patch {
            1 => "x".to_owned(),
            factor => net.add("patches", Operation::PixelUnshuffle { factor }, &["x"]),
        };
        x = net.conv("stem", &x, first, 1);
        let mut at = first;
        let mut skips = Vec::new();
        let last = self.channels.len() - 1;
        for (level, &to) in self.channels.iter().enumerate() {
            for block in 0..self.blocks {
                let name = format!("down{level}_{block}");
                x = net.block(&name, &x, [at, to], &embedding);
                at = to;
                if self.attention.contains(&level) {
                    x = net.attend(&name, &x, at, sides(level));
                }
                skips.push((x.clone(), at));
            }
            if level < last {
                x = net.conv(&format!("halve{level}"), &x, at, 2);
            }
        }
        x = net.block("middle", &x, [at, at], &embedding);
        for (level, &to) in self.channels.iter().enumerate().rev() {
            for block in 0..self.blocks {
                let name = format!("up{level}_{block}");
                if let Some((skip, more)) = skips.pop() {
                    let joined = format!("{name}_joined");
                    x = net.add(&joined, Operation::Concatenate { axis: 0 }, &[&x, &skip]);
                    at += more;
                }
                x = net.block(&name, &x, [at, to], &embedding);
                at = to;
            }
            if level > 0 {
                // Where the sides are small this costs little, and halves what the next block costs.
                let next = self.channels[level - 1];
                if next != at {
                    x = net.conv_1(&format!("narrow{level}"), &x, next, true);
                    at = next;
                }
                let [height, width] = sides(level - 1);
                let resize = Operation::Resize {
                    height,
                    width,
                    mode: ResizeMode::Nearest,
                };
                x = net.add(&format!("double{level}"), resize, &[&x]);
            }
        }
        x = net.normalised("out", &x);
        net.silent.insert("out_conv".to_owned());
        x = net.conv("out_conv", &x, channels * self.patch * self.patch, 1);
        if self.patch > 1 {
            let factor = self.patch;
            x = net.add("pixels", Operation::PixelShuffle { factor }, &[&x]);
        }
        let mut inputs = vec![input("x", &picture)];
        if words > 0 {
            inputs.push(input("condition", &[words]));
        }
        inputs.push(input("time", &[1]));
        Ok(Unet {
            graph: GraphSpec {
                inputs,
                nodes: net.nodes,
                outputs: vec![OutputSpec {
                    name: "prediction".to_owned(),
                    value: x,
                }],
            },
            silent: net.silent,
        })
    }
}

fn input(name: &str, shape: &[usize]) -> InputSpec {
    InputSpec {
        name: name.to_owned(),
        shape: shape.to_vec(),
        shared: false,
    }
}

/// A graph that grows; every method gives the name of its result.
struct Builder<'a> {
    spec: &'a UnetSpec,
    nodes: Vec<NodeSpec>,
    silent: BTreeSet<String>,
}

impl Builder<'_> {
    fn add(&mut self, name: &str, operation: Operation, inputs: &[&str]) -> String {
        self.nodes.push(NodeSpec {
            name: name.to_owned(),
            operation,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        name.to_owned()
    }

    fn linear(&mut self, name: &str, x: &str, outputs: usize, bias: bool) -> String {
        self.add(name, Operation::Linear { outputs, bias }, &[x])
    }

    fn silu(&mut self, name: &str, x: &str) -> String {
        let function = Function::Silu;
        self.add(name, Operation::Pointwise { function }, &[x])
    }

    /// A convolution with a kernel of 3.
    fn conv(&mut self, name: &str, x: &str, channels: usize, stride: usize) -> String {
        let operation = Operation::Conv {
            channels,
            kernel: [3, 3],
            window: Window {
                stride: [stride; 2],
                padding: [1; 4],
                ..Window::default()
            },
            groups: 1,
            bias: true,
        };
        self.add(name, operation, &[x])
    }

    /// A convolution with a kernel of 1.
    fn conv_1(&mut self, name: &str, x: &str, channels: usize, bias: bool) -> String {
        let operation = Operation::Conv {
            channels,
            kernel: [1, 1],
            window: Window::default(),
            groups: 1,
            bias,
        };
        self.add(name, operation, &[x])
    }

    fn group_norm(&mut self, name: &str, x: &str) -> String {
        let operation = Operation::GroupNorm {
            groups: self.spec.groups,
            epsilon: 1e-5,
            affine: true,
        };
        self.add(name, operation, &[x])
    }

    fn normalised(&mut self, name: &str, x: &str) -> String {
        let x = self.group_norm(&format!("{name}_norm"), x);
        self.silu(&format!("{name}_silu"), &x)
    }

    /// What is told to every block: the time, and the condition.
    fn embed(&mut self, words: usize, time_scale: f32) -> String {
        let outputs = self.spec.embedding;
        let waves = Operation::TimeEmbedding {
            features: outputs / 2,
            max_period: 10_000.0,
            cosine_first: false,
            shift: 0.0,
            scale: time_scale,
        };
        let mut x = self.add("waves", waves, &["time"]);
        x = self.linear("time_1", &x, outputs, true);
        x = self.silu("time_silu", &x);
        x = self.linear("time_2", &x, outputs, true);
        if words > 0 {
            let words = self.linear("words", "condition", outputs, false);
            x = self.add("told", Operation::Add, &[&x, &words]);
        }
        self.silu("embedding", &x)
    }

    /// A residual block (He et al. 2016) that is told the time and the condition in its middle.
    fn block(&mut self, name: &str, x: &str, [from, to]: [usize; 2], embedding: &str) -> String {
        let part = |part: &str| format!("{name}_{part}");
        let mut y = self.normalised(&part("a"), x);
        y = self.conv(&part("conv_a"), &y, to, 1);
        let told = self.linear(&part("told"), embedding, to, true);
        let shape = vec![to, 1, 1];
        let told = self.add(&part("told_all"), Operation::Reshape { shape }, &[&told]);
        y = self.add(&part("sum"), Operation::Add, &[&y, &told]);
        y = self.normalised(&part("b"), &y);
        self.silent.insert(part("conv_b"));
        y = self.conv(&part("conv_b"), &y, to, 1);
        let x = match from == to {
            true => x.to_owned(),
            false => self.conv_1(&part("skip"), x, to, true),
        };
        self.add(name, Operation::Add, &[&x, &y])
    }

    /// Attention between all places of a picture, added to it (Vaswani et al. 2017).
    fn attend(&mut self, name: &str, x: &str, channels: usize, [h, w]: [usize; 2]) -> String {
        let part = |part: &str| format!("{name}_attention_{part}");
        let normed = self.group_norm(&part("norm"), x);
        let tokens = [h * w, channels];
        let all = self.conv_1(&part("qkv"), &normed, 3 * channels, true);
        // Tokens are rows of features.
        let flat = Operation::Reshape {
            shape: vec![3 * channels, h * w],
        };
        let all = self.add(&part("flat"), flat, &[&all]);
        let order = vec![1, 0];
        let all = self.add(
            &part("rows"),
            Operation::Permute {
                order: order.clone(),
            },
            &[&all],
        );
        let split = Operation::Split {
            axis: 1,
            sizes: vec![channels; 3],
        };
        let split = self.add(&part("split"), split, &[&all]);
        let parts = [0, 1, 2].map(|index| format!("{split}.{index}"));
        let heads = (channels / 32).max(1);
        let attention = Operation::Attention {
            heads,
            causal: false,
        };
        let found = self.add(
            &part("found"),
            attention,
            &[&parts[0], &parts[1], &parts[2]],
        );
        self.silent.insert(part("out"));
        let found = self.linear(&part("out"), &found, tokens[1], true);
        let found = self.add(&part("columns"), Operation::Permute { order }, &[&found]);
        let shape = vec![channels, h, w];
        let found = self.add(&part("picture"), Operation::Reshape { shape }, &[&found]);
        self.add(&part("sum"), Operation::Add, &[x, &found])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::graph::plan;

    fn spec() -> UnetSpec {
        UnetSpec {
            patch: 2,
            channels: vec![16, 32],
            blocks: 1,
            attention: vec![1],
            groups: 4,
            embedding: 32,
        }
    }

    #[test]
    fn what_it_predicts_has_the_shape_of_what_it_takes() {
        for (patch, channels, words) in [
            (2, vec![16, 32], 10),
            (1, vec![8, 8, 16], 0),
            (4, vec![8], 3),
        ] {
            let spec = UnetSpec {
                patch,
                channels,
                ..spec()
            };
            let unet = spec.graph([1, 28, 28], words, 1.0).expect("it is sound");
            let plan = plan(&unet.graph).expect("it is sound");
            assert_eq!(plan.output_shape("prediction"), Some(&[1, 28, 28][..]));
            for silent in &unet.silent {
                let mut nodes = unet.graph.nodes.iter();
                assert!(nodes.any(|node| node.name == *silent), "{silent}");
            }
        }
    }

    #[test]
    fn sides_have_to_be_halved_as_often_as_there_are_levels() {
        let spec = UnetSpec {
            channels: vec![8, 8, 8],
            ..spec()
        };
        let fault = spec.graph([1, 28, 28], 0, 1.0).err().expect("28 / 8");
        assert!(fault.contains("multiples of 8"), "{fault}");
        let none = UnetSpec {
            channels: Vec::new(),
            ..spec
        };
        assert!(none.graph([1, 28, 28], 0, 1.0).is_err());
    }
}
