//! Which layers of a style-based generator are coarse, middle and fine.
//!
//! Karras et al. (2019) call the styles of 4x4 and 8x8 pixels coarse, those of 16x16 and 32x32 middle, and all larger ones
//! fine. A generator that has not all three, such as a small one, is divided in thirds. So is StyleGAN3, whose
//! layers do not double: from one to the next the finest detail grows by the same factor, so that thirds of its layers are
//! thirds of the octaves between 4 pixels and its picture.

use super::graph::{GraphPlan, Operation};
use crate::latent::expr::LayerRange;

/// How many scales there are.
pub const SCALES: usize = 3;
/// The largest sides of coarse and of middle styles.
const BORDERS: [usize; SCALES - 1] = [8, 32];

/// The thirds of so many layers, coarse first.
pub fn thirds(layers: usize) -> [LayerRange; SCALES] {
    std::array::from_fn(|which| LayerRange::third(which, layers))
}

/// The scales of so many layers, whose styles a decoder takes as its first input.
pub fn scales(decoder: &GraphPlan, layers: usize) -> [LayerRange; SCALES] {
    by_side(&sides(decoder, layers)).unwrap_or_else(|| thirds(layers))
}

/// The scales of layers that work on pictures of these sides; `None` where one of them would be empty.
fn by_side(sides: &[usize]) -> Option<[LayerRange; SCALES]> {
    if !sides.is_sorted() {
        return None;
    }
    let [coarse, middle] = BORDERS.map(|border| sides.partition_point(|side| *side <= border));
    let ends = [0, coarse, middle, sides.len()];
    let ranges = std::array::from_fn(|which| LayerRange {
        start: ends[which],
        end: ends[which + 1],
    });
    let is_whole = ranges.iter().all(|range| range.start < range.end);
    is_whole.then_some(ranges)
}

/// The side of the largest picture that each row of w+ has a part in; 0 for one that has none.
fn sides(decoder: &GraphPlan, layers: usize) -> Vec<usize> {
    let mut sides = vec![0; layers];
    // The row that a value is computed of.
    let mut rows: Vec<Option<usize>> = vec![None; decoder.values.len()];
    for (node, spec) in decoder.spec.nodes.iter().enumerate() {
        let row = match (&spec.operation, &decoder.takes[node][..]) {
            (&Operation::Slice { axis: 0, start, .. }, &[0]) => Some(start),
            (Operation::ModulatedConv { up, .. }, &[picture, style]) => {
                let side = decoder.values[picture].shape.last().copied();
                let side = side.unwrap_or(0).saturating_mul(*up);
                if let Some(most) = rows[style].and_then(|row| sides.get_mut(row)) {
                    *most = side.max(*most);
                }
                None
            }
            (_, &[taken]) => rows[taken],
            _ => None,
        };
        rows[decoder.result(node)] = row;
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(sides: &[usize]) -> Option<[usize; SCALES]> {
        by_side(sides).map(|ranges| ranges.map(|range| range.end))
    }

    #[test]
    fn sides_divide_the_layers_where_all_scales_are_there() {
        // StyleGAN2 of 1024 pixels and of 64; the last layer makes the picture alone.
        let of = |side: usize| {
            let doubled = (0..).map(|size| 8 << size).take_while(|it| *it <= side);
            let doubled = doubled.flat_map(|side| [side, side]);
            [4].into_iter()
                .chain(doubled)
                .chain([side])
                .collect::<Vec<usize>>()
        };
        assert_eq!(of(1024).len(), 18);
        assert_eq!(ends(&of(1024)), Some([3, 7, 18]));
        assert_eq!(ends(&of(64)), Some([3, 7, 10]));
        // Nothing is fine, nothing is coarse, or they do not grow.
        assert_eq!(ends(&of(32)), None);
        assert_eq!(ends(&[36, 36, 52, 84, 276, 256]), None);
        assert_eq!(ends(&[4, 64, 16, 64]), None);
        assert_eq!(ends(&[]), None);
    }

    #[test]
    fn thirds_cover_all_layers_once() {
        for count in 3..20 {
            let ranges = thirds(count);
            assert_eq!((ranges[0].start, ranges[2].end), (0, count));
            assert_eq!(ranges[0].end, ranges[1].start);
            assert_eq!(ranges[1].end, ranges[2].start);
            assert!(
                ranges.iter().all(|range| range.start < range.end),
                "{ranges:?}"
            );
        }
    }
}
