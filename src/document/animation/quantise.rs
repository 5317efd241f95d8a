//! The best 256 colours for a picture.
//!
//! Boxes of colours are divided where it lowers the squared error most (after Wu, "Efficient
//! statistical computations for optimal color quantization", 1991, on the colours themselves
//! instead of a grid), the last places go to the colours that are then farthest from all others, and
//! each colour of the palette moves to the middle of those that it stands for (Lloyd's algorithm).

use std::collections::HashMap;

/// More colours than this are put together in cells before a palette is learnt from them.
const MAX_LEARNT: usize = 1 << 14;
/// How finely these cells tell colours apart, in bits of each of three.
const CELL_BITS: u32 = 5;
/// The part of the places that is kept for rare colours: one in so many.
const RARE_SHARE: usize = 16;
/// How often the palette moves.
const MOVES: usize = 4;

/// A colour, and how many pixels have it.
#[derive(Clone, Copy)]
struct Weighted {
    colour: [f32; 3],
    weight: f32,
}

/// A palette of at most `most` colours for pixels in RGB, and the index of each pixel in it.
pub fn quantised(pixels: &[[u8; 3]], most: usize) -> (Vec<[u8; 3]>, Vec<u8>) {
    let mut counts: HashMap<[u8; 3], u32> = HashMap::new();
    for pixel in pixels {
        *counts.entry(*pixel).or_default() += 1;
    }
    let mut colours: Vec<([u8; 3], u32)> = counts.iter().map(|(c, n)| (*c, *n)).collect();
    // The order of a table of hashes is another in every run.
    colours.sort_unstable();
    let palette = learnt(&weighted(&colours), most);
    let nearest: HashMap<[u8; 3], u8> = colours
        .iter()
        .map(|(colour, _)| (*colour, nearest(&palette, colour.map(f32::from)) as u8))
        .collect();
    let indices = pixels.iter().map(|pixel| nearest[pixel]).collect();
    let bytes = |colour: &[f32; 3]| colour.map(|value| value.round().clamp(0.0, 255.0) as u8);
    (palette.iter().map(bytes).collect(), indices)
}

/// What a palette is learnt from: the colours, or the means of those in a cell.
fn weighted(colours: &[([u8; 3], u32)]) -> Vec<Weighted> {
    if colours.len() <= MAX_LEARNT {
        let whole = |(colour, count): &([u8; 3], u32)| Weighted {
            colour: colour.map(f32::from),
            weight: *count as f32,
        };
        return colours.iter().map(whole).collect();
    }
    let mut cells = vec![([0.0_f64; 3], 0.0_f64); 1 << (3 * CELL_BITS)];
    for (colour, count) in colours {
        let cell = colour.iter().fold(0, |cell, value| {
            (cell << CELL_BITS) | usize::from(value >> (8 - CELL_BITS))
        });
        let (sum, all) = &mut cells[cell];
        for (sum, value) in sum.iter_mut().zip(colour) {
            *sum += f64::from(*value) * f64::from(*count);
        }
        *all += f64::from(*count);
    }
    let taken = cells.into_iter().filter(|(_, all)| *all > 0.0);
    taken
        .map(|(sum, all)| Weighted {
            colour: sum.map(|sum| (sum / all) as f32),
            weight: all as f32,
        })
        .collect()
}

fn learnt(colours: &[Weighted], most: usize) -> Vec<[f32; 3]> {
    if colours.len() <= most {
        return colours.iter().map(|one| one.colour).collect();
    }
    let mut sorted = colours.to_vec();
    let mut boxes = vec![ColourBox::of(&sorted, 0)];
    let places = most - most / RARE_SHARE;
    while boxes.len() < places {
        let worst = (0..boxes.len()).max_by(|&a, &b| boxes[a].error().total_cmp(&boxes[b].error()));
        let Some(worst) = worst.filter(|&worst| boxes[worst].error() > 0.0) else {
            break;
        };
        let parts = boxes[worst].divided(&mut sorted);
        let [Some(first), Some(second)] = parts else {
            break;
        };
        boxes[worst] = first;
        boxes.push(second);
    }
    let mut palette: Vec<[f32; 3]> = boxes.iter().map(|one| one.mean).collect();
    add_farthest(&mut palette, colours, most);
    for _ in 0..MOVES {
        move_to_middles(&mut palette, colours);
    }
    palette
}

/// Colours that one of the palette stands for, a range of all of them.
struct ColourBox {
    start: usize,
    len: usize,
    mean: [f32; 3],
    /// The squared error along red, green and blue.
    errors: [f32; 3],
}

impl ColourBox {
    fn of(colours: &[Weighted], start: usize) -> Self {
        let mut sums = [0.0_f64; 3];
        let mut all = 0.0_f64;
        for one in colours {
            for (sum, value) in sums.iter_mut().zip(one.colour) {
                *sum += f64::from(value) * f64::from(one.weight);
            }
            all += f64::from(one.weight);
        }
        let mean = sums.map(|sum| (sum / all.max(1.0)) as f32);
        let mut errors = [0.0_f32; 3];
        for one in colours {
            for axis in 0..3 {
                errors[axis] += one.weight * (one.colour[axis] - mean[axis]).powi(2);
            }
        }
        Self {
            start,
            len: colours.len(),
            mean,
            errors,
        }
    }

    fn error(&self) -> f32 {
        match self.len {
            0 | 1 => 0.0,
            _ => self.errors.iter().sum(),
        }
    }

