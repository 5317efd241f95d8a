//! Affine maps of the codes of an autoencoder, folded into the layers on both sides of them.

use super::ModelError;
use super::file::StoredTensor;
use super::manifest::{LayerSpec, Role};
use super::network_form::NetworkForm;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use std::collections::BTreeMap;

/// No direction of codes varies less than by this variance, so that the way back exists.
const LEAST_VARIANCE: f64 = 1e-12;
/// A direction in which codes hardly vary, such as that of a number that the encoder does not use, is not stretched further
/// than if it had this share of the largest variance: weights are stored in half precision.
const LEAST_SHARE: f64 = 1e-6;

/// Takes a code `z` to `to (z - mean)`, and back by `from z + mean`.
pub struct CodeMap {
    mean: DVector<f64>,
    to: DMatrix<f64>,
    from: DMatrix<f64>,
}

impl CodeMap {
    /// Makes each number of codes with these means and standard deviations have mean 0 and deviation 1.
    pub fn of_deviations(mean: &[f32], sigma: &[f32]) -> Self {
        let least = LEAST_VARIANCE.sqrt();
        let sigma = wide(sigma).map(|sigma| sigma.max(least));
        Self {
            mean: wide(mean),
            to: DMatrix::from_diagonal(&sigma.map(|sigma| 1.0 / sigma)),
            from: DMatrix::from_diagonal(&sigma),
        }
    }

