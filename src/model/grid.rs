//! Grids of indices between pictures and networks: codebooks, and the greys of pixels as one.
//!
//! An encoder scores every entry of the codebook at every place, `[entries, height, width]`, and the entry
//! with the highest score is the index. With the scores `2 e.x - |e|^2` that is the entry `e` nearest to
//! what an encoder gives, `x`.

use super::file::StoredTensor;
use super::graph::{GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, Window};
use crate::latent::Space;
use std::collections::BTreeMap;

/// The nodes that this module puts into graphs.
const TABLE: &str = "codebook";
const PLACES: &str = "places";
const SCORES: &str = "nearest";

/// A table of vectors, one for each index.
#[derive(Clone, PartialEq, Debug)]
pub struct Codebook {
    /// `[entries, dim]`
    pub entries: Vec<f32>,
    pub dim: usize,
}

/// A network with its tensors, by name without a role.
pub type Built = (GraphSpec, BTreeMap<String, StoredTensor>);

impl Codebook {
    /// The greys of a picture, from black to white.
    pub fn of_greys(levels: usize) -> Self {
        let last = levels.saturating_sub(1).max(1) as f32;
        Self {
            entries: (0..levels).map(|level| level as f32 / last).collect(),
            dim: 1,
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len() / self.dim.max(1)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of an index; the last one for indices beyond it.
    pub fn entry(&self, index: usize) -> &[f32] {
        let index = index.min(self.len().saturating_sub(1));
        &self.entries[index * self.dim..(index + 1) * self.dim]
    }

    /// The index of the entry nearest to each vector of a picture `[dim, places]`.
    pub fn nearest(&self, picture: &[f32]) -> Vec<usize> {
        let places = picture.len() / self.dim.max(1);
        let lengths: Vec<f32> = (0..self.len())
            .map(|index| square(self.entry(index)))
            .collect();
        (0..places)
            .map(|place| {
                let score = |index: usize| {
                    let products = self.entry(index).iter().enumerate();
                    let product: f32 = products
                        .map(|(axis, value)| value * picture[axis * places + place])
                        .sum();
                    2.0 * product - lengths[index]
                };
                let scores = (0..self.len()).map(score);
                largest(scores)
            })
            .collect()
    }

    /// From a grid of indices to what `next` makes of the picture of its entries.
    pub fn decoder(&self, next: &GraphSpec, [height, width]: [usize; 2]) -> Built {
        let table = NodeSpec {
            name: TABLE.to_owned(),
            operation: Operation::Embedding {
                count: self.len(),
                features: self.dim,
            },
            inputs: vec![Space::CODES.name().to_owned()],
        };
        let places = NodeSpec {
            name: PLACES.to_owned(),
            operation: Operation::Permute {
                order: vec![2, 0, 1],
            },
            inputs: vec![TABLE.to_owned()],
        };
        let graph = GraphSpec {
            inputs: vec![InputSpec {
                name: Space::CODES.name().to_owned(),
                shape: vec![height, width],
                shared: false,
            }],
            nodes: vec![table, places],
            outputs: vec![output("picture", PLACES)],
        };
        let weights = StoredTensor {
            shape: vec![self.len(), self.dim],
            values: self.entries.clone(),
        };
        let tensors = BTreeMap::from([(format!("{TABLE}.weight"), weights)]);
        (graph.then(next, ""), tensors)
    }

    /// From what `before` makes of a picture, `[dim, height, width]`, to scores of the indices.
    pub fn encoder(&self, before: &GraphSpec, [height, width]: [usize; 2]) -> Built {
        let mut graph = before.clone();
        let last = graph.outputs.pop();
        let last = last.map_or_else(String::new, |output| output.value);
        graph.outputs.clear();
        graph.nodes.push(NodeSpec {
            name: PLACES.to_owned(),
            operation: Operation::Reshape {
                shape: vec![self.dim, height, width],
            },
            inputs: vec![last],
        });
        graph.nodes.push(NodeSpec {
            name: SCORES.to_owned(),
            operation: Operation::Conv {
                channels: self.len(),
                kernel: [1, 1],
                window: Window::default(),
                groups: 1,
                bias: true,
            },
            inputs: vec![PLACES.to_owned()],
        });
        graph.outputs.push(output(Space::CODES.name(), SCORES));
        let weight = StoredTensor {
            shape: vec![self.len(), self.dim, 1, 1],
            values: self.entries.iter().map(|value| 2.0 * value).collect(),
        };
        let lengths = (0..self.len()).map(|index| -square(self.entry(index)));
        let tensors = BTreeMap::from([
            (format!("{SCORES}.weight"), weight),
            (
                format!("{SCORES}.bias"),
                StoredTensor::vector(lengths.collect()),
            ),
        ]);
        (graph, tensors)
    }
}

/// A picture as it is, for grids whose places are its pixels.
pub fn identity(shape: &[usize]) -> GraphSpec {
    GraphSpec {
        inputs: vec![InputSpec {
            name: "picture".to_owned(),
            shape: shape.to_vec(),
            shared: false,
        }],
        nodes: Vec::new(),
        outputs: vec![output("picture", "picture")],
    }
}

/// The indices with the highest scores, one for each place, of scores `[entries, places]`.
pub fn chosen(scores: &[f32], places: usize) -> impl Iterator<Item = usize> {
    let entries = scores.len() / places.max(1);
    (0..places).map(move |place| largest((0..entries).map(|entry| scores[entry * places + place])))
}

/// The same of the scores of several grids, one after the other.
pub fn all_chosen(scores: &[f32], count: usize, places: usize) -> impl Iterator<Item = usize> {
    let of_grid = (scores.len() / count.max(1)).max(1);
    let grids = scores.chunks_exact(of_grid);
    grids.flat_map(move |scores| chosen(scores, places))
}

/// The place of the largest number; the first of several.
fn largest(values: impl Iterator<Item = f32>) -> usize {
    let best = values
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, (index, value)| {
            if value > best.1 { (index, value) } else { best }
        });
    best.0
}

fn square(vector: &[f32]) -> f32 {
    vector.iter().map(|value| value * value).sum()
}

fn output(name: &str, value: &str) -> OutputSpec {
    OutputSpec {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_entry_is_the_index() {
        let greys = Codebook::of_greys(16);
        assert_eq!(greys.len(), 16);
        let pixels = [0.0, 1.0, 0.49, 7.0 / 15.0];
        assert_eq!(greys.nearest(&pixels), [0, 15, 7, 7]);
        let plane = Codebook {
            entries: vec![0.0, 0.0, 1.0, 0.0, 0.0, 2.0],
            dim: 2,
        };
        // Two places, one axis after the other.
        assert_eq!(plane.nearest(&[0.9, 0.1, 0.2, 1.9]), [1, 2]);
        assert_eq!(chosen(&[0.0, 5.0, 1.0, 2.0], 2).collect::<Vec<_>>(), [1, 0]);
    }
}
