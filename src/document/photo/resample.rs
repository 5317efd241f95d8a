//! Planes of numbers in other sizes: shrunk by averaging areas, enlarged by straight lines.

/// Numbers in rows, each of `width * channels`.
#[derive(Clone, PartialEq, Debug)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    /// Numbers of one pixel, side by side.
    pub channels: usize,
    pub values: Vec<f32>,
}

/// A part of a picture, in pixels; its sides may lie between pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// What one pixel of the result is made of: source pixels with weights that add up to 1.
type Mixture = Vec<(usize, f32)>;

/// The part `area` of a picture of `size` (width, height) in `to` (width, height). `row` gives
/// the numbers of one row, `channels` for each pixel, and is asked from the top to the bottom.
pub fn resample(
    size: [usize; 2],
    channels: usize,
    area: Area,
    to: [usize; 2],
    mut row: impl FnMut(usize, &mut [f32]),
) -> Plane {
    let columns = mixtures(size[0], area.left, area.width, to[0]);
    let rows = mixtures(size[1], area.top, area.height, to[1]);
    let mut values = vec![0.0; to[0] * to[1] * channels];
    let mut whole = vec![0.0; size[0] * channels];
    let mut narrow = vec![0.0; to[0] * channels];
    // What each row of the picture gives to rows of the result.
    let mut contributions: Vec<Vec<(usize, f32)>> = vec![Vec::new(); size[1]];
    for (y, mixture) in rows.iter().enumerate() {
        for &(from, weight) in mixture {
            contributions[from].push((y, weight));
        }
    }
    for (from, contributions) in contributions.iter().enumerate() {
        if contributions.is_empty() {
            continue;
        }
        row(from, &mut whole);
        for (x, mixture) in columns.iter().enumerate() {
            for channel in 0..channels {
                let parts = mixture.iter();
                narrow[x * channels + channel] = parts
                    .map(|&(from, weight)| weight * whole[from * channels + channel])
                    .sum();
            }
        }
        for &(y, weight) in contributions {
            let to = &mut values[y * narrow.len()..][..narrow.len()];
            for (sum, value) in to.iter_mut().zip(&narrow) {
                *sum += weight * value;
            }
        }
    }
    Plane {
        width: to[0],
        height: to[1],
        channels,
        values,
    }
}

/// The mixtures for `count` pixels that share the stretch of `len` from `start` on an axis of
/// `size` pixels. Pixels beyond an end are those at the end.
fn mixtures(size: usize, start: f64, len: f64, count: usize) -> Vec<Mixture> {
    let step = len / count as f64;
    let last = size.saturating_sub(1);
    (0..count)
        .map(|index| {
            let from = start + index as f64 * step;
            if step > 1.0 {
                average(from, from + step, last)
            } else {
                between(from + step / 2.0, last)
            }
        })
        .collect()
}

/// The pixels that a stretch covers, each by the part of it that is covered.
fn average(from: f64, to: f64, last: usize) -> Mixture {
    let first = from.floor() as i64;
    let end = to.ceil() as i64;
    let mut mixture: Mixture = Vec::with_capacity((end - first).max(0) as usize);
    for pixel in first..end {
        let covered = (to.min((pixel + 1) as f64) - from.max(pixel as f64)) / (to - from);
        let place = pixel.clamp(0, last as i64) as usize;
        match mixture.last_mut() {
            // Both lie beyond the same end.
            Some((before, weight)) if *before == place => *weight += covered as f32,
            _ if covered > 0.0 => mixture.push((place, covered as f32)),
            _ => {}
        }
    }
    mixture
}

/// The two pixels around a place, whose middles are half a pixel from their edges.
fn between(place: f64, last: usize) -> Mixture {
    let place = (place - 0.5).clamp(0.0, last as f64);
    let (below, part) = (place.floor(), place.fract() as f32);
    let below = below as usize;
    if part == 0.0 {
        return vec![(below, 1.0)];
    }
    vec![(below, 1.0 - part), ((below + 1).min(last), part)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(size: [usize; 2]) -> Area {
        Area {
            left: 0.0,
            top: 0.0,
            width: size[0] as f64,
            height: size[1] as f64,
        }
    }

    fn scaled(values: &[f32], size: [usize; 2], area: Area, to: [usize; 2]) -> Vec<f32> {
        let plane = resample(size, 1, area, to, |y, row| {
            row.copy_from_slice(&values[y * size[0]..][..size[0]]);
        });
        plane.values
    }

    #[test]
    fn shrinking_averages_areas() {
        let values = [0.0, 4.0, 8.0, 2.0, 6.0, 10.0];
        let size = [3, 2];
        assert_eq!(scaled(&values, size, whole(size), [1, 1]), [5.0]);
        assert_eq!(scaled(&values, size, whole(size), [3, 1]), [1.0, 5.0, 9.0]);
        let halves = scaled(&values, size, whole(size), [2, 2]);
        let wanted = [4.0 / 3.0, 20.0 / 3.0, 10.0 / 3.0, 26.0 / 3.0];
        for (value, wanted) in halves.iter().zip(wanted) {
            assert!((value - wanted).abs() < 1e-6, "{halves:?}");
        }
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let values: Vec<f32> = (0..12).map(|v| v as f32 / 7.0).collect();
        assert_eq!(scaled(&values, [4, 3], whole([4, 3]), [4, 3]), values);
        let area = Area {
            left: 1.0,
            top: 1.0,
            width: 2.0,
            height: 2.0,
        };
        let part = scaled(&values, [4, 3], area, [2, 2]);
        assert_eq!(part, [values[5], values[6], values[9], values[10]]);
    }

    #[test]
    fn enlarging_draws_straight_lines() {
        let wide = scaled(&[0.0, 1.0], [2, 1], whole([2, 1]), [4, 1]);
        assert_eq!(wide, [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(scaled(&[3.0], [1, 1], whole([1, 1]), [2, 2]), [3.0; 4]);
    }

    #[test]
    fn every_mixture_adds_up_to_one() {
        for (size, start, len, count) in [
            (5, 0.0, 5.0, 3),
            (5, -2.0, 9.0, 4),
            (7, 1.3, 4.4, 2),
            (3, 0.2, 0.5, 4),
            (1, 0.0, 1.0, 9),
            (1000, 0.1, 999.8, 7),
        ] {
            for mixture in mixtures(size, start, len, count) {
                let sum: f32 = mixture.iter().map(|(_, weight)| weight).sum();
                assert!((sum - 1.0).abs() < 1e-5, "{sum}: {mixture:?}");
                assert!(mixture.iter().all(|&(place, _)| place < size));
            }
        }
    }

    #[test]
    fn channels_stay_apart() {
        let values = [1.0, 10.0, 3.0, 30.0];
        let plane = resample([2, 1], 2, whole([2, 1]), [1, 1], |_, row| {
            row.copy_from_slice(&values);
        });
        assert_eq!(plane.values, [2.0, 20.0]);
    }
}
