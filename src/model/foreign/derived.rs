//! Tensors that are computed of several of a file: what a training kept apart becomes what a network needs.

/// A tensor of ours, by a rule and what it takes.
#[derive(Clone, PartialEq, Debug)]
pub struct Derived {
    pub rule: Rule,
    /// Tensors of the file, by their whole names, in the order that the rule says.
    pub sources: Vec<String>,
}

/// How it is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `1 / sqrt(x)` of one number, for every entry.
    InverseRoot,
    /// `1 / x` of every number.
    Reciprocal,
    /// The product of two tensors, number by number.
    Product,
    /// The first numbers of a tensor, as many as are needed.
    First,
    /// A row of a table.
    Row(usize),
    /// A weight divided by its largest singular value (Miyato et al. 2018), of which the vectors on both sides, or that
    /// of the outputs alone, are stored: weight, `u` and perhaps `v`. Of its outputs the first are taken.
    SpectralNorm { turned: bool },
    /// A weight of which each output has a length of its own (Salimans and Kingma 2016): the lengths and what is brought to
    /// them.
    WeightNorm,
    /// The kernel `[out, in, height, width]` of a convolution of which each output is multiplied by `exp(3 s)`: kernel
    /// and `s`.
    ZeroKernel,
    /// Its bias, where a border of ones became one of zeros, as all of its input had one subtracted: kernel, bias and `s`.
    ZeroBias,
    /// A matrix of channels, or what undoes it: a permutation, a lower and an upper triangle, the logarithms of the
    /// diagonal of the latter and their signs.
    Triangles { undo: bool },
    /// What undoes a matrix of channels.
    Inverse,
}

/// The most rows of a matrix that is multiplied or inverted.
const MAX_ROWS: usize = 1024;

impl Derived {
    /// Checks that its sources, of these shapes, become a tensor of the shape `wanted`.
    ///
    /// # Errors
    /// A sentence with the first source and its shape.
    pub fn check(&self, stored: &[&[usize]], wanted: &[usize]) -> Result<(), String> {
        if fits(self.rule, stored, wanted) {
            return Ok(());
        }
        let source = self.sources.first().map_or("", String::as_str);
        let shape = stored.first().copied().unwrap_or_default();
        Err(format!(
            "the tensor {source:?} has the shape {shape:?}, which does not fit"
        ))
    }

