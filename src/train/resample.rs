//! Doubling and halving sides, as products with small matrices: one from the left for the rows,
//! one from the right for the columns. Any separable filter is such a product, every device
//! multiplies matrices well, and the derivative comes for nothing.

use crate::model::style::Upsampling;
use burn::tensor::{Device, Tensor, TensorData};

/// The matrix `[2 * side, side]` that doubles a column of `side` numbers.
///
/// Bilinear, as PyTorch's `interpolate(scale_factor=2, align_corners=False)`: each result weighs
/// the two nearest inputs 3 to 1. The filter [1, 3, 3, 1] / 4 over zeros between the inputs (as
/// StyleGAN2's `upsample2d`) gives the same, but with zeros beyond the edge.
pub fn doubled_rows(side: usize, upsampling: Upsampling) -> Vec<f32> {
    let mut matrix = vec![0.0; 2 * side * side];
    for row in 0..2 * side {
        let near = row / 2;
        // Even rows lie nearer to the input before, odd rows nearer to the one after.
        let far = if row % 2 == 0 {
            near.checked_sub(1)
        } else {
            Some(near + 1).filter(|&far| far < side)
        };
        matrix[row * side + near] += 0.75;
        match (far, upsampling) {
            (Some(far), _) => matrix[row * side + far] += 0.25,
            (None, Upsampling::Bilinear) => matrix[row * side + near] += 0.25,
            (None, Upsampling::Binomial) => {}
        }
    }
    matrix
}

/// The matrix `[side / 2, side]` that halves a column of `side` numbers with the filter
/// [1, 3, 3, 1] / 8, the edge repeated.
pub fn halved_rows(side: usize) -> Vec<f32> {
    let half = side / 2;
    let mut matrix = vec![0.0; half * side];
    for row in 0..half {
        for (offset, weight) in [(0, 1.0), (1, 3.0), (2, 3.0), (3, 1.0)] {
            let at = (2 * row + offset).saturating_sub(1).min(side - 1);
            matrix[row * side + at] += weight / 8.0;
        }
    }
    matrix
}

/// Doubles height and width.
#[derive(Clone, Debug)]
pub struct Doubling(Resampling);

impl Doubling {
    pub fn new(side: usize, upsampling: Upsampling, device: &Device) -> Self {
        Self(Resampling::new(
            doubled_rows(side, upsampling),
            side,
            2 * side,
            device,
        ))
    }

    /// `[batch, channels, side, side]` to `[batch, channels, 2 * side, 2 * side]`.
    pub fn run(&self, x: Tensor<4>) -> Tensor<4> {
        self.0.run(x)
    }
}

/// Halves height and width.
#[derive(Clone, Debug)]
pub struct Halving(Resampling);

impl Halving {
    /// For pictures of `side` (even) pixels.
    pub fn new(side: usize, device: &Device) -> Self {
        Self(Resampling::new(halved_rows(side), side, side / 2, device))
    }

    /// `[batch, channels, side, side]` to `[batch, channels, side / 2, side / 2]`.
    pub fn run(&self, x: Tensor<4>) -> Tensor<4> {
        self.0.run(x)
    }
}

#[derive(Clone, Debug)]
struct Resampling {
    /// `[1, to, from]`
    rows: Tensor<3>,
    /// `[from, to]`
    columns: Tensor<2>,
    from: usize,
    to: usize,
}

impl Resampling {
    fn new(matrix: Vec<f32>, from: usize, to: usize, device: &Device) -> Self {
        let rows: Tensor<2> = Tensor::from_data(TensorData::new(matrix, [to, from]), device);
        Self {
            columns: rows.clone().transpose(),
            rows: rows.reshape([1, to, from]),
            from,
            to,
        }
    }

    fn run(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, _, _] = x.dims();
        let (from, to) = (self.from, self.to);
        let x = x
            .reshape([batch * channels * from, from])
            .matmul(self.columns.clone());
        let x = x.reshape([batch * channels, from, to]);
        let x = self.rows.clone().matmul(x);
        x.reshape([batch, channels, to, to])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_columns_stay_flat_where_the_edge_is_repeated() {
        for (matrix, side) in [
            (doubled_rows(5, Upsampling::Bilinear), 5),
            (halved_rows(6), 6),
        ] {
            for row in matrix.chunks_exact(side) {
                assert_eq!(row.iter().sum::<f32>(), 1.0);
            }
        }
        let zeros_beyond = doubled_rows(3, Upsampling::Binomial);
        let sums: Vec<f32> = zeros_beyond
            .chunks_exact(3)
            .map(|row| row.iter().sum())
            .collect();
        assert_eq!(sums, [0.75, 1.0, 1.0, 1.0, 1.0, 0.75]);
    }
}
