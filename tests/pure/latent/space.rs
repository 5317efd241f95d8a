//! Properties of the geometry of codes, of what is found in them, and of their children.

use proptest::collection::vec;
use proptest::prelude::*;
use zscape::latent::Plane;
use zscape::latent::expr::parse;
use zscape::latent::geometry::{angle, distance, dot, norm, projection, rejection, shares};
use zscape::latent::neighbours::nearest;
use zscape::latent::pca::Pca;
use zscape::latent::prior::{Shell, report};
use zscape::latent::probe::linear_probe;
use zscape::latent::variations::{children, cross, most_diverse, ranges, vary};

fn code(dim: usize) -> impl Strategy<Value = Vec<f32>> {
    vec(-5.0_f32..5.0, dim)
}

fn rows(count: std::ops::Range<usize>, dim: usize) -> impl Strategy<Value = Vec<Vec<f32>>> {
    vec(code(dim), count)
}

fn slices(rows: &[Vec<f32>]) -> Vec<&[f32]> {
    rows.iter().map(Vec::as_slice).collect()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn projection_and_rejection_make_up_the_code(a in code(9), b in code(9)) {
        let (along, across) = (projection(&a, &b), rejection(&a, &b));
        for ((along, across), a) in along.iter().zip(&across).zip(&a) {
            prop_assert!((along + across - a).abs() < 1e-5);
        }
        prop_assert!(dot(&across, &b).abs() <= 1e-5 * norm(&a) * norm(&b));
        prop_assert!(norm(&across) <= norm(&a) * (1.0 + 1e-6));
        // Taking out what is gone already changes nothing.
        prop_assert!(distance(&rejection(&across, &b), &across) <= 1e-5 * norm(&a));
    }

    #[test]
    fn an_angle_is_that_of_the_dot_product(a in code(5), b in code(5)) {
        prop_assume!(norm(&a) > 0.1 && norm(&b) > 0.1);
        let cosine = dot(&a, &b) / norm(&a) / norm(&b);
        prop_assert!((angle(&a, &b).cos() - cosine).abs() < 1e-9);
        prop_assert_eq!(angle(&a, &b), angle(&b, &a));
    }

    #[test]
    fn a_plane_goes_through_its_codes(a in code(6), b in code(6), c in code(6), x in -9.0..9.0, y in -9.0..9.0) {
        let Ok(plane) = Plane::through(&a, &b, &c) else { return Ok(()) };
        for code in [&a, &b, &c] {
            prop_assert!(plane.distance(code) < 1e-4);
            let [x, y] = plane.coordinates(code);
            prop_assert!(distance(&plane.point(x, y), code) < 1e-4);
        }
        let point = plane.point(x, y);
        let [x_again, y_again] = plane.coordinates(&point);
        prop_assert!((x - x_again).abs() < 1e-4 && (y - y_again).abs() < 1e-4);
        let [first, second] = plane.axes();
        prop_assert!((norm(&first) - 1.0).abs() < 1e-6 && dot(&first, &second).abs() < 1e-6);

        let [s, t] = shares(&a, &b, &c, [x, y]).expect("they span a plane");
        let written: Vec<f32> = (0..6)
            .map(|i| {
                let [a, b, c] = [a[i], b[i], c[i]].map(f64::from);
                (a + s * (b - a) + t * (c - a)) as f32
            })
            .collect();
        prop_assert!(distance(&written, &point) < 1e-3 * (1.0 + s.abs() + t.abs()));
    }

    #[test]
    fn neighbours_are_the_nearest(rows in rows(1..40, 3), at in code(3), count in 0..50_usize) {
        let found = nearest(&at, slices(&rows), count);
        prop_assert_eq!(found.len(), count.min(rows.len()));
        prop_assert!(found.is_sorted_by(|a, b| a.distance <= b.distance));
        if let Some(last) = found.last() {
            let nearer = rows.iter().filter(|row| (distance(row, &at) as f32) < last.distance);
            prop_assert!(nearer.count() < count);
        }
    }

    #[test]
    fn components_hold_all_the_variance(rows in rows(2..40, 4)) {
        let pca = Pca::of(&slices(&rows)).expect("sound rows");
        let count = rows.len() as f64;
        let total: f64 = (0..4)
            .map(|axis| {
                let mean = rows.iter().map(|row| f64::from(row[axis])).sum::<f64>() / count;
                let squares = rows.iter().map(|row| (f64::from(row[axis]) - mean).powi(2));
                squares.sum::<f64>() / (count - 1.0)
            })
            .sum();
        let found: f64 = pca.variances.iter().sum();
        prop_assert!((found - total).abs() < 1e-6 * total.max(1.0));
        prop_assert!(pca.variances.is_sorted_by(|a, b| a >= b));
        // All scores together are the code.
        let mut again: Vec<f64> = pca.mean.iter().map(|&v| f64::from(v)).collect();
        for (score, axis) in pca.scores(&rows[0], 4).iter().zip(&pca.components) {
            for (value, axis) in again.iter_mut().zip(axis) {
                *value += f64::from(*score) * f64::from(*axis);
            }
        }
        let again: Vec<f32> = again.into_iter().map(|v| v as f32).collect();
        prop_assert!(distance(&again, &rows[0]) < 1e-3);
    }

    #[test]
    fn any_labels_give_a_direction_or_a_reason(rows in rows(0..30, 3), labels in vec(0..3_u8, 0..30)) {
        match linear_probe(&slices(&rows), &labels, 1) {
            Ok(found) => {
                prop_assert!(found.step.iter().all(|v| v.is_finite()));
                prop_assert!((0.0..=1.0).contains(&found.accuracy));
                prop_assert!((0.5..=1.0).contains(&found.baseline));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_larger_norm_has_more_within(dim in 1..600_usize, a in 0.0..60.0_f64, b in 0.0..60.0_f64) {
        let shell = Shell::new(dim);
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(shell.share_within(low) <= shell.share_within(high) + 1e-12);
        let whole = shell.share_within(a) + shell.share_beyond(a);
        prop_assert!((whole - 1.0).abs() < 1e-9, "{}", whole);
    }

    #[test]
    fn any_code_has_a_standing(code in vec(proptest::num::f32::ANY, 0..20)) {
        let found = report(&code);
        prop_assert!(found.shell_sigma > 0.0);
        prop_assert!(code.iter().any(|v| !v.is_finite()) || !found.norm.is_nan());
    }

    #[test]
    fn locks_hold_and_change_nothing_else(
        parent in code(12),
        other in code(12),
        seed: u32,
        locked in vec(any::<bool>(), 12),
        row in 1..4_usize,
    ) {
        let rows = 12 / row;
        let locks = ranges(&locked[..rows]);
        let free = vary(&parent, row, seed, 0.5, &[]);
        let held = vary(&parent, row, seed, 0.5, &locks);
        let crossed = cross(&parent, &other, row, seed, &[]);
        let crossed_held = cross(&parent, &other, row, seed, &locks);
        for i in 0..12 {
            let is_locked = locked[..rows].get(i / row) == Some(&true);
            prop_assert_eq!(held[i], if is_locked { parent[i] } else { free[i] });
            prop_assert_eq!(crossed_held[i], if is_locked { parent[i] } else { crossed[i] });
            prop_assert!(crossed[i] == parent[i] || crossed[i] == other[i]);
        }
    }

    #[test]
    fn children_are_written_and_read(seed in 0..u32::MAX - 4, sigma in 0.0_f32..3.0, locked in vec(any::<bool>(), 9)) {
        let parent = parse("slerp(seed(1), @me, 0.5)").unwrap();
        for child in children(&parent, seed..seed + 4, sigma, &ranges(&locked), &[]) {
            prop_assert_eq!(parse(&child.to_string()), Ok(child));
        }
    }

    /// Gonzalez: no choice of as many rows has a smallest distance more than twice as large.
    #[test]
    fn a_diverse_choice_covers_all_rows(rows in rows(1..25, 2), count in 1..8_usize) {
        let slices = slices(&rows);
        let chosen = most_diverse(&slices, count);
        prop_assert_eq!(chosen.len(), count.min(rows.len()));
        let gap = |row: usize, others: &[usize]| {
            others.iter().map(|&other| distance(&rows[row], &rows[other])).fold(f64::MAX, f64::min)
        };
        let smallest = (1..chosen.len()).map(|i| gap(chosen[i], &chosen[..i])).fold(f64::MAX, f64::min);
        for row in (0..rows.len()).filter(|row| !chosen.contains(row)) {
            prop_assert!(gap(row, &chosen) <= smallest + 1e-9);
        }
    }
}