    /// Its numbers, of those of its sources, whose shapes were checked.
    ///
    /// # Errors
    /// The end of a sentence about it, where they come to nothing.
    pub fn compute(&self, values: &[Vec<f32>], wanted: &[usize]) -> Result<Vec<f32>, String> {
        let count: usize = wanted.iter().product();
        let rows = wanted.first().copied().unwrap_or(1).max(1);
        match (self.rule, values) {
            (Rule::InverseRoot, [number]) => match number[..] {
                [number] if number > 0.0 => Ok(vec![number.sqrt().recip(); count]),
                _ => Err("is no size that anything could be divided by".to_owned()),
            },
            (Rule::Reciprocal, [values]) => Ok(values.iter().map(|value| value.recip()).collect()),
            (Rule::Product, [a, b]) => Ok(a.iter().zip(b).map(|(a, b)| a * b).collect()),
            (Rule::First, [values]) => Ok(values.iter().copied().take(count).collect()),
            (Rule::Row(row), [values]) => Ok(values
                .iter()
                .copied()
                .skip(row * count)
                .take(count)
                .collect()),
            (Rule::SpectralNorm { turned }, [weight, u, rest @ ..]) => {
                let largest = singular_value(weight, u, rest.first().map(Vec::as_slice));
                if !largest.is_normal() {
                    return Err("has no singular value that it could be divided by".to_owned());
                }
                let divided = |value: &f32| (f64::from(*value) / largest) as f32;
                Ok(match (turned, wanted) {
                    (true, &[inputs, outputs]) => {
                        let entry =
                            |at: usize| divided(&weight[at % outputs * inputs + at / outputs]);
                        (0..count).map(entry).collect()
                    }
                    _ => weight.iter().take(count).map(divided).collect(),
                })
            }
            (Rule::WeightNorm, [lengths, rows_of]) => {
                let taken = (rows_of.len() / rows).max(1);
                let mut values = Vec::with_capacity(count);
                for (row, wanted) in rows_of.chunks(taken).zip(lengths) {
                    let squares = row.iter().map(|&value| f64::from(value).powi(2));
                    let length = squares.sum::<f64>().sqrt();
                    if length == 0.0 {
                        return Err("belongs to weights of zero, which have no length".to_owned());
                    }
                    let factor = f64::from(*wanted) / length;
                    values.extend(row.iter().map(|&value| (f64::from(value) * factor) as f32));
                }
                Ok(values)
            }
            (Rule::ZeroKernel, [kernel, scale]) => {
                let taken = kernel.len() / rows;
                let scaled = |(at, value): (usize, &f32)| value * factor(scale[at / taken.max(1)]);
                Ok(kernel.iter().enumerate().map(scaled).collect())
            }
            (Rule::ZeroBias, [kernel, bias, scale]) => {
                let sums = kernel.chunks((kernel.len() / rows).max(1));
                let sums = sums.map(|chunk| chunk.iter().map(|&x| f64::from(x)).sum::<f64>());
                let each = bias.iter().zip(scale).zip(sums);
                Ok(each
                    .map(|((bias, scale), sum)| (bias + sum as f32) * factor(*scale))
                    .collect())
            }
            (Rule::Triangles { undo }, [order, lower, upper, logs, signs]) => {
                let matrix = product(rows, order, lower, upper, [logs, signs]);
                finished(rows, matrix, undo)
            }
            (Rule::Inverse, [matrix]) => {
                let matrix = matrix.iter().map(|&value| f64::from(value)).collect();
                finished(rows, matrix, true)
            }
            _ => Err("is not all there".to_owned()),
        }
    }
}

fn fits(rule: Rule, stored: &[&[usize]], wanted: &[usize]) -> bool {
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let (total, rows) = (count(wanted), wanted.first().copied().unwrap_or(0));
    let is_square = |shape: &[usize]| match shape {
        [a, b] | [a, b, 1, 1] => a == b && *a == rows && rows <= MAX_ROWS,
        _ => false,
    };
    match (rule, stored) {
        (Rule::InverseRoot, [number]) => count(number) == 1,
        (Rule::Reciprocal, [values]) => count(values) == total,
        (Rule::Product, [a, b]) => count(a) == total && count(b) == total,
        (Rule::First, [[first, rest @ ..]]) => {
            wanted.len() == rest.len() + 1 && *first >= rows && rest == &wanted[1..]
        }
        (Rule::Row(row), [[table, columns]]) => row < *table && [*columns] == *wanted,
        (Rule::SpectralNorm { turned }, [weight, sides @ ..]) => {
            let [outputs, rest @ ..] = weight else {
                return false;
            };
            let is_shape = match (turned, wanted) {
                (true, [inputs, columns]) => weight[..] == [*columns, *inputs],
                (true, _) => false,
                (false, [first, others @ ..]) => rest == others && first <= outputs,
                (false, []) => false,
            };
            let vectors = [*outputs, count(rest)];
            let is_vector = |(side, len): (&&[usize], usize)| side[..] == [len];
            is_shape && (1..=2).contains(&sides.len()) && sides.iter().zip(vectors).all(is_vector)
        }
        (Rule::WeightNorm, [lengths, weight]) => {
            // A factor for each channel is kept with two axes of one entry.
            let (same, more) = weight.split_at(wanted.len().min(weight.len()));
            same == wanted && more.iter().all(|&side| side == 1) && count(lengths) == rows
        }
        (Rule::ZeroKernel, [kernel, scale]) => kernel[..] == *wanted && count(scale) == rows,
        (Rule::ZeroBias, [kernel, bias, scale]) => {
            kernel.first() == Some(&rows) && count(bias) == total && count(scale) == total
        }
        (Rule::Triangles { .. }, [order, lower, upper, logs, signs]) => {
            let vectors = [logs, signs];
            [order, lower, upper].into_iter().all(|it| is_square(it))
                && count(wanted) == rows * rows
                && vectors.into_iter().all(|it| it[..] == [rows])
        }
        (Rule::Inverse, [matrix]) => is_square(matrix) && count(wanted) == rows * rows,
        _ => false,
    }
}

