//! How likely each index was where a picture was written, as a picture beside it.

use crate::document::Raster;
use crate::document::raster::{Pixels, RasterError};
use crate::model::written::Choice;

/// Levels of the ground, of the bar of an index, and of the one that stands there.
const GROUND: f32 = 24.0;
const BAR: f32 = 128.0;
const CHOSEN: f32 = 255.0;
/// Bars and columns of fewer pixels touch.
const LEAST_APART: usize = 4;

/// Draws how the places of one step were chosen: a column for each place, from the left, and in it a bar for each index
/// that is known, from the top. A bar as long as its column is wide stands for the likeliest index; what was
/// chosen is white.
///
/// # Errors
/// When a side is zero or the picture is absurdly large.
pub(super) fn drawn(
    choices: &[Choice],
    pixels: Pixels,
    [width, height]: [usize; 2],
) -> Result<Raster, RasterError> {
    let columns = choices.len().max(1);
    let rows = choices.iter().map(|choice| choice.likely.len());
    let rows = rows.max().unwrap_or(0).max(1);
    let most: Vec<f32> = choices.iter().map(largest_share).collect();
    let level = |x: usize, y: usize| {
        let (column, left, wide) = part_of(x, columns, width);
        let (row, top, high) = part_of(y, rows, height);
        let bar = choices.get(column).and_then(|it| it.likely.get(row));
        let (Some(choice), Some(&(index, share))) = (choices.get(column), bar) else {
            return GROUND;
        };
        if high >= LEAST_APART && y + 1 == top + high {
            return GROUND;
        }
        let room = wide - usize::from(columns > 1 && wide >= LEAST_APART);
        let length = share / most[column] * room as f32;
        // The end of a bar covers a part of its last pixel.
        let covered = (length - (x - left) as f32).clamp(0.0, 1.0);
        let full = if index == choice.index { CHOSEN } else { BAR };
        GROUND + (full - GROUND) * covered
    };
    let channels = pixels.bytes();
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let bytes = places.flat_map(|(x, y)| {
        let grey = level(x, y).round() as u8;
        (0..channels).map(move |channel| if channel < 3 { grey } else { u8::MAX })
    });
    Raster::new(pixels, width, height, bytes.collect())
}

fn largest_share(choice: &Choice) -> f32 {
    let shares = choice.likely.iter().map(|(_, share)| *share);
    shares.fold(f32::MIN_POSITIVE, f32::max)
}

/// Which of `parts` of `len` pixels one lies in, where that begins, and how many pixels it has.
fn part_of(at: usize, parts: usize, len: usize) -> (usize, usize, usize) {
    let part = at * parts / len;
    let begin = |part: usize| (part * len).div_ceil(parts);
    (part, begin(part), begin(part + 1) - begin(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(index: u32, shares: &[f32]) -> Choice {
        let likely = shares.iter().enumerate();
        Choice {
            place: 0,
            index,
            is_given: false,
            likely: likely.map(|(at, share)| (at as u32, *share)).collect(),
        }
    }

    #[test]
    fn bars_are_as_long_as_indices_are_likely_and_the_chosen_one_is_white() {
        let choices = [choice(1, &[0.5, 0.25, 0.0])];
        let raster = drawn(&choices, Pixels::Grey, [8, 6]).expect("a small picture");
        let row = |y: usize| &raster.bytes()[8 * y..8 * y + 8];
        assert_eq!(row(0), [128; 8]);
        assert_eq!(row(2), [255, 255, 255, 255, 24, 24, 24, 24]);
        assert_eq!(row(4), [24; 8]);
    }

    #[test]
    fn each_place_has_a_column_and_columns_of_a_pixel_have_shades() {
        let choices = [choice(0, &[1.0, 0.0]), choice(0, &[0.4, 0.8])];
        let raster = drawn(&choices, Pixels::Grey, [2, 2]).expect("a small picture");
        // Half of 24..255, and the likeliest one that was not chosen.
        assert_eq!(raster.bytes(), [255, 140, 24, 128]);
        let wide = drawn(&choices, Pixels::Rgb, [16, 8]).expect("a small picture");
        let pixel = |x: usize, y: usize| wide.bytes()[3 * (16 * y + x)];
        assert_eq!(
            [6, 7, 8].map(|x| pixel(x, 0)),
            [255, 24, 255],
            "columns stand apart"
        );
        assert_eq!(pixel(0, 3), 24, "bars stand apart");
    }

    #[test]
    fn nothing_chosen_and_odd_sizes_are_drawn() {
        let blank = drawn(&[], Pixels::Rgb, [3, 2]).expect("a small picture");
        assert!(blank.bytes().iter().all(|&byte| byte == 24));
        let many: Vec<Choice> = (0..28).map(|_| choice(3, &[0.1; 16])).collect();
        for size in [[1, 1], [28, 28], [29, 7], [5, 100]] {
            let raster = drawn(&many, Pixels::Rgba, size).expect("a small picture");
            assert_eq!(raster.bytes().len(), size[0] * size[1] * 4);
        }
        assert!(drawn(&many, Pixels::Grey, [0, 4]).is_err());
    }
}
