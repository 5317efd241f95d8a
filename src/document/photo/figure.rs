//! A head before an even ground, cut out and placed as models of portraits learned it.
//!
//! The ground is what can be reached from the edges of the picture without a step in color. It gets
//! one color, and the head gets the size and the place that the heads of paper dolls have. That is a
//! simple method: it does well with drawings and with photos before a plain wall. Where no ground is
//! found, the picture is taken as it is.

use super::Photo;
use super::prepare::{Crop, PrepareOptions, scaled};
use super::resample::{Area, Plane};
use std::ops::Range;

/// The width of a head, ears not counted, as a part of the picture's side.
const HEAD: f64 = 0.52;
/// What is free above it.
const ABOVE: f64 = 0.15;
/// How far below its top a head is widest, and shoulders have not begun, in widths of the head.
const WIDEST_WITHIN: f64 = 1.0;
/// The longest side at which a picture is looked at, in pixels: fine enough to find a head, and small
/// enough for any photo.
const LOOKED_AT: usize = 160;
/// The largest distance from the color of the ground, and from one pixel of the ground to the next,
/// as root mean squares of channels in 0..=1.
const FROM_GROUND: f32 = 0.14;
const FROM_NEIGHBOUR: f32 = 0.05;
/// A ground covers at least the first and at most the second part of a picture of a head.
const GROUND_SHARE: Range<f64> = 0.05..0.95;

/// The picture in `to` (width, height) with its head in place and its ground in one color; `None`
/// where no ground, or nothing before it, is found.
pub fn portrait(
    photo: &Photo,
    crop: Crop,
    channels: usize,
    to: [usize; 2],
    options: &PrepareOptions,
) -> Option<Plane> {
    let size = [f64::from(crop.width), f64::from(crop.height)];
    let whole = Area {
        left: 0.0,
        top: 0.0,
        width: size[0],
        height: size[1],
    };
    let shrink = (LOOKED_AT as f64 / size[0].max(size[1])).min(1.0);
    let looked_at = size.map(|side| ((side * shrink).round() as usize).max(1));
    let picture = scaled(photo, crop, channels, whole, looked_at, options);
    let ground = Ground::of(&picture)?;
    let head = head(&ground)?;
    // From the pixels that were looked at back to those of the picture.
    let scale = [0, 1].map(|axis| size[axis] / looked_at[axis] as f64);
    let side = head.width * scale[0] / HEAD;
    let area = Area {
        left: (head.left + head.width / 2.0) * scale[0] - side / 2.0,
        top: head.top * scale[1] - ABOVE * side,
        width: side,
        height: side * to[1] as f64 / to[0] as f64,
    };
    let mut placed = scaled(photo, crop, channels, area, to, options);
    // What lies beyond the picture's edges has the color of the edge, so its ground goes on there.
    if let Some(found) = Ground::of(&placed) {
        found.even_out(&mut placed, &ground.color);
    }
    Some(placed)
}

/// The ground of a picture.
struct Ground {
    width: usize,
    height: usize,
    color: Vec<f32>,
    /// Row after row.
    is_ground: Vec<bool>,
}

impl Ground {
    fn of(picture: &Plane) -> Option<Self> {
        let (width, height) = (picture.width, picture.height);
        // A body reaches the lower edge, so only what surrounds a head says what the ground is.
        let top = (0..width).map(|x| (x, 0));
        let sides = (0..height.div_ceil(2)).flat_map(|y| [(0, y), (width.saturating_sub(1), y)]);
        let edge: Vec<usize> = top.chain(sides).map(|(x, y)| y * width + x).collect();
        let pixel = |at: usize| &picture.values[at * picture.channels..][..picture.channels];
        let color: Vec<f32> = (0..picture.channels)
            .map(|channel| median(edge.iter().map(|&at| pixel(at)[channel])))
            .collect();
        let mut is_ground = vec![false; width * height];
        let mut waiting: Vec<usize> = Vec::new();
        for at in edge {
            if !is_ground[at] && distance(pixel(at), &color) < FROM_GROUND {
                is_ground[at] = true;
                waiting.push(at);
            }
        }
        while let Some(at) = waiting.pop() {
            let (x, y) = (at % width, at / width);
            let beside = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (y > 0).then(|| at - width),
                (y + 1 < height).then(|| at + width),
            ];
            for next in beside.into_iter().flatten() {
                let reaches = !is_ground[next]
                    && distance(pixel(next), &color) < FROM_GROUND
                    && distance(pixel(next), pixel(at)) < FROM_NEIGHBOUR;
                if reaches {
                    is_ground[next] = true;
                    waiting.push(next);
                }
            }
        }
        let found = is_ground.iter().filter(|&&is| is).count() as f64;
        let share = found / is_ground.len().max(1) as f64;
        GROUND_SHARE.contains(&share).then_some(Self {
            width,
            height,
            color,
            is_ground,
        })
    }

    fn even_out(&self, picture: &mut Plane, color: &[f32]) {
        let pixels = picture.values.chunks_exact_mut(picture.channels);
        for (pixel, &is_ground) in pixels.zip(&self.is_ground) {
            if is_ground {
                pixel.copy_from_slice(color);
            }
        }
    }

    /// From the first to the last pixel of a row that is not ground.
    fn figure_in(&self, y: usize) -> Option<Range<usize>> {
        let row = &self.is_ground[y * self.width..][..self.width];
        let first = row.iter().position(|&is| !is)?;
        let last = row.iter().rposition(|&is| !is)?;
        Some(first..last + 1)
    }
}

/// The head of the figure before a ground: as wide as the widest row from its top down to where
/// shoulders begin.
fn head(ground: &Ground) -> Option<Area> {
    // A speck above the head is no head.
    let least = (ground.width as f64 * 0.05).max(2.0);
    let is_wide = |row: &Range<usize>| row.len() as f64 >= least;
    let top = (0..ground.height).find(|&y| ground.figure_in(y).is_some_and(|row| is_wide(&row)))?;
    let mut widest: Range<usize> = 0..0;
    for y in top..ground.height {
        if (y - top) as f64 > WIDEST_WITHIN * widest.len().max(1) as f64 && y > top + 2 {
            break;
        }
        if let Some(row) = ground.figure_in(y).filter(|row| row.len() > widest.len()) {
            widest = row;
        }
    }
    is_wide(&widest).then(|| Area {
        left: widest.start as f64,
        top: top as f64,
        width: widest.len() as f64,
        height: WIDEST_WITHIN * widest.len() as f64,
    })
}

/// Root mean square of the differences of two pixels' channels.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (sum / a.len().max(1) as f32).sqrt()
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
