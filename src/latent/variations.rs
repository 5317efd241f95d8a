//! Children of a code, and which of many pictures differ most.
//!
//! Children are expressions, `vary(...)` and `cross(...)`, so every one of them is a value of
//! the language with a history of its own; what those two are worth is computed here.

use super::SpaceShape;
use super::expr::{Cross, Expr, Vary};
use super::geometry::distance;
use super::seed::{NormalStream, UniformStream};
use std::ops::Range;

/// `values + sigma * RandomState(seed).randn(n)`, the step left out where a number is locked.
///
/// Every number has its own draw whether others are locked or not: locking one changes no
/// other. `locked` counts rows of `row` numbers: single numbers of a vector (`row` = 1), or
/// layers of w+.
pub fn vary(
    values: &[f32],
    row: usize,
    seed: u32,
    sigma: f32,
    locked: &[Range<usize>],
) -> Vec<f32> {
    let mut noise = NormalStream::new(seed);
    let sigma = f64::from(sigma);
    let step = |(index, &value): (usize, &f32)| {
        let step = noise.draw() * sigma;
        if is_in(locked, index / row.max(1)) {
            value
        } else {
            (f64::from(value) + step) as f32
        }
    };
    values.iter().enumerate().map(step).collect()
}

/// `varied` without what of its step from `values` lies along `held` directions, each as long as all of
/// `values` or as one of its parts, such as a layer, and then held in each; what is locked, as in
/// [`vary`], stays so.
///
/// The step is projected onto the complement of the directions, within the numbers that are free.
pub fn hold(
    values: &[f32],
    varied: &[f32],
    row: usize,
    held: &[Vec<f32>],
    locked: &[Range<usize>],
) -> Vec<f32> {
    let len = held.iter().map(Vec::len).max().unwrap_or(0);
    if len == 0 {
        return varied.to_vec();
    }
    let chunks = values.chunks(len).zip(varied.chunks(len)).enumerate();
    let held_chunk = |(index, (from, to)): (usize, (&[f32], &[f32]))| {
        let first = index * len;
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for mut direction in held.iter().flat_map(|direction| parts(direction, len)) {
            for (at, value) in direction.iter_mut().enumerate() {
                if is_in(locked, (first + at) / row.max(1)) {
                    *value = 0.0;
                }
            }
            basis.iter().for_each(|unit| take_out(&mut direction, unit));
            let length = product(&direction, &direction).sqrt();
            // One that the others span already, or that is locked as a whole, takes nothing out.
            if length > f64::from(f32::EPSILON) {
                direction.iter_mut().for_each(|value| *value /= length);
                basis.push(direction);
            }
        }
        let pairs = || from.iter().zip(to);
        let mut step: Vec<f64> = pairs()
            .map(|(a, b)| f64::from(*b) - f64::from(*a))
            .collect();
        basis.iter().for_each(|unit| take_out(&mut step, unit));
        let there = from.iter().zip(step);
        let there = there.map(|(&from, step)| (f64::from(from) + step) as f32);
        there.collect::<Vec<f32>>()
    };
    chunks.flat_map(held_chunk).collect()
}

