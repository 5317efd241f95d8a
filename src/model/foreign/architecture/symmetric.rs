//! A filter that is the same along both sides as a sum of filters that go along one side and then along the other:
//! its eigenvectors, by Jacobi's method.

/// Sweeps over all pairs; a dozen are many.
const SWEEPS: usize = 60;
/// What is as small as this, by the largest eigenvalue, is rounding.
const ROUNDING: f64 = 1e-7;
/// The most taps along a side.
const MAX_LEN: usize = 64;

/// Taps of unit length along both sides, each with its factor, the largest first. `None` unless the matrix
/// of `len` by `len` is symmetric.
pub fn parts(matrix: &[f32], len: usize) -> Option<Vec<(Vec<f32>, f32)>> {
    if matrix.len() != len.checked_mul(len)? || !(1..=MAX_LEN).contains(&len) {
        return None;
    }
    let mut a: Vec<f64> = matrix.iter().map(|&value| f64::from(value)).collect();
    let largest = a.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let at = |row: usize, column: usize| row * len + column;
    for row in 0..len {
        for column in 0..row {
            let [one, other] = [a[at(row, column)], a[at(column, row)]];
            if (one - other).abs() > 1e-5 * largest {
                return None;
            }
            let mean = f64::midpoint(one, other);
            (a[at(row, column)], a[at(column, row)]) = (mean, mean);
        }
    }
    let mut vectors = vec![0.0; len * len];
    for row in 0..len {
        vectors[at(row, row)] = 1.0;
    }
    for _ in 0..SWEEPS {
        for p in 0..len {
            for q in p + 1..len {
                let beside = a[at(p, q)];
                if beside.abs() <= 1e-18 * largest {
                    continue;
                }
                let theta = (a[at(q, q)] - a[at(p, p)]) / (2.0 * beside);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cos = tangent.hypot(1.0).recip();
                let sin = tangent * cos;
                for k in 0..len {
                    let (x, y) = (a[at(k, p)], a[at(k, q)]);
                    (a[at(k, p)], a[at(k, q)]) = (cos * x - sin * y, sin * x + cos * y);
                }
                for k in 0..len {
                    let (x, y) = (a[at(p, k)], a[at(q, k)]);
                    (a[at(p, k)], a[at(q, k)]) = (cos * x - sin * y, sin * x + cos * y);
                    let (x, y) = (vectors[at(k, p)], vectors[at(k, q)]);
                    (vectors[at(k, p)], vectors[at(k, q)]) = (cos * x - sin * y, sin * x + cos * y);
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..len).collect();
    let value = |index: usize| a[at(index, index)];
    order.sort_by(|&x, &y| value(y).abs().total_cmp(&value(x).abs()));
    let most = order.first().map_or(0.0, |&index| value(index).abs());
    // One stays, so that a filter of zeros is one.
    let kept = order
        .iter()
        .enumerate()
        .filter(|&(place, &index)| place == 0 || value(index).abs() > ROUNDING * most);
    let part = |(_, &index): (usize, &usize)| {
        let taps = (0..len).map(|row| vectors[at(row, index)] as f32);
        (taps.collect(), value(index) as f32)
    };
    Some(kept.map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up() {
        let len = 5;
        let value = |row: usize, column: usize| {
            let (low, high) = (row.min(column) as f32, row.max(column) as f32);
            (low * 0.7 + 1.3 * high).sin()
        };
        let matrix: Vec<f32> = (0..len * len).map(|at| value(at / len, at % len)).collect();
        let found = parts(&matrix, len).expect("it is symmetric");
        for (at, wanted) in matrix.iter().enumerate() {
            let sum: f32 = found
                .iter()
                .map(|(taps, factor)| factor * taps[at / len] * taps[at % len])
                .sum();
            assert!((sum - wanted).abs() < 1e-5, "{at}: {sum} and not {wanted}");
        }
        // That of one filter along both sides has one part.
        let taps = [0.1_f32, 0.5, 0.3];
        let outer: Vec<f32> = (0..9).map(|at| taps[at / 3] * taps[at % 3]).collect();
        assert_eq!(parts(&outer, 3).map(|parts| parts.len()), Some(1));
        assert_eq!(parts(&[0.0, 1.0, 2.0, 0.0], 2), None);
        assert_eq!(parts(&[0.0; 4], 2).map(|parts| parts.len()), Some(1));
    }
}
