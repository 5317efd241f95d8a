//! Named codes of classes, such as `digit-9`.
//!
//! The hazard here is a name that promises another picture: where classes lie beside each other, the mean
//! of the codes of nines may well decode to a four. So the judge of the data looks at it first.

use crate::latent::NoiseMode;
use crate::model::judge::Classifier;
use crate::model::{Generator, ModelError};

/// Codes that are decoded at once.
const BATCH: usize = 32;
/// The most codes of a class that are looked at; if none of them is read as the class, its mean stays.
const MOST: usize = 512;

/// The code that stands for a class: the mean of its codes if `is_read` says that its picture is read as
/// the class, else the one nearest to the mean of which it says so, else the mean.
///
/// `codes` are rows of `dim` numbers; `is_read` takes such rows.
///
/// # Errors
/// What `is_read` gives.
pub fn code_of_class<E>(
    codes: &[f32],
    dim: usize,
    mut is_read: impl FnMut(&[f32]) -> Result<Vec<bool>, E>,
) -> Result<Vec<f32>, E> {
    let (mean, _) = super::measure::column_statistics(codes, dim);
    if is_read(&mean)?.first() == Some(&true) {
        return Ok(mean);
    }
    let far = |row: &[f32]| -> f64 {
        let squares = row.iter().zip(&mean);
        squares.map(|(a, b)| f64::from(a - b).powi(2)).sum()
    };
    let mut rows: Vec<&[f32]> = codes.chunks_exact(dim.max(1)).collect();
    rows.sort_by(|a, b| far(a).total_cmp(&far(b)));
    rows.truncate(MOST);
    for batch in rows.chunks(BATCH) {
        let read = is_read(&batch.concat())?;
        let found = batch.iter().zip(read).find(|(_, is_read)| *is_read);
        if let Some((row, _)) = found {
            return Ok(row.to_vec());
        }
    }
    Ok(mean)
}

/// Whether a judge reads the pictures of codes in the space of seeds as a class.
///
/// # Errors
/// When the device was lost.
pub fn read_as(
    generator: &Generator,
    judge: &Classifier,
    class: &str,
    codes: &[f32],
) -> Result<Vec<bool>, ModelError> {
    let inputs = generator.inputs(generator.start(), codes)?;
    let pictures = generator.decode_to_vec(&inputs, NoiseMode::Const)?;
    let judgements = judge.judge(&pictures)?;
    let is_class =
        |place: usize, labels: &[String]| labels.get(place).is_some_and(|it| it == class);
    Ok(judgements
        .iter()
        .map(|judgement| {
            let seen = judgement.class();
            seen.is_some_and(|(place, _)| is_class(place, &judgement.labels))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// A class that lies in a ring: the mean is in the hole.
    const RING: [f32; 8] = [3.0, 0.0, -3.0, 0.0, 0.0, 1.0, 0.0, -1.5];

    fn chosen(is_read: impl Fn(&[f32]) -> bool) -> Vec<f32> {
        let read = |rows: &[f32]| -> Result<Vec<bool>, Infallible> {
            Ok(rows.chunks_exact(2).map(&is_read).collect())
        };
        match code_of_class(&RING, 2, read) {
            Ok(code) => code,
            Err(never) => match never {},
        }
    }

    #[test]
    fn the_mean_stands_for_a_class_if_it_is_read_as_it() {
        assert_eq!(chosen(|_| true), [0.0, -0.125]);
    }

    #[test]
    fn else_it_is_the_nearest_code_that_is() {
        assert_eq!(chosen(|row| row[0].hypot(row[1]) > 0.5), [0.0, 1.0]);
        assert_eq!(chosen(|row| row[0] > 2.0), [3.0, 0.0]);
    }

    #[test]
    fn a_class_that_is_never_read_keeps_its_mean() {
        assert_eq!(chosen(|_| false), [0.0, -0.125]);
    }
}
