//! The sizes of a flow, and the order in which its pixels follow one another.

use super::VALUES;
use crate::model::manifest::ImageSpec;
use serde::{Deserialize, Serialize};

const MAX_CHANNELS: usize = 4096;
const MAX_FOLD: usize = 16;
/// More pixels than this in the coarse picture, and the networks between its pixels grow absurd.
const MAX_COARSE: usize = 1024;
/// The most bins of a pixel: one for each of its values.
const MAX_BINS: usize = 256;

/// What a flow is built of: the section `flow` of a manifest and of a recipe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowSpec {
    /// The side of the squares of pixels of which one is in the coarse picture that comes first.
    pub fold: usize,
    /// Channels of the networks that look at the neighbours of a pixel.
    pub hidden: usize,
    /// Numbers that say what the coarse picture shows, and between the layers of its own networks.
    pub gist: usize,
    /// The first of the 256 values in each bin of a pixel; within a bin all values are equally likely.
    pub bins: Vec<u16>,
}

/// The pixels that one coupling changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Group {
    /// So many pixels of the coarse picture, in the order of [`Layout::coarse`].
    Coarse(usize),
    /// The pixel at this row and column of every square.
    Fine([usize; 2]),
}

/// In which order the pixels of a picture follow one another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Height and width of the coarse picture.
    pub sides: [usize; 2],
    /// Which pixel of the coarse picture, counted row by row, comes at each place of its order.
    pub coarse: Vec<usize>,
    pub groups: Vec<Group>,
}

impl Layout {
    /// Pixels of a picture.
    pub fn pixels(&self) -> usize {
        self.groups.iter().map(|group| self.len_of(group)).sum()
    }

    /// Pixels of a group.
    pub fn len_of(&self, group: &Group) -> usize {
        match group {
            Group::Coarse(len) => *len,
            Group::Fine(_) => self.coarse.len(),
        }
    }
}

impl FlowSpec {
    /// The order of the pixels of pictures of `image`.
    ///
    /// # Errors
    /// A sentence when a size is zero or absurd, or does not fit the picture.
    pub fn layout(&self, image: ImageSpec) -> Result<Layout, String> {
        if image.channels != 1 {
            return Err("only grey pictures can be learned by a flow".to_owned());
        }
        for (name, size) in [("hidden", self.hidden), ("gist", self.gist)] {
            if !(1..=MAX_CHANNELS).contains(&size) {
                return Err(format!("{name} must be 1 to {MAX_CHANNELS}"));
            }
        }
        if !(2..=MAX_FOLD).contains(&self.fold) {
            return Err(format!("fold must be 2 to {MAX_FOLD}"));
        }
        let rises = self.bins.windows(2).all(|pair| pair[0] < pair[1]);
        let is_within = self
            .bins
            .last()
            .is_some_and(|&last| f32::from(last) < VALUES);
        if !(1..=MAX_BINS).contains(&self.bins.len()) || self.bins[0] != 0 || !rises || !is_within {
            return Err("bins must begin with 0 and rise, up to 255 at most".to_owned());
        }
        let (height, width, fold) = (image.height, image.width, self.fold);
        if !height.is_multiple_of(fold) || !width.is_multiple_of(fold) || height * width == 0 {
            return Err(format!(
                "{width}x{height} pixels cannot be divided into squares of {fold}"
            ));
        }
        let sides = [height / fold, width / fold];
        if sides[0].saturating_mul(sides[1]) > MAX_COARSE {
            return Err(format!(
                "squares of {fold} leave a coarse picture of {}x{} pixels; {MAX_COARSE} pixels are allowed",
                sides[1], sides[0]
            ));
        }
        let coarse = spread(sides);
        let mut groups: Vec<Group> = coarse.iter().map(|it| Group::Coarse(it.len())).collect();
        let squares = spread([fold; 2]).concat();
        // The first pixel of a square is the one in the coarse picture.
        let fine = squares.into_iter().filter(|&at| at != 0);
        groups.extend(fine.map(|at| Group::Fine([at / fold, at % fold])));
        Ok(Layout {
            sides,
            coarse: coarse.concat(),
            groups,
        })
    }