    /// The parts on both sides of the mean, along the axis of the largest error; the colours of
    /// the box are put in order for that.
    fn divided(&self, sorted: &mut [Weighted]) -> [Option<Self>; 2] {
        let colours = &mut sorted[self.start..self.start + self.len];
        let mut axes = [0, 1, 2];
        axes.sort_by(|&a, &b| self.errors[b].total_cmp(&self.errors[a]));
        let axis = axes[0];
        colours.sort_by(|a, b| a.colour[axis].total_cmp(&b.colour[axis]));
        let middle = colours.partition_point(|one| one.colour[axis] <= self.mean[axis]);
        // Rounding may put the mean beyond the last.
        let middle = middle.clamp(1, self.len.saturating_sub(1).max(1));
        let (first, second) = colours.split_at(middle);
        let part =
            |colours: &[Weighted], start| (!colours.is_empty()).then(|| Self::of(colours, start));
        [part(first, self.start), part(second, self.start + middle)]
    }
}

/// Fills the places that are left with the colours that are farthest from all others: few pixels
/// weigh little in a sum, but the eye sees them.
fn add_farthest(palette: &mut Vec<[f32; 3]>, colours: &[Weighted], most: usize) {
    let mut distances: Vec<f32> = colours
        .iter()
        .map(|one| distance(palette[nearest(palette, one.colour)], one.colour))
        .collect();
    while palette.len() < most {
        let pairs = distances.iter().zip(colours);
        let Some((&far, one)) = pairs.max_by(|a, b| a.0.total_cmp(b.0)) else {
            break;
        };
        if far == 0.0 {
            break;
        }
        let added = one.colour;
        palette.push(added);
        for (known, one) in distances.iter_mut().zip(colours) {
            *known = known.min(distance(added, one.colour));
        }
    }
}

/// The squared distance of two colours.
fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
    let [r, g, b] = [0, 1, 2].map(|axis| one[axis] - other[axis]);
    r * r + g * g + b * b
}

fn move_to_middles(palette: &mut [[f32; 3]], colours: &[Weighted]) {
    let mut sums = vec![([0.0_f64; 3], 0.0_f64); palette.len()];
    for one in colours {
        let (sum, all) = &mut sums[nearest(palette, one.colour)];
        for (sum, value) in sum.iter_mut().zip(one.colour) {
            *sum += f64::from(value) * f64::from(one.weight);
        }
        *all += f64::from(one.weight);
    }
    for (colour, (sum, all)) in palette.iter_mut().zip(sums) {
        if all > 0.0 {
            *colour = sum.map(|sum| (sum / all) as f32);
        }
    }
}

/// The index of the nearest colour; 0 in an empty palette.
fn nearest(palette: &[[f32; 3]], colour: [f32; 3]) -> usize {
    let mut best = (0, f32::INFINITY);
    for (index, known) in palette.iter().enumerate() {
        let distance = distance(*known, colour);
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and largest error of the colours of a picture.
    fn errors(pixels: &[[u8; 3]], most: usize) -> (f64, u8) {
        let (palette, indices) = quantised(pixels, most);
        assert!(palette.len() <= most);
        let pairs = pixels.iter().zip(indices);
        let off = pairs.flat_map(|(pixel, index)| {
            let shown = palette[usize::from(index)];
            [0, 1, 2].map(|axis| pixel[axis].abs_diff(shown[axis]))
        });
        let off: Vec<u8> = off.collect();
        let mean = off.iter().map(|&off| f64::from(off)).sum::<f64>() / off.len() as f64;
        (mean, off.into_iter().max().unwrap_or(0))
    }

    #[test]
    fn few_colours_are_exact() {
        let pixels: Vec<[u8; 3]> = (0..=255).map(|i| [i, 255 - i, i / 2]).collect();
        assert_eq!(errors(&pixels.repeat(3), 256), (0.0, 0));
        assert_eq!(errors(&[[9, 9, 9]; 10], 256), (0.0, 0));
        assert!(quantised(&[], 256).1.is_empty());
    }

    #[test]
    fn many_colours_come_near_and_all_places_are_taken() {
        // A plane of 4,096 colours: 256 squares of 4x4 colours, 4 apart, are off by 4 on average.
        let plane: Vec<[u8; 3]> = (0..4096_usize)
            .map(|i| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 128])
            .collect();
        let (mean, most) = errors(&plane, 256);
        assert!(mean < 3.0 && most <= 16, "{mean} {most}");
        assert_eq!(quantised(&plane, 256).0.len(), 256);
        // A rare colour far from the rest is not lost.
        let mut rare = plane.repeat(8);
        rare.push([0, 0, 255]);
        assert!(errors(&rare, 256).1 <= 16);
    }

    #[test]
    fn more_colours_than_are_learnt_from_come_near_too() {
        let cube: Vec<[u8; 3]> = (0..1_usize << 15)
            .map(|i| [i & 31, i >> 5 & 31, i >> 10].map(|value| (value * 8) as u8))
            .collect();
        let (mean, most) = errors(&cube, 256);
        assert!(mean < 12.0 && most <= 40, "{mean} {most}");
    }

    #[test]
    fn the_same_picture_gives_the_same_palette() {
        let pixels: Vec<[u8; 3]> = (0..5000_u32)
            .map(|i| [i % 251, i % 241, i % 239].map(|value| value as u8))
            .collect();
        assert_eq!(quantised(&pixels, 256), quantised(&pixels, 256));
    }
}