    /// Makes codes with this mean and covariance have mean 0 and the identity as covariance. Of all such
    /// maps it is the one that changes codes least: the inverse root of the covariance.
    ///
    /// # Errors
    /// When the covariance is not finite.
    pub fn of_covariance(mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<Self, ModelError> {
        let mut numbers = covariance.iter().chain(mean.iter());
        if !numbers.all(|it| it.is_finite()) {
            return Err(ModelError("the codes are not finite".to_owned()));
        }
        let SymmetricEigen {
            eigenvectors,
            eigenvalues,
        } = covariance.symmetric_eigen();
        let least = (LEAST_SHARE * eigenvalues.max()).max(LEAST_VARIANCE);
        let roots = eigenvalues.map(|variance| variance.max(least).sqrt());
        let with = |values: DVector<f64>| {
            &eigenvectors * DMatrix::from_diagonal(&values) * eigenvectors.transpose()
        };
        Ok(Self {
            mean,
            to: with(roots.map(|root| 1.0 / root)),
            from: with(roots),
        })
    }

    /// Folds the map into the last dense layer of an encoder and the first of its decoder, so that
    /// reconstructions stay the same; `tensors` go by role and name. Where the encoder gives variances, too, `variances`
    /// are their means over many pictures, around which the new ones are right; correlations within one posterior are
    /// left out.
    ///
    /// # Errors
    /// When the encoder does not end, or the decoder not begin, with a dense layer of these codes.
    pub fn fold(
        &self,
        networks: &BTreeMap<Role, NetworkForm>,
        tensors: &mut BTreeMap<String, StoredTensor>,
        variances: Option<&[f32]>,
    ) -> Result<(), ModelError> {
        let fault = || ModelError("the codes are not between two dense layers".to_owned());
        let layers = |role| networks.get(&role).and_then(NetworkForm::layers);
        let encoder = layers(Role::Encoder).ok_or_else(fault)?;
        let decoder = layers(Role::Decoder).ok_or_else(fault)?;
        let last = encoder.layers.len().checked_sub(1).ok_or_else(fault)?;
        let dense = |layer: Option<&LayerSpec>| matches!(layer, Some(LayerSpec::Dense { .. }));
        if !dense(encoder.layers.last()) || !dense(decoder.layers.first()) {
            return Err(fault());
        }
        let dim = self.mean.len();
        let given = dim * (1 + usize::from(variances.is_some()));
        // Rows of weights are inputs, so a map of outputs is multiplied from the right.
        let mut mix = DMatrix::zeros(given, given);
        let mut shift = DVector::zeros(given);
        let mut part = mix.view_mut((0, 0), (dim, dim));
        part.copy_from(&self.to.transpose());
        shift.rows_mut(0, dim).copy_from(&(&self.to * -&self.mean));
        if let Some(variances) = variances {
            let (shares, offset) = self.log_variances(&wide(variances));
            let mut part = mix.view_mut((dim, dim), (dim, dim));
            part.copy_from(&shares.transpose());
            shift.rows_mut(dim, dim).copy_from(&offset);
        }
        let take = |name: &str, columns: usize| {
            let tensor = tensors.get(name).ok_or_else(fault)?;
            let rows = tensor.values.len() / columns.max(1);
            if rows * columns != tensor.values.len() {
                return Err(fault());
            }
            let values = tensor.values.iter().copied().map(f64::from);
            Ok(DMatrix::from_row_iterator(rows, columns, values))
        };
        let (weight_name, bias_name) = (
            format!("encoder.{last}.weight"),
            format!("encoder.{last}.bias"),
        );
        let (weight, bias) = (take(&weight_name, given)?, take(&bias_name, given)?);
        let outputs = tensors
            .get("decoder.0.bias")
            .map_or(0, |it| it.values.len());
        let first = take("decoder.0.weight", outputs)?;
        let first_bias = take("decoder.0.bias", outputs)?;
        if bias.nrows() != 1 || first.nrows() < dim {
            return Err(fault());
        }
        // Conditions, which come after the code, stay as they are.
        let mut first_changed = first.clone();
        let of_codes = first.rows(0, dim);
        first_changed
            .rows_mut(0, dim)
            .copy_from(&(self.from.transpose() * of_codes));
        let changed = [
            (weight_name, weight * &mix),
            (bias_name, bias * &mix + row_of(&shift)),
            (
                "decoder.0.bias".to_owned(),
                first_bias + row_of(&self.mean) * of_codes,
            ),
            ("decoder.0.weight".to_owned(), first_changed),
        ];
        for (name, matrix) in changed {
            let tensor = tensors.get_mut(&name).ok_or_else(fault)?;
            // Matrices lie column by column, tensors row by row.
            let values = matrix.transpose();
            tensor.values = values.iter().map(|&value| value as f32).collect();
        }
        Ok(())
    }

    /// The logarithms of the new variances as a matrix of those of the old ones and an offset: the first order around
    /// the mean variances of a sum of variances.
    fn log_variances(&self, variances: &DVector<f64>) -> (DMatrix<f64>, DVector<f64>) {
        let variances = variances.map(|variance| variance.max(LEAST_VARIANCE));
        let mut shares = self.to.map(|entry| entry * entry);
        for (mut column, variance) in shares.column_iter_mut().zip(variances.iter()) {
            column *= *variance;
        }
        let sums: Vec<f64> = shares.row_iter().map(|row| row.sum()).collect();
        for (mut row, sum) in shares.row_iter_mut().zip(&sums) {
            row /= *sum;
        }
        let offset = DVector::from_iterator(sums.len(), sums.iter().map(|sum| sum.ln()));
        let offset = offset - &shares * variances.map(f64::ln);
        (shares, offset)
    }
}

fn wide(values: &[f32]) -> DVector<f64> {
    DVector::from_iterator(values.len(), values.iter().copied().map(f64::from))
}

fn row_of(values: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_row_slice(1, values.len(), values.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::NetworkSpec;
    use crate::model::network::Network;
    use crate::model::{download, shapes};
    use burn::tensor::{Device, Tensor, TensorData};

    const PICTURE: [f32; 4] = [0.1, 0.8, 0.3, 0.5];

    /// An encoder of `given` numbers from four pixels and a decoder of two.
    struct Pair {
        encoder: NetworkSpec,
        decoder: NetworkSpec,
        tensors: BTreeMap<String, StoredTensor>,
    }

    fn tensors(role: Role, spec: &NetworkSpec) -> BTreeMap<String, StoredTensor> {
        let plan = shapes::plan(spec).expect("the network is sound");
        let filled = plan.parameters.into_iter().enumerate();
        let filled = filled.map(|(index, parameter)| {
            let count: usize = parameter.shape.iter().product();
            let values = (0..count).map(|i| (i as f32 * 0.7 + index as f32).sin());
            let tensor = StoredTensor {
                values: values.collect(),
                shape: parameter.shape,
            };
            (format!("{}.{}", role.name(), parameter.name), tensor)
        });
        filled.collect()
    }

    impl Pair {
        fn new(given: usize) -> Self {
            let dense = |outputs| LayerSpec::Dense { outputs };
            let encoder = NetworkSpec {
                input: vec![1, 2, 2],
                layers: vec![LayerSpec::Flatten, dense(given)],
            };
            let decoder = NetworkSpec {
                input: vec![2],
                layers: vec![dense(3), LayerSpec::Tanh],
            };
            let mut all = tensors(Role::Encoder, &encoder);
            all.extend(tensors(Role::Decoder, &decoder));
            Self {
                encoder,
                decoder,
                tensors: all,
            }
        }

        fn fold(&mut self, map: &CodeMap, variances: Option<&[f32]>) {
            let networks = BTreeMap::from([
                (Role::Encoder, self.encoder.clone().into()),
                (Role::Decoder, self.decoder.clone().into()),
            ]);
            let found = map.fold(&networks, &mut self.tensors, variances);
            found.expect("dense layers meet at the code");
        }

        fn run(&self, role: Role, input: &[f32]) -> Vec<f32> {
            let spec = match role {
                Role::Encoder => &self.encoder,
                _ => &self.decoder,
            };
            let device = Device::flex();
            let network = Network::new(spec, |name| {
                let tensor = self.tensors.get(&format!("{}.{name}", role.name()))?;
                let values = tensor.values.clone();
                let count = values.len();
                Some(Tensor::from_data(TensorData::new(values, [count]), &device))
            })
            .expect("the network is sound");
            let input = TensorData::new(input.to_vec(), [1, input.len()]);
            download(network.forward(Tensor::from_data(input, &device))).expect("the CPU works")
        }

        /// The code of the picture, with its log variances where there are any, and its reconstruction.
        fn seen(&self) -> [Vec<f32>; 2] {
            let code = self.run(Role::Encoder, &PICTURE);
            let drawn = self.run(Role::Decoder, &code[..2]);
            [code, drawn]
        }
    }

    #[track_caller]
    fn assert_close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= 1e-4 * a.abs().max(1.0), "{a} is not {b}");
        }
    }

    #[test]
    fn standardising_codes_changes_no_picture() {
        let mut pair = Pair::new(2);
        let [code, drawn] = pair.seen();
        pair.fold(&CodeMap::of_deviations(&[0.5, -1.0], &[2.0, 0.25]), None);
        let [changed, again] = pair.seen();
        assert_close(&changed, &[(code[0] - 0.5) / 2.0, (code[1] + 1.0) / 0.25]);
        assert_close(&again, &drawn);
    }

    #[test]
    fn whitening_codes_changes_no_picture_and_leaves_no_covariance() {
        let mut pair = Pair::new(2);
        let [code, drawn] = pair.seen();
        let covariance = DMatrix::from_row_slice(2, 2, &[2.0, 0.6, 0.6, 0.5]);
        let map = CodeMap::of_covariance(wide(&[0.5, -1.0]), covariance.clone()).expect("finite");
        let white = &map.to * covariance * map.to.transpose();
        assert!((white - DMatrix::identity(2, 2)).norm() < 1e-9);
        pair.fold(&map, None);
        let [changed, again] = pair.seen();
        let wanted = &map.to * (wide(&code) - &map.mean);
        assert_close(&changed, &[wanted[0] as f32, wanted[1] as f32]);
        assert_close(&again, &drawn);
    }

    /// A picture of exactly the mean variances has exactly the mapped ones.
    #[test]
    fn variances_follow_the_map() {
        let mut pair = Pair::new(4);
        let [code, drawn] = pair.seen();
        let variances: Vec<f32> = code[2..].iter().map(|logarithm| logarithm.exp()).collect();
        let covariance = DMatrix::from_row_slice(2, 2, &[2.0, 0.6, 0.6, 0.5]);
        let map = CodeMap::of_covariance(wide(&[0.5, -1.0]), covariance).expect("finite");
        pair.fold(&map, Some(&variances));
        let [changed, again] = pair.seen();
        let spread = &map.to * DMatrix::from_diagonal(&wide(&variances)) * map.to.transpose();
        let wanted = spread.diagonal().map(|variance| variance.ln() as f32);
        assert_close(&changed[2..], wanted.as_slice());
        assert_close(&again, &drawn);
    }

    #[test]
    fn codes_between_other_layers_are_refused() {
        let pair = Pair::new(2);
        let mut decoder = pair.decoder.clone();
        decoder.layers.insert(0, LayerSpec::Tanh);
        let networks = BTreeMap::from([
            (Role::Encoder, pair.encoder.clone().into()),
            (Role::Decoder, decoder.into()),
        ]);
        let map = CodeMap::of_deviations(&[0.0; 2], &[1.0; 2]);
        let found = map.fold(&networks, &mut pair.tensors.clone(), None);
        let fault = found.expect_err("no dense layer begins the decoder");
        assert!(fault.0.contains("two dense layers"), "{fault}");
        let still = DMatrix::from_row_slice(2, 2, &[4.0, 0.0, 0.0, 0.0]);
        let map = CodeMap::of_covariance(wide(&[0.0; 2]), still).expect("finite");
        assert!(
            map.to.iter().all(|entry| entry.abs() <= 500.1),
            "{}",
            map.to
        );
        let nan = DMatrix::from_element(2, 2, f64::NAN);
        assert!(CodeMap::of_covariance(wide(&[0.0; 2]), nan).is_err());
    }
}
