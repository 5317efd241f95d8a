//! Directions that tell labelled codes apart.

use super::pca::mean;
use nalgebra::{Cholesky, DMatrix, DVector};
use thiserror::Error;

/// The most numbers a code may have for a probe: the time grows with the square.
pub const MAX_DIM: usize = 2048;
/// Rows that are worked on at once.
const BLOCK: usize = 256;
/// Every fifth row is kept back from the fit and measures it.
const HELD_OUT: usize = 5;
/// Weight of `|w|^2 / 2` against the sum of the losses, on codes scaled to deviation 1: what
/// scikit-learn calls `C = 1`.
const RIDGE: f64 = 1.0;
/// Newton's method on logistic regression is done after fewer than ten steps; a fit that is not
/// stays as good as it is.
const MAX_STEPS: usize = 50;
/// A step whose largest number is below this ends the fit.
const SMALL_STEP: f64 = 1e-8;

/// Why labelled codes give no direction.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ProbeError {
    #[error("there are {rows} codes and {labels} labels; each code needs one")]
    Labels { rows: usize, labels: usize },
    #[error("no code has the label {0}")]
    EmptyClass(u8),
    #[error("all codes have the label {0}, so there is nothing to tell them from")]
    OneClass(u8),
    #[error("a class cannot be told from itself")]
    SameClass,
    #[error("the codes have different lengths: {0} and {1} numbers")]
    Lengths(usize, usize),
    #[error("a probe of codes of {0} numbers cannot be fitted; up to {MAX_DIM} can")]
    TooLong(usize),
    #[error("the codes hold numbers that are not finite")]
    NotFinite,
    #[error("the two groups of codes have the same mean, so no direction leads between them")]
    NoDifference,
}

/// A direction found in labelled codes.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// One step: the direction with the length of one standard deviation of all codes along it.
    pub step: Vec<f32>,
    /// That standard deviation.
    pub sigma: f64,
    /// The share of codes that the direction tells apart, measured on every fifth code, which
    /// the fit has not seen (on all of them where those lack one of the two groups).
    pub accuracy: f64,
    /// The share that answering with the larger group would reach on the same codes.
    pub baseline: f64,
}

/// The direction from the mean of the codes labelled `from` to the mean of those labelled `to`,
/// as in the attribute vectors of Larsen et al. (2016). Codes are told apart by the side of the
/// middle between the means that they lie on.
///
/// # Errors
/// When a label is missing, both are the same, or the codes are not sound.
pub fn class_difference(
    rows: &[&[f32]],
    labels: &[u8],
    from: u8,
    to: u8,
) -> Result<Found, ProbeError> {
    let dim = check(rows, labels)?;
    if from == to {
        return Err(ProbeError::SameClass);
    }
    for class in [from, to] {
        if !labels.contains(&class) {
            return Err(ProbeError::EmptyClass(class));
        }
    }
    let pairs = rows.iter().zip(labels);
    let of_two = pairs.filter(|&(_, &label)| label == from || label == to);
    let (pair_rows, sides): (Vec<&[f32]>, Vec<bool>) =
        of_two.map(|(row, &label)| (*row, label == to)).unzip();
    let between = |which: &dyn Fn(usize) -> bool| -> (Vec<f64>, Vec<f64>) {
        let group = |side: bool| -> Vec<&[f32]> {
            let numbered = pair_rows.iter().zip(&sides).enumerate();
            numbered
                .filter(|&(index, (_, &s))| s == side && which(index))
                .map(|(_, (row, _))| *row)
                .collect()
        };
        let (start, end) = (mean(&group(false), dim), mean(&group(true), dim));
        let step = end
            .iter()
            .zip(&start)
            .map(|(end, start)| end - start)
            .collect();
        let middle = end
            .iter()
            .zip(&start)
            .map(|(end, start)| 0.5 * (end + start))
            .collect();
        (step, middle)
    };
    let split = Split::of(&sides);
    let (normal, middle) = between(&|index| split.is_fitted(index));
    let (accuracy, baseline) = split.judge(&pair_rows, &sides, |row| {
        let products = row.iter().zip(&middle).zip(&normal);
        products.map(|((&v, m), n)| (f64::from(v) - m) * n).sum()
    });
    let (difference, _) = between(&|_| true);
    scaled(rows, &difference, accuracy, baseline)
}