/// What a convolution that began at zero multiplies its outputs by.
fn factor(scale: f32) -> f32 {
    (3.0 * scale).exp()
}

/// `u' W v` of a matrix with a row for each output; without `v` it is the length of `u' W`.
fn singular_value(weight: &[f32], u: &[f32], v: Option<&[f32]>) -> f64 {
    let inputs = (weight.len() / u.len().max(1)).max(1);
    let mut sums = vec![0.0_f64; inputs];
    for (row, factor) in weight.chunks_exact(inputs).zip(u) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*factor) * f64::from(*value);
        }
    }
    match v {
        Some(v) => sums.iter().zip(v).map(|(sum, v)| sum * f64::from(*v)).sum(),
        None => sums.iter().map(|sum| sum * sum).sum::<f64>().sqrt(),
    }
}

/// A permutation times a lower triangle with ones on the diagonal times an upper one.
fn product(
    len: usize,
    order: &[f32],
    lower: &[f32],
    upper: &[f32],
    [logs, signs]: [&[f32]; 2],
) -> Vec<f64> {
    let lower = triangle(len, lower, |row, column| column < row, |_| 1.0);
    let diagonal = |at: usize| f64::from(signs[at]) * f64::from(logs[at]).exp();
    let upper = triangle(len, upper, |row, column| column > row, diagonal);
    let order: Vec<f64> = order.iter().map(|&value| f64::from(value)).collect();
    multiplied(len, &multiplied(len, &order, &lower), &upper)
}

fn triangle(
    len: usize,
    values: &[f32],
    is_kept: impl Fn(usize, usize) -> bool,
    diagonal: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let entry = |(at, &value): (usize, &f32)| match (at / len, at % len) {
        (row, column) if row == column => diagonal(row),
        (row, column) if is_kept(row, column) => f64::from(value),
        _ => 0.0,
    };
    values.iter().enumerate().map(entry).collect()
}

fn multiplied(len: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; len * len];
    for (row, sums) in product.chunks_exact_mut(len).enumerate() {
        for (factor, other) in a[row * len..].iter().zip(b.chunks_exact(len)) {
            if *factor != 0.0 {
                sums.iter_mut()
                    .zip(other)
                    .for_each(|(sum, value)| *sum += factor * value);
            }
        }
    }
    product
}

fn finished(len: usize, matrix: Vec<f64>, undo: bool) -> Result<Vec<f32>, String> {
    let matrix = match undo {
        true => inverse(len, matrix).ok_or("is a matrix that nothing undoes")?,
        false => matrix,
    };
    Ok(matrix.into_iter().map(|value| value as f32).collect())
}