    /// The bounds of the bins in 0..1, from the lower bound of the first to the upper one of the last. A
    /// pixel has 256 values from 0 to 1, and each reaches half way to the next.
    pub fn bounds(&self) -> Vec<f32> {
        let firsts = self.bins.iter().map(|&first| f32::from(first));
        let bounds = firsts.chain([VALUES]);
        bounds.map(|value| (value - 0.5) / (VALUES - 1.0)).collect()
    }
}

/// The places of a grid, counted row by row, from those far apart to those between them: the first one,
/// then for every power of two below the sides the middles of the squares that are there, the middles
/// between two in a row, and those between two in a column.
fn spread([height, width]: [usize; 2]) -> Vec<Vec<usize>> {
    let longest = height.max(width);
    let mut step = 1;
    while step < longest {
        step *= 2;
    }
    let every = |step: usize, [row, column]: [usize; 2]| -> Vec<usize> {
        let rows = (row..height).step_by(step);
        let places = rows.flat_map(|row| {
            let columns = (column..width).step_by(step);
            columns.map(move |column| row * width + column)
        });
        places.collect()
    };
    let mut groups = vec![every(step, [0, 0])];
    while step > 1 {
        let half = step / 2;
        groups.extend([[half, half], [0, half], [half, 0]].map(|first| every(step, first)));
        step = half;
    }
    groups.retain(|group| !group.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> FlowSpec {
        FlowSpec {
            fold: 4,
            hidden: 8,
            gist: 8,
            bins: vec![0, 1, 128],
        }
    }

    const IMAGE: ImageSpec = ImageSpec {
        channels: 1,
        height: 28,
        width: 28,
    };

    #[test]
    fn every_pixel_has_its_turn_once() {
        let layout = spec().layout(IMAGE).expect("it fits");
        assert_eq!(layout.sides, [7, 7]);
        let sizes = layout.groups.iter().map(|group| layout.len_of(group));
        let sizes: Vec<usize> = sizes.collect();
        assert_eq!(sizes[..11], [1, 1, 1, 1, 4, 4, 4, 9, 12, 12, 49]);
        assert_eq!(layout.pixels(), IMAGE.len());
        let mut coarse = layout.coarse.clone();
        // After four far apart come the middles of the squares between them.
        assert_eq!(coarse[..8], [0, 32, 4, 28, 16, 20, 44, 48]);
        coarse.sort_unstable();
        assert!(coarse.into_iter().eq(0..49));
        assert_eq!(layout.groups[10], Group::Fine([2, 2]));
        let mut fine: Vec<&Group> = layout.groups[10..].iter().collect();
        fine.dedup();
        assert_eq!(fine.len(), 15);
    }

    #[test]
    fn grids_of_any_sides_are_spread() {
        for sides in [[1, 1], [1, 5], [2, 2], [3, 8], [16, 16]] {
            let mut places = spread(sides).concat();
            places.sort_unstable();
            assert!(places.into_iter().eq(0..sides[0] * sides[1]), "{sides:?}");
        }
    }

    #[test]
    fn bins_meet_half_way_between_the_values() {
        let bounds = spec().bounds();
        let values: Vec<f32> = bounds.iter().map(|bound| bound * 255.0).collect();
        assert_eq!(values, [-0.5, 0.5, 127.5, 255.5]);
    }

    #[test]
    fn sizes_that_fit_nothing_are_refused() {
        let with = |change: fn(&mut FlowSpec)| {
            let mut spec = spec();
            change(&mut spec);
            spec
        };
        for (spec, part) in [
            (with(|it| it.fold = 5), "28x28"),
            (with(|it| it.fold = 1), "fold"),
            (with(|it| it.hidden = 0), "hidden"),
            (with(|it| it.gist = 1_000_000), "gist"),
            (with(|it| it.bins = vec![]), "bins"),
            (with(|it| it.bins = vec![1, 2]), "bins"),
            (with(|it| it.bins = vec![0, 9, 9]), "bins"),
            (with(|it| it.bins = vec![0, 256]), "bins"),
        ] {
            let fault = spec.layout(IMAGE).expect_err(part);
            assert!(fault.contains(part), "{fault}");
        }
        let wide = ImageSpec {
            height: 4000,
            ..IMAGE
        };
        let fault = spec().layout(wide).expect_err("too large");
        assert!(fault.contains("coarse"), "{fault}");
        let coloured = ImageSpec {
            channels: 3,
            ..IMAGE
        };
        let fault = spec().layout(coloured).expect_err("colour");
        assert!(fault.contains("grey"), "{fault}");
    }
}