/// The direction along which codes labelled `class` are told best from all others: the normal
/// of a logistic regression with a small ridge (`|w|^2 / 2` on codes scaled to deviation 1),
/// as the boundaries of InterFaceGAN (Shen et al. 2020). Deterministic: Newton's method from
/// zero.
///
/// # Errors
/// When no code or every code has the label, or the codes are not sound.
pub fn linear_probe(rows: &[&[f32]], labels: &[u8], class: u8) -> Result<Found, ProbeError> {
    let dim = check(rows, labels)?;
    let sides: Vec<bool> = labels.iter().map(|&label| label == class).collect();
    if !sides.contains(&true) {
        return Err(ProbeError::EmptyClass(class));
    }
    if !sides.contains(&false) {
        return Err(ProbeError::OneClass(class));
    }
    let centre = mean(rows, dim);
    let spread = deviations(rows, &centre);
    let split = Split::of(&sides);
    let fitted: Vec<usize> = (0..rows.len()).filter(|&at| split.is_fitted(at)).collect();
    let fit = Logistic {
        rows,
        sides: &sides,
        fitted: &fitted,
        centre: &centre,
        spread: &spread,
    };
    let weights = fit.fit();
    let bias = weights[dim];
    let normal: Vec<f64> = (0..dim).map(|axis| weights[axis] / spread[axis]).collect();
    let (accuracy, baseline) = split.judge(rows, &sides, |row| {
        let products = row.iter().zip(&centre).zip(&normal);
        bias + products
            .map(|((&v, c), n)| (f64::from(v) - c) * n)
            .sum::<f64>()
    });
    scaled(rows, &normal, accuracy, baseline)
}

/// Which rows are fitted and which measure the fit.
struct Split {
    /// Whether every fifth row is held out.
    holds_out: bool,
}

impl Split {
    /// Holds every fifth row out where both sides have some among those and among the rest.
    fn of(sides: &[bool]) -> Self {
        let has = |held: bool, side: bool| {
            let numbered = sides.iter().enumerate();
            numbered
                .filter(|&(index, _)| index.is_multiple_of(HELD_OUT) == held)
                .any(|(_, &s)| s == side)
        };
        let holds_out = [true, false]
            .into_iter()
            .all(|held| has(held, true) && has(held, false));
        Self { holds_out }
    }

    fn is_fitted(&self, row: usize) -> bool {
        !self.holds_out || !row.is_multiple_of(HELD_OUT)
    }

    fn is_judged(&self, row: usize) -> bool {
        !self.holds_out || row.is_multiple_of(HELD_OUT)
    }

    /// Accuracy and baseline of telling the rows apart by the sign of `score`.
    fn judge(&self, rows: &[&[f32]], sides: &[bool], score: impl Fn(&[f32]) -> f64) -> (f64, f64) {
        let (mut right, mut positive, mut count) = (0usize, 0usize, 0usize);
        for (index, (row, &side)) in rows.iter().zip(sides).enumerate() {
            if self.is_judged(index) {
                count += 1;
                positive += usize::from(side);
                right += usize::from((score(row) > 0.0) == side);
            }
        }
        let all = count.max(1) as f64;
        let larger = positive.max(count - positive);
        (right as f64 / all, larger as f64 / all)
    }
}

/// A logistic regression on some rows of codes scaled to deviation 1.
struct Logistic<'a> {
    rows: &'a [&'a [f32]],
    sides: &'a [bool],
    fitted: &'a [usize],
    centre: &'a [f64],
    spread: &'a [f64],
}

