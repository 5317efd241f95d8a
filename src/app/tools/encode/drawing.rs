//! Drawings: strokes of a round brush, light on dark, as plain data that undo takes back.

use crate::document::photo::Photo;
use crate::latent::Mask;
use crate::model::manifest::ImageSpec;
use serde::{Deserialize, Serialize};

/// Side of the square that strokes are painted on, in pixels.
const SIDE: usize = 224;
/// The most points of one drawing; a hand needs some hundreds for a digit.
pub const MAX_POINTS: usize = 4000;
/// What a brush paints where nothing else was chosen.
pub const LIGHT: [u8; 3] = [255; 3];

/// One line of the brush.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Stroke {
    /// Of the brush, as a part of the side.
    pub radius: f32,
    /// From the left and from the top, as parts of the side.
    pub points: Vec<[f32; 2]>,
    /// Red, green and blue; drawings are light on dark, whatever it is.
    #[serde(skip_serializing_if = "is_light")]
    pub ink: [u8; 3],
}

impl Default for Stroke {
    fn default() -> Self {
        Self {
            radius: 0.0,
            points: Vec::new(),
            ink: LIGHT,
        }
    }
}

fn is_light(ink: &[u8; 3]) -> bool {
    *ink == LIGHT
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

/// Paints strokes over a picture `[channels, height, width]` in 0..1: every pixel under a brush takes its ink, and
/// the others stay as they are, to the last bit.
pub fn retouch(picture: &mut [f32], image: ImageSpec, strokes: &[Stroke]) {
    let plane = image.width * image.height;
    for stroke in strokes {
        let mut under = Mask::empty([image.width, image.height]);
        let ends = stroke.points.windows(2).map(|ends| [ends[0], ends[1]]);
        let dot = stroke.points.first().map(|&point| [point, point]);
        for ends in dot.into_iter().chain(ends) {
            under.stroke(ends, stroke.radius, true);
        }
        let [red, green, blue] = stroke.ink.map(|level| f32::from(level) / 255.0);
        let inks = match image.channels {
            1 => [(red + green + blue) / 3.0; 3],
            _ => [red, green, blue],
        };
        for (channel, ink) in picture.chunks_exact_mut(plane.max(1)).zip(inks) {
            for range in under.ranges() {
                channel[range].fill(ink);
            }
        }
    }
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
            ..Stroke::default()
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
            ..Stroke::default()
        };
        assert!(paint(&[wild, Stroke::default()]).is_some());
    }

    #[test]
    fn retouching_changes_what_lies_under_the_brush_and_nothing_else() {
        let image = ImageSpec {
            channels: 3,
            height: 4,
            width: 4,
        };
        let before: Vec<f32> = (0..48).map(|at| at as f32 / 77.0).collect();
        let mut picture = before.clone();
        let dot = Stroke {
            radius: 0.0,
            points: vec![[0.3, 0.6]],
            ink: [255, 0, 51],
        };
        retouch(&mut picture, image, &[dot]);
        for (channel, ink) in [1.0, 0.0, 0.2].into_iter().enumerate() {
            let at = channel * 16 + 9;
            assert_eq!(picture[at], ink);
            picture[at] = before[at];
        }
        assert_eq!(picture, before);
        // What a file brings touches nothing beyond the picture, and a size of zero is no fault.
        let wild = Stroke {
            radius: f32::NAN,
            points: vec![[f32::NAN, 9.0], [-3.0, f32::INFINITY]],
            ..Stroke::default()
        };
        retouch(&mut picture, image, &[wild]);
        let none = ImageSpec {
            channels: 1,
            height: 0,
            width: 0,
        };
        retouch(&mut [], none, &[Stroke::default()]);
    }

    #[test]
    fn strokes_of_earlier_versions_are_light() {
        let read: Stroke = serde_json::from_str(r#"{"radius":0.1,"points":[[0.5,0.5]]}"#).unwrap();
        assert_eq!(read.ink, LIGHT);
        assert!(!serde_json::to_string(&read).unwrap().contains("ink"));
    }
}