/// By elimination, with the largest number of each column first; `None` where there is none.
fn inverse(len: usize, mut a: Vec<f64>) -> Option<Vec<f64>> {
    let largest = a.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let mut found = vec![0.0; len * len];
    for row in 0..len {
        found[row * len + row] = 1.0;
    }
    for column in 0..len {
        let size = |row: &usize| a[row * len + column].abs();
        let pivot = (column..len).max_by(|x, y| size(x).total_cmp(&size(y)))?;
        let value = a[pivot * len + column];
        // What is smaller is the rounding of zero.
        if !value.is_finite() || value.abs() <= 1e-12 * largest {
            return None;
        }
        for matrix in [&mut a, &mut found] {
            for at in 0..len {
                matrix.swap(pivot * len + at, column * len + at);
                matrix[column * len + at] /= value;
            }
        }
        for row in (0..len).filter(|&row| row != column) {
            let factor = a[row * len + column];
            if factor == 0.0 {
                continue;
            }
            for matrix in [&mut a, &mut found] {
                for at in 0..len {
                    matrix[row * len + at] -= factor * matrix[column * len + at];
                }
            }
        }
    }
    found.iter().all(|value| value.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(rule: Rule) -> Derived {
        let sources = vec!["a".to_owned()];
        Derived { rule, sources }
    }

    #[test]
    fn what_undoes_a_matrix_undoes_it() {
        let matrix = vec![0.0, 2.0, 1.0, 1.0, -1.0, 0.5, 3.0, 0.0, 0.25];
        let rule = derived(Rule::Inverse);
        rule.check(&[&[3, 3]], &[3, 3, 1, 1]).expect("it fits");
        let found = rule.compute(std::slice::from_ref(&matrix), &[3, 3, 1, 1]);
        let found: Vec<f64> = found
            .expect("it can be undone")
            .iter()
            .map(|&x| f64::from(x))
            .collect();
        let matrix: Vec<f64> = matrix.iter().map(|&x| f64::from(x)).collect();
        for (at, value) in multiplied(3, &matrix, &found).iter().enumerate() {
            let wanted = f64::from(u8::from(at % 4 == 0));
            assert!((value - wanted).abs() < 1e-6, "{at}: {value}");
        }
        let flat = rule.compute(&[vec![1.0; 4]], &[2, 2, 1, 1]);
        assert!(flat.is_err_and(|fault| fault.contains("nothing undoes")));
    }

    #[test]
    fn a_weight_is_divided_by_its_largest_singular_value() {
        let rule = derived(Rule::SpectralNorm { turned: true });
        let weight = vec![3.0, 0.0, 0.0, 0.0, 2.0, 0.0];
        let shapes: [&[usize]; 3] = [&[2, 3], &[2], &[3]];
        rule.check(&shapes, &[3, 2]).expect("it fits");
        assert!(rule.check(&shapes, &[2, 3]).is_err());
        let u = vec![1.0, 0.0];
        let v = vec![1.0, 0.0, 0.0];
        for sources in [vec![weight.clone(), u.clone(), v], vec![weight, u]] {
            let found = rule.compute(&sources, &[3, 2]).expect("it has one");
            let third = 2.0_f32 / 3.0;
            assert_eq!(found, [1.0, 0.0, 0.0, third, 0.0, 0.0]);
        }
        let nothing = rule.compute(&[vec![0.0; 6], vec![0.0; 2]], &[3, 2]);
        assert!(nothing.is_err());
    }

    #[test]
    fn every_output_of_a_weight_gets_its_length() {
        let rule = derived(Rule::WeightNorm);
        rule.check(&[&[2, 1, 1], &[2, 2, 1]], &[2, 2, 1])
            .expect("it fits");
        rule.check(&[&[2, 1, 1], &[2, 1, 1]], &[2])
            .expect("a factor for each channel fits");
        for shapes in [[&[2_usize][..], &[3, 2]], [&[3], &[2, 2]], [&[2], &[2]]] {
            assert!(rule.check(&shapes, &[2, 2]).is_err(), "{shapes:?}");
        }
        let found = rule.compute(&[vec![10.0, -1.0], vec![3.0, 4.0, 0.0, 0.5]], &[2, 2]);
        assert_eq!(found.expect("it has one"), [6.0, 8.0, 0.0, -1.0]);
        let nothing = rule.compute(&[vec![1.0; 2], vec![1.0, 1.0, 0.0, 0.0]], &[2, 2]);
        assert!(nothing.is_err_and(|fault| fault.contains("no length")));
    }
}
