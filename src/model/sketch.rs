//! A quick picture of a slow decoder: what its first layers give, enlarged.
//!
//! Style-based generators with skip connections (Karras et al. 2020) sum pictures that double from layer to layer:
//! `enlarged(before) + here`. What such a sum holds before its last doublings is a picture already, of a
//! fraction of the work. Networks without such sums have no sketch.

use super::bound_graph::BoundGraph;
use super::graph::{GraphPlan, GraphSpec, NodeSpec, Operation, OutputSpec, ResizeMode};
use super::manifest::ImageSpec;
use std::collections::BTreeSet;

/// The smallest side of a picture that is worth enlarging.
const MIN_SIDE: usize = 16;

/// The part of a decoder that gives its largest picture of at most `most` multiplications, enlarged to the size of
/// `image`; `None` where the decoder is no such sum, or takes no more than that itself.
pub fn sketch(graph: &BoundGraph, image: ImageSpec, most: usize) -> Option<BoundGraph> {
    let plan = &graph.plan;
    if plan.multiply_adds <= most {
        return None;
    }
    let sums = Sums { plan, image };
    let (mut sum, tail) = sums.last()?;
    while let Some(before) = sums.before(sum) {
        sum = before;
        let [channels, height, width] = sums.picture(sum)?;
        if height.min(width) < MIN_SIDE {
            return None;
        }
        let spec = sums.cut(sum, &tail, [channels, height, width]);
        let bindings = graph.bindings();
        let Ok(found) = BoundGraph::with_bindings(&spec, bindings) else {
            return None;
        };
        if found.plan.multiply_adds <= most {
            return Some(found);
        }
    }
    None
}

/// The sums of pictures in a decoder.
struct Sums<'a> {
    plan: &'a GraphPlan,
    image: ImageSpec,
}

impl Sums<'_> {
    fn node(&self, value: usize) -> Option<&NodeSpec> {
        Some(&self.plan.spec.nodes[self.plan.maker(value)?])
    }

    /// The only value that a node takes.
    fn taken(&self, value: usize) -> Option<usize> {
        match self.plan.takes.get(self.plan.maker(value)?)?[..] {
            [taken] => Some(taken),
            _ => None,
        }
    }

    /// The shape of a value that is a picture of as many channels as the decoder's.
    fn picture(&self, value: usize) -> Option<[usize; 3]> {
        match self.plan.values[value].shape[..] {
            [channels, height, width] if channels == self.image.channels => {
                Some([channels, height, width])
            }
            _ => None,
        }
    }

    /// The sum that becomes the picture, and what is done to each number of it after that.
    fn last(&self) -> Option<(usize, Vec<Operation>)> {
        let mut value = *self.plan.outputs.first()?;
        let mut tail = Vec::new();
        loop {
            let operation = &self.node(value)?.operation;
            match operation {
                Operation::Scale { .. } | Operation::Pointwise { .. } => {
                    tail.push(operation.clone());
                }
                Operation::Reshape { .. } => {}
                _ => break,
            }
            value = self.taken(value)?;
        }
        tail.reverse();
        self.picture(value)?;
        Some((value, tail))
    }

    /// The smaller picture that is enlarged for a sum.
    fn before(&self, sum: usize) -> Option<usize> {
        if !matches!(self.node(sum)?.operation, Operation::Add) {
            return None;
        }
        let side = self.picture(sum)?[1];
        let parts = &self.plan.takes[self.plan.maker(sum)?];
        parts.iter().find_map(|&part| {
            let mut value = part;
            while let Operation::Resample { .. }
            | Operation::Resize { .. }
            | Operation::Pad { .. } = self.node(value)?.operation
            {
                value = self.taken(value)?;
            }
            let [_, height, _] = self.picture(value)?;
            (height < side).then_some(value)
        })
    }

    /// A network that ends at a sum, with what is done to its numbers, enlarged to the whole picture.
    fn cut(&self, sum: usize, tail: &[Operation], shape: [usize; 3]) -> GraphSpec {
        let mut needed = BTreeSet::new();
        let mut waiting = vec![sum];
        while let Some(value) = waiting.pop() {
            if let Some(maker) = self.plan.maker(value)
                && needed.insert(maker)
            {
                waiting.extend(&self.plan.takes[maker]);
            }
        }
        let spec = &self.plan.spec;
        let kept = needed.iter().map(|&node| spec.nodes[node].clone());
        let mut nodes: Vec<NodeSpec> = kept.collect();
        let mut at = self.plan.name(sum).to_owned();
        let ImageSpec { height, width, .. } = self.image;
        let ends = enlargements([shape[1], shape[2]], [height, width]);
        let ends = ends.into_iter().chain([Operation::Reshape {
            shape: vec![shape[0], height, width],
        }]);
        for (index, operation) in tail.iter().cloned().chain(ends).enumerate() {
            // A graph that has such a name already has no sketch.
            let name = format!("sketch:{index}");
            nodes.push(NodeSpec {
                name: name.clone(),
                operation,
                inputs: vec![at],
            });
            at = name;
        }
        GraphSpec {
            inputs: spec.inputs.clone(),
            nodes,
            outputs: vec![OutputSpec {
                name: "picture".to_owned(),
                value: at,
            }],
        }
    }
}

/// From one height and width to another, doubling as long as it goes: a bilinear doubling is the filter
/// `[1, 3, 3, 1]` by which the sums themselves are enlarged, and many of them have no facets.
fn enlargements([mut height, mut width]: [usize; 2], whole: [usize; 2]) -> Vec<Operation> {
    let mut steps = Vec::new();
    let mut resize = |height: usize, width: usize| {
        steps.push(Operation::Resize {
            height,
            width,
            mode: ResizeMode::Bilinear,
        });
    };
    while 2 * height <= whole[0] && 2 * width <= whole[1] {
        (height, width) = (2 * height, 2 * width);
        resize(height, width);
    }
    if [height, width] != whole {
        resize(whole[0], whole[1]);
    }
    steps
}