impl Logistic<'_> {
    /// The weights and the bias behind them, by Newton's method with steps halved until the
    /// loss falls.
    fn fit(&self) -> DVector<f64> {
        let dim = self.centre.len();
        let mut weights = DVector::zeros(dim + 1);
        let (mut loss, mut gradient, mut hessian) = self.around(&weights);
        for _ in 0..MAX_STEPS {
            let Some(factors) = Cholesky::new(hessian) else {
                break;
            };
            let mut step = factors.solve(&gradient);
            let found = loop {
                let next = &weights - &step;
                let around = self.around(&next);
                if around.0 <= loss {
                    break Some((next, around));
                }
                if step.amax() < SMALL_STEP {
                    break None;
                }
                step *= 0.5;
            };
            let Some((next, around)) = found else {
                break;
            };
            weights = next;
            (loss, gradient, hessian) = around;
            if step.amax() < SMALL_STEP {
                break;
            }
        }
        weights
    }

    /// The loss at some weights, its gradient and its second derivatives.
    fn around(&self, weights: &DVector<f64>) -> (f64, DVector<f64>, DMatrix<f64>) {
        let dim = self.centre.len();
        let slopes = weights.rows(0, dim);
        let mut loss = 0.5 * RIDGE * slopes.norm_squared();
        let mut gradient = weights * RIDGE;
        gradient[dim] = 0.0;
        let mut hessian = DMatrix::identity(dim + 1, dim + 1) * RIDGE;
        // The bias has no ridge; a trace keeps its curvature above 0 when all is certain.
        hessian[(dim, dim)] = 1e-9;
        for block in self.fitted.chunks(BLOCK) {
            // One column for each row, with a 1 for the bias.
            let inputs = DMatrix::from_fn(dim + 1, block.len(), |axis, column| {
                if axis == dim {
                    return 1.0;
                }
                let value = f64::from(self.rows[block[column]][axis]);
                (value - self.centre[axis]) / self.spread[axis]
            });
            let scores = inputs.tr_mul(weights);
            let mut residuals = DVector::zeros(block.len());
            let mut weighted = inputs.clone();
            for (column, &row) in block.iter().enumerate() {
                let (score, target) = (scores[column], f64::from(u8::from(self.sides[row])));
                // ln(1 + e^s) - t s without overflow.
                loss += score.max(0.0) + (-score.abs()).exp().ln_1p() - target * score;
                let chance = 1.0 / (1.0 + (-score).exp());
                residuals[column] = chance - target;
                weighted
                    .column_mut(column)
                    .scale_mut(chance * (1.0 - chance));
            }
            gradient.gemv(1.0, &inputs, &residuals, 1.0);
            hessian.gemm(1.0, &weighted, &inputs.transpose(), 1.0);
        }
        (loss, gradient, hessian)
    }
}

/// A direction with the length of one standard deviation of the codes along it.
fn scaled(
    rows: &[&[f32]],
    direction: &[f64],
    accuracy: f64,
    baseline: f64,
) -> Result<Found, ProbeError> {
    let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
    if length == 0.0 || !length.is_finite() {
        return Err(ProbeError::NoDifference);
    }
    let unit: Vec<f64> = direction.iter().map(|v| v / length).collect();
    let sigma = deviation_along(rows, &unit);
    Ok(Found {
        step: unit.iter().map(|v| (v * sigma) as f32).collect(),
        sigma,
        accuracy,
        baseline,
    })
}

/// The standard deviation (divided by `n - 1`) of codes along a direction of length 1.
pub fn deviation_along(rows: &[&[f32]], unit: &[f64]) -> f64 {
    let along: Vec<f64> = rows
        .iter()
        .map(|row| row.iter().zip(unit).map(|(&v, u)| f64::from(v) * u).sum())
        .collect();
    let mean = along.iter().sum::<f64>() / along.len().max(1) as f64;
    let squares: f64 = along.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / along.len().saturating_sub(1).max(1) as f64).sqrt()
}

/// The standard deviation of each number; 1 for a number that does not vary.
fn deviations(rows: &[&[f32]], centre: &[f64]) -> Vec<f64> {
    let mut squares = vec![0.0; centre.len()];
    for row in rows {
        for ((square, &value), centre) in squares.iter_mut().zip(*row).zip(centre) {
            *square += (f64::from(value) - centre).powi(2);
        }
    }
    let count = rows.len().max(1) as f64;
    let root = |square: f64| {
        if square > 0.0 {
            (square / count).sqrt()
        } else {
            1.0
        }
    };
    squares.into_iter().map(root).collect()
}