/// A direction of `len` numbers, or for a shorter one one for each of the parts that it fits.
fn parts(direction: &[f32], len: usize) -> impl Iterator<Item = Vec<f64>> {
    let part = direction.len().max(1);
    (0..len / part).map(move |index| {
        let mut whole = vec![0.0; len];
        for (to, &from) in whole[index * part..].iter_mut().zip(direction) {
            *to = f64::from(from);
        }
        whole
    })
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Takes what lies along a vector of length 1 out of another.
fn take_out(from: &mut [f64], unit: &[f64]) {
    let along = product(from, unit);
    for (value, unit) in from.iter_mut().zip(unit) {
        *value -= along * unit;
    }
}

/// `indices` with some of them drawn again from `levels` entries, each as likely as the others:
/// those for which `RandomState(seed).random_sample(2 * n)` gives a first number below `share`, by
/// the second of each pair. Every index has its own draws whether others are locked or not.
pub fn vary_indices(
    indices: &[u32],
    levels: u32,
    seed: u32,
    share: f32,
    locked: &[Range<usize>],
) -> Vec<u32> {
    let mut stream = UniformStream::new(seed);
    let draw = |(cell, &index): (usize, &u32)| {
        let is_drawn = stream.draw() < f64::from(share);
        let drawn = (stream.draw() * f64::from(levels)) as u32;
        if is_drawn && !is_in(locked, cell) {
            drawn
        } else {
            index
        }
    };
    indices.iter().enumerate().map(draw).collect()
}

/// The child of two codes: each row of `row` numbers is that of `b` where
/// `RandomState(seed).random_sample(rows) < 0.5`, else that of `a` (uniform crossover, Syswerda
/// 1989). Locked rows are those of `a`.
pub fn cross<T: Copy>(a: &[T], b: &[T], row: usize, seed: u32, locked: &[Range<usize>]) -> Vec<T> {
    let row = row.max(1);
    let mut coin = UniformStream::new(seed);
    let mut values = Vec::with_capacity(a.len());
    for (index, (a, b)) in a.chunks(row).zip(b.chunks(row)).enumerate() {
        let takes_b = coin.draw() < 0.5;
        let from = if takes_b && !is_in(locked, index) {
            b
        } else {
            a
        };
        values.extend_from_slice(from);
    }
    values
}

/// `a` with the cells in `cells` of `b`: indices of a grid, pixels of a picture with all their
/// channels, rows, numbers of a vector.
pub fn mix_cells<T: Copy>(a: &[T], b: &[T], shape: SpaceShape, cells: &[Range<usize>]) -> Vec<T> {
    let (count, row) = (shape.cell_count().max(1), shape.row_len().max(1));
    let both = a.iter().zip(b).enumerate();
    both.map(|(index, (&a, &b))| {
        if is_in(cells, index / row % count) {
            b
        } else {
            a
        }
    })
    .collect()
}

fn is_in(ranges: &[Range<usize>], index: usize) -> bool {
    ranges.iter().any(|range| range.contains(&index))
}

/// The fewest ranges that hold the places marked `true`, for `lock [...]`.
pub fn ranges(marked: &[bool]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (index, _) in marked.iter().enumerate().filter(|&(_, &marked)| marked) {
        match ranges.last_mut() {
            Some(last) if last.end == index => last.end += 1,
            _ => ranges.push(index..index + 1),
        }
    }
    ranges
}

/// `vary(parent, seed, sigma, lock ...)` for each seed.
pub fn children(
    parent: &Expr,
    seeds: Range<u32>,
    sigma: f32,
    locked: &[Range<usize>],
    held: &[String],
) -> Vec<Expr> {
    let child = |seed| {
        let vary = Vary {
            seed,
            sigma,
            locked: locked.to_vec(),
            held: held.to_vec(),
        };
        Expr::Vary(Box::new(parent.clone()), vary)
    };
    seeds.map(child).collect()
}

/// `cross(a, b, seed, lock ...)` for each seed.
pub fn crosses(a: &Expr, b: &Expr, seeds: Range<u32>, locked: &[Range<usize>]) -> Vec<Expr> {
    let child = |seed| {
        let cross = Cross {
            seed,
            locked: locked.to_vec(),
        };
        Expr::Cross(Box::new(a.clone()), Box::new(b.clone()), cross)
    };
    seeds.map(child).collect()
}

/// The rows that differ most from one another, by their numbers, in the order of choosing: first
/// the one farthest from the mean of all, then again and again the one whose nearest chosen row
/// is farthest (Gonzalez 1985: at least half the best smallest distance that any choice has).
///
/// Rows are features of pictures, such as their pixels, all of one length; distances are
/// Euclidean. Rows that are not finite come last. No more than `rows.len()` are chosen.
pub fn most_diverse(rows: &[&[f32]], count: usize) -> Vec<usize> {
    let longest = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let is_finite = |row: &[f32]| row.iter().all(|value| value.is_finite());
    let finite: Vec<&[f32]> = rows.iter().copied().filter(|row| is_finite(row)).collect();
    let middle: Vec<f32> = super::pca::mean(&finite, longest)
        .into_iter()
        .map(|value| value as f32)
        .collect();
    // The distance to the nearest chosen row, below 0 for rows that have none.
    let mut gaps: Vec<f64> = rows
        .iter()
        .map(|row| {
            if is_finite(row) {
                distance(row, &middle)
            } else {
                -1.0
            }
        })
        .collect();
    let mut chosen = Vec::with_capacity(count.min(rows.len()));
    let mut free: Vec<usize> = (0..rows.len()).collect();
    while chosen.len() < count {
        // `max_by` gives the last of equals: backwards, the earliest row.
        let best = free.iter().enumerate().rev();
        let Some((place, &next)) = best.max_by(|a, b| gaps[*a.1].total_cmp(&gaps[*b.1])) else {
            break;
        };
        free.remove(place);
        if gaps[next] >= 0.0 {
            for &row in free.iter().filter(|&&row| is_finite(rows[row])) {
                let gap = distance(rows[row], rows[next]);
                gaps[row] = if chosen.is_empty() {
                    gap
                } else {
                    gap.min(gaps[row])
                };
            }
        }
        chosen.push(next);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;

    #[test]
    fn a_step_is_the_code_of_a_seed() {
        let parent = [1.0, 2.0, 3.0, 4.0];
        let noise = seed_code(9, 4);
        let child = vary(&parent, 1, 9, 0.5, &[]);
        for ((child, parent), noise) in child.iter().zip(&parent).zip(&noise) {
            assert!((child - (parent + 0.5 * noise)).abs() < 1e-6);
        }
        let locked = vary(&parent, 1, 9, 0.5, &[0..1, 2..3]);
        assert_eq!(locked, [1.0, child[1], 3.0, child[3]]);
        // Layers of two numbers.
        let locked = vary(&parent, 2, 9, 0.5, std::slice::from_ref(&(1..2)));
        assert_eq!(locked, [child[0], child[1], 3.0, 4.0]);
        assert_eq!(vary(&parent, 1, 9, 0.0, &[]), parent);
    }

    #[test]
    fn a_cross_takes_each_row_from_one_parent() {
        let (a, b) = ([0.0; 1000], [1.0; 1000]);
        let child = cross(&a, &b, 1, 3, &[]);
        let from_b = child.iter().filter(|&&value| value == 1.0).count();
        assert!((430..570).contains(&from_b), "{from_b}");
        let layered = cross(&a, &b, 10, 3, &[]);
        assert!(
            layered
                .chunks(10)
                .all(|row| row.iter().all(|value| *value == row[0]))
        );
        assert_ne!(layered, a);
        assert_ne!(layered, b);
        assert_eq!(cross(&a, &b, 1, 3, std::slice::from_ref(&(0..1000))), a);
        assert_eq!(
            cross(&a, &b, 1, 3, std::slice::from_ref(&(0..500)))[500..],
            child[500..]
        );
    }

    #[test]
    fn marks_become_ranges() {
        assert_eq!(
            ranges(&[true, false, true, true, false, true]),
            [0..1, 2..4, 5..6]
        );
        assert!(ranges(&[false; 3]).is_empty());
    }

    #[test]
    fn children_are_expressions() {
        let parent = Expr::Seed(1);
        let text = |expr: &Expr| expr.to_string();
        let varied = children(&parent, 5..7, 0.25, &[0..1, 3..5], &[]);
        assert_eq!(
            varied.iter().map(text).collect::<Vec<_>>(),
            [
                "vary(seed(1), 5, 0.25, lock [0, 3..5])",
                "vary(seed(1), 6, 0.25, lock [0, 3..5])"
            ]
        );
        let crossed = crosses(&parent, &Expr::Named("me".into()), 2..3, &[]);
        assert_eq!(text(&crossed[0]), "cross(seed(1), @me, 2)");
    }

    #[test]
    fn the_most_diverse_are_far_apart() {
        // Two clusters and one row alone.
        let rows: Vec<[f32; 2]> = vec![
            [0.0, 0.0],
            [0.1, 0.0],
            [10.0, 0.0],
            [10.1, 0.0],
            [5.0, 9.0],
            [0.0, 0.1],
        ];
        let slices: Vec<&[f32]> = rows.iter().map(|row| &row[..]).collect();
        let clusters: [&[usize]; 3] = [&[0, 1, 5], &[2, 3], &[4]];
        let chosen = most_diverse(&slices, 3);
        for cluster in clusters {
            let taken = cluster.iter().filter(|row| chosen.contains(row));
            assert_eq!(taken.count(), 1, "{chosen:?}");
        }
        let mut all = most_diverse(&slices, 99);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
        assert!(most_diverse(&slices, 0).is_empty());
        assert!(most_diverse(&[], 3).is_empty());
    }

    #[test]
    fn rows_that_are_not_finite_come_last() {
        let rows: [&[f32]; 4] = [&[f32::NAN], &[1.0], &[f32::INFINITY], &[1.0]];
        let chosen = most_diverse(&rows, 4);
        assert_eq!(chosen.len(), 4);
        assert!(matches!(chosen[..2], [1, 3]), "{chosen:?}");
        assert_eq!(most_diverse(&[&[f32::NAN]], 2), [0]);
    }

    #[test]
    fn what_is_held_does_not_move_and_what_is_locked_stays() {
        let values: Vec<f32> = (0..12).map(|at| at as f32 * 0.25).collect();
        let held = [
            vec![1.0, 2.0, 0.0, -1.0],
            vec![0.5, 0.0, 3.0, 1.0],
            // Twice the same takes nothing out twice.
            vec![1.0, 2.0, 0.0, -1.0],
        ];
        let along = |code: &[f32], direction: &[f32]| -> f32 {
            let steps = code.iter().zip(&values).map(|(to, from)| to - from);
            let numbers = steps.collect::<Vec<f32>>();
            let rows = numbers.chunks(4);
            let products =
                rows.map(|row| row.iter().zip(direction).map(|(a, b)| a * b).sum::<f32>());
            products.map(f32::abs).fold(0.0, f32::max)
        };
        // Layers of four numbers, the second of them locked.
        let varied = vary(&values, 4, 7, 0.5, &[1..2]);
        let there = hold(&values, &varied, 4, &held, &[1..2]);
        assert!(along(&varied, &held[0]) > 0.1);
        let is_held = |direction: &Vec<f32>| along(&there, direction) < 1e-5;
        assert!(held.iter().all(is_held), "{there:?}");
        assert_eq!(there[4..8], values[4..8]);
        assert_ne!(there[..4], values[..4]);
        // Single numbers of one vector are locked, too.
        let direction: Vec<f32> = (0..12).map(|at| (at as f32 - 5.0) * 0.3).collect();
        let varied = vary(&values, 1, 3, 0.5, &[0..3]);
        let there = hold(
            &values,
            &varied,
            1,
            std::slice::from_ref(&direction),
            &[0..3],
        );
        let step = there.iter().zip(&values).map(|(to, from)| to - from);
        let moved: f32 = step.zip(&direction).map(|(a, b)| a * b).sum();
        assert!(moved.abs() < 1e-5, "{moved}");
        assert_eq!(there[..3], values[..3]);
        assert_ne!(there[3..], values[3..]);
        assert_eq!(hold(&values, &varied, 1, &[], &[]), varied);
    }
}
