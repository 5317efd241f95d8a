//! Drawings: strokes of a round brush, light on dark, as plain data that undo takes back.

use crate::document::photo::Photo;
use serde::{Deserialize, Serialize};

/// Side of the square that strokes are painted on, in pixels.
const SIDE: usize = 224;
/// The most points of one drawing; a hand needs some hundreds for a digit.
pub const MAX_POINTS: usize = 4000;

/// One line of the brush.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Stroke {
    /// Of the brush, as a part of the side.
    pub radius: f32,
    /// From the left and from the top, as parts of the side.
    pub points: Vec<[f32; 2]>,
}

/// How many points the strokes have together.
pub fn points(strokes: &[Stroke]) -> usize {
    strokes.iter().map(|stroke| stroke.points.len()).sum()
}

/// Paints the strokes: white on black, with soft edges of one pixel.
pub fn paint(strokes: &[Stroke]) -> Option<Photo> {
    let mut ink = vec![0_u8; SIDE * SIDE];
    for stroke in strokes {
        let radius = stroke.radius.clamp(0.0, 1.0) * SIDE as f32;
        let at = |point: [f32; 2]| point.map(|part| part.clamp(-1.0, 2.0) * SIDE as f32);
        let ends = stroke.points.windows(2).map(|ends| [ends[0], ends[1]]);
        let dot = stroke.points.first().map(|&point| [point, point]);
        for [from, to] in dot.into_iter().chain(ends) {
            line(&mut ink, at(from), at(to), radius);
        }
    }
    let rgba = ink.iter().flat_map(|&level| [level, level, level, 255]);
    Photo::from_rgba(SIDE as u32, SIDE as u32, rgba.collect())
}

/// Paints what lies nearer than `radius` to a line; all in pixels.
fn line(ink: &mut [u8], from: [f32; 2], to: [f32; 2], radius: f32) {
    let bounds = |axis: usize| {
        let low = from[axis].min(to[axis]) - radius - 1.0;
        let high = from[axis].max(to[axis]) + radius + 1.0;
        low.max(0.0) as usize..=(high.max(0.0) as usize).min(SIDE - 1)
    };
    let along = [to[0] - from[0], to[1] - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    for y in bounds(1) {
        for x in bounds(0) {
            let away = [x as f32 + 0.5 - from[0], y as f32 + 0.5 - from[1]];
            let part = if square > 0.0 {
                ((away[0] * along[0] + away[1] * along[1]) / square).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let distance = (away[0] - part * along[0]).hypot(away[1] - part * along[1]);
            let level = ((radius + 0.5 - distance).clamp(0.0, 1.0) * 255.0) as u8;
            let pixel = &mut ink[y * SIDE + x];
            *pixel = level.max(*pixel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_is_where_the_brush_was() {
        let stroke = Stroke {
            radius: 0.05,
            points: vec![[0.25, 0.5], [0.75, 0.5]],
        };
        let photo = paint(&[stroke]).unwrap();
        let side = SIDE as u32;
        let level = |x: f32, y: f32| {
            let at = |part: f32| (part * side as f32) as u32;
            photo.pixel(at(x), at(y))[0]
        };
        assert_eq!(level(0.5, 0.5), 1.0);
        assert_eq!(level(0.25, 0.53), 1.0, "as wide as the brush");
        assert_eq!(level(0.5, 0.6), 0.0);
        assert_eq!(level(0.9, 0.5), 0.0, "not beyond its end");
    }

    #[test]
    fn absurd_strokes_paint_what_is_inside() {
        let wild = Stroke {
            radius: f32::INFINITY,
            points: vec![[f32::NAN, 0.5], [-1e30, 1e30], [f32::INFINITY, 0.0]],
        };
        assert!(paint(&[wild, Stroke::default()]).is_some());
    }
}