fn check(rows: &[&[f32]], labels: &[u8]) -> Result<usize, ProbeError> {
    if rows.len() != labels.len() {
        return Err(ProbeError::Labels {
            rows: rows.len(),
            labels: labels.len(),
        });
    }
    let dim = rows.first().map_or(0, |row| row.len());
    if let Some(other) = rows.iter().find(|row| row.len() != dim) {
        return Err(ProbeError::Lengths(dim, other.len()));
    }
    if dim > MAX_DIM {
        return Err(ProbeError::TooLong(dim));
    }
    if rows.iter().any(|row| row.iter().any(|v| !v.is_finite())) {
        return Err(ProbeError::NotFinite);
    }
    Ok(dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::geometry::{angle, norm};
    use crate::latent::seed::seed_code;

    /// Codes of four numbers. Those of class 1 lie 4 higher in number 2, those of class 2 lie 2
    /// lower in number 0; number 3 is ten times as wide as the others.
    fn labelled() -> (Vec<Vec<f32>>, Vec<u8>) {
        let labels: Vec<u8> = (0..1500).map(|seed| (seed % 3) as u8).collect();
        let rows = labels.iter().enumerate().map(|(seed, &label)| {
            let mut code = seed_code(seed as u32, 4);
            code[3] *= 10.0;
            match label {
                1 => code[2] += 4.0,
                2 => code[0] -= 2.0,
                _ => {}
            }
            code
        });
        (rows.collect(), labels)
    }

    fn slices(rows: &[Vec<f32>]) -> Vec<&[f32]> {
        rows.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn a_probe_finds_what_sets_a_class_apart() {
        let (rows, labels) = labelled();
        let rows = slices(&rows);
        let found = linear_probe(&rows, &labels, 1).expect("sound codes");
        // Class 1 differs in number 2, and from class 2 in number 0 as well.
        assert!(angle(&found.step, &[0.2, 0.0, 1.0, 0.0]) < 0.1, "{found:?}");
        assert!(found.accuracy > 0.95, "{found:?}");
        assert!((found.baseline - 2.0 / 3.0).abs() < 0.02, "{found:?}");
        assert!((norm(&found.step) / found.sigma - 1.0).abs() < 1e-5);
        assert_eq!(linear_probe(&rows, &labels, 1), Ok(found));
    }

    #[test]
    fn a_difference_leads_from_one_class_to_the_other() {
        let (rows, labels) = labelled();
        let rows = slices(&rows);
        let found = class_difference(&rows, &labels, 0, 2).expect("sound codes");
        let back = class_difference(&rows, &labels, 2, 0).expect("sound codes");
        assert!(found.step[0] < 0.0 && back.step[0] > 0.0);
        assert!((found.sigma - back.sigma).abs() < 1e-9);
        let (wide, labels) = (rows, labels);
        let found = class_difference(&wide, &labels, 0, 1).expect("sound codes");
        assert!(found.step[2] > 0.0);
        assert!((norm(&found.step) / found.sigma - 1.0).abs() < 1e-5);
    }

    #[test]
    fn codes_that_can_be_told_apart_for_certain_do_no_harm() {
        let rows: Vec<Vec<f32>> = (0..40)
            .map(|n| vec![if n < 20 { -1.0 } else { 1.0 }])
            .collect();
        let labels: Vec<u8> = (0..40).map(|n| u8::from(n >= 20)).collect();
        let found = linear_probe(&slices(&rows), &labels, 1).expect("sound codes");
        assert_eq!(found.accuracy, 1.0);
        assert!(found.step[0] > 0.9 && found.step[0] < 1.1, "{found:?}");
        // Two rows leave none to hold out.
        let found = linear_probe(&[&[0.0], &[1.0]], &[0, 1], 1).expect("sound codes");
        assert_eq!(found.accuracy, 1.0);
    }

    #[test]
    fn codes_without_a_direction_are_refused() {
        let rows: [&[f32]; 2] = [&[1.0, 2.0], &[1.0, 2.0]];
        let probe = |labels: &[u8], class| linear_probe(&rows, labels, class).unwrap_err();
        assert_eq!(probe(&[1], 1), ProbeError::Labels { rows: 2, labels: 1 });
        assert_eq!(probe(&[1, 2], 3), ProbeError::EmptyClass(3));
        assert_eq!(probe(&[1, 1], 1), ProbeError::OneClass(1));
        assert_eq!(probe(&[1, 2], 1), ProbeError::NoDifference);
        assert_eq!(linear_probe(&[], &[], 1), Err(ProbeError::EmptyClass(1)));
        let difference = |from, to| class_difference(&rows, &[1, 2], from, to).unwrap_err();
        assert_eq!(difference(1, 1), ProbeError::SameClass);
        assert_eq!(difference(1, 7), ProbeError::EmptyClass(7));
        assert_eq!(difference(1, 2), ProbeError::NoDifference);
        let uneven: [&[f32]; 2] = [&[1.0], &[1.0, 2.0]];
        assert_eq!(
            linear_probe(&uneven, &[0, 1], 1),
            Err(ProbeError::Lengths(1, 2))
        );
        let broken: [&[f32]; 2] = [&[1.0], &[f32::NAN]];
        assert_eq!(
            linear_probe(&broken, &[0, 1], 1),
            Err(ProbeError::NotFinite)
        );
    }
}
