//! The residual discriminator of the style-based recipes (Karras et al. 2020), with the standard
//! deviation over small groups of the batch as one more channel (Karras et al. 2018).

use super::deviation::{with_deviation, with_deviation_derivative};
use super::parameters::Fresh;
use super::resample::Halving;
use super::task::parts_of;
use crate::model::manifest::ImageSpec;
use crate::model::shapes::checked_product;
use crate::model::style::{Initial, SLOPE, noisy_activation, scaled_convolution};
use burn::tensor::activation::leaky_relu;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::f64::consts::SQRT_2;

const KERNEL: usize = 3;
const MAX_RESOLUTIONS: usize = 12;

/// The sizes of a discriminator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriticSpec {
    /// Channels of each resolution, from the pictures' own down; each halves the side.
    pub channels: Vec<usize>,
    /// Pictures of a batch whose standard deviation is shown to the last convolution.
    pub group: usize,
    /// Where the networks see Haar coefficients: by how much the differences are enlarged for
    /// them. Most of a drawing is flat, so differences are much smaller than means, and what the
    /// discriminator hardly sees the generator leaves as a mesh over the picture.
    #[serde(default = "one")]
    pub difference_gain: f32,
}

fn one() -> f32 {
    1.0
}

impl CriticSpec {
    /// Into how many parts of whole groups a batch is divided. A GPU is faster with a batch as a whole.
    pub fn parts(&self, batch: usize, device: &Device) -> usize {
        parts_of(batch / self.group.max(1), device)
    }

    /// Every tensor, and the side of the last resolution.
    ///
    /// # Errors
    /// A sentence when a size is zero or absurd, or does not fit the pictures or the batch.
    pub fn plan(&self, image: ImageSpec, batch: usize) -> Result<(Vec<Fresh>, usize), String> {
        if !(1..=MAX_RESOLUTIONS).contains(&self.channels.len()) {
            return Err(format!(
                "channels must name 1 to {MAX_RESOLUTIONS} resolutions"
            ));
        }
        if self.group == 0 || !batch.is_multiple_of(self.group) {
            return Err(format!(
                "a batch of {batch} has no groups of {}",
                self.group
            ));
        }
        if !(0.01..=100.0).contains(&self.difference_gain) {
            return Err("difference_gain must be 0.01 to 100".to_owned());
        }
        let parts = 1 << (self.channels.len() - 1);
        if image.height != image.width || !image.height.is_multiple_of(parts) {
            return Err(format!(
                "{}x{} pixels cannot be halved {} times",
                image.width,
                image.height,
                self.channels.len() - 1
            ));
        }
        let side = image.height / parts;
        let mut fresh = Vec::new();
        let mut add = |name: &str, shape: &[usize], initial: Initial| {
            checked_product(shape).map_err(|fault| format!("{name}: {fault}"))?;
            fresh.push(Fresh {
                name: name.to_owned(),
                shape: shape.to_vec(),
                initial,
                trained: true,
            });
            Ok::<(), String>(())
        };
        let (normal, zero) = (Initial::Normal(1.0), Initial::Constant(0.0));
        let first = self.channels[0];
        add("picture.weight", &[first, image.channels], normal)?;
        add("picture.bias", &[first], zero)?;
        for (block, pair) in self.channels.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let name = |part: &str| format!("block.{block}.{part}");
            add(
                &name("first.weight"),
                &[inputs, inputs, KERNEL, KERNEL],
                normal,
            )?;
            add(&name("first.bias"), &[inputs], zero)?;
            add(
                &name("second.weight"),
                &[outputs, inputs, KERNEL, KERNEL],
                normal,
            )?;
            add(&name("second.bias"), &[outputs], zero)?;
            add(&name("skip.weight"), &[outputs, inputs], normal)?;
        }
        let last = self.channels[self.channels.len() - 1];
        add("last.weight", &[last, last + 1, KERNEL, KERNEL], normal)?;
        add("last.bias", &[last], zero)?;
        add("dense.weight", &[last * side * side, last], normal)?;
        add("dense.bias", &[last], zero)?;
        add("judge.weight", &[last, 1], normal)?;
        add("judge.bias", &[1], zero)?;
        Ok((fresh, side))
    }
}

/// A 3x3 convolution with bias and a leaky ReLU of the gain sqrt(2).
#[derive(Clone)]
struct Convolution {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl Convolution {
    fn run(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, inputs, _, _] = x.dims();
        let ones = Tensor::ones([batch, inputs], &x.device());
        activate(scaled_convolution(x, ones, self.weight.clone()), &self.bias)
    }

    /// The result, and how fast it changes when `x` changes by `t`.
    fn run_both(&self, x: Tensor<4>, t: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, inputs, _, _] = t.dims();
        let ones = Tensor::ones([batch, inputs], &t.device());
        let x = self.run(x);
        let t = scaled_convolution(t, ones, self.weight.clone()) * slopes(&x);
        (x, t)
    }
}

/// Bias and leaky ReLU.
fn activate(x: Tensor<4>, bias: &Tensor<1>) -> Tensor<4> {
    let ([batch, channels, height, width], device) = (x.dims(), x.device());
    let ones = Tensor::ones([batch, channels], &device);
    let no_noise = Tensor::zeros([1, 1, height, width], &device);
    noisy_activation(x, ones, bias.clone(), no_noise, Tensor::zeros([1], &device))
}

/// A convolution of single pixels, as a product of matrices.
fn pointwise(x: Tensor<4>, weight: &Tensor<3>) -> Tensor<4> {
    let [batch, inputs, height, width] = x.dims();
    let [_, outputs, _] = weight.dims();
    let x = x.reshape([batch, inputs, height * width]);
    let y = weight.clone().matmul(x);
    y.reshape([batch, outputs, height, width])
}

#[derive(Clone)]
struct Block {
    first: Convolution,
    halving: Halving,
    second: Convolution,
    skip: Tensor<3>,
}

/// A discriminator with its tensors on one device.
#[derive(Clone)]
pub struct Discriminator {
    image: ImageSpec,
    group: usize,
    picture: (Tensor<3>, Tensor<1>),
    blocks: Vec<Block>,
    last: Convolution,
    dense: (Tensor<2>, Tensor<2>),
    judge: (Tensor<2>, Tensor<2>),
}

impl Discriminator {
    /// Takes every tensor, flattened, from `source`.
    ///
    /// # Errors
    /// When a tensor is missing.
    pub fn new(
        spec: &CriticSpec,
        image: ImageSpec,
        device: &Device,
        source: impl Fn(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, String> {
        let take = |name: &str| source(name).ok_or_else(|| format!("no tensor {name:?}"));
        // The gain sqrt(2) of the activation goes through the leaky ReLU.
        let convolution = |name: &str, inputs: usize, outputs: usize| {
            let gain = SQRT_2 / ((inputs * KERNEL * KERNEL) as f64).sqrt();
            let weight = take(&format!("{name}.weight"))? * gain;
            let bias = take(&format!("{name}.bias"))? * SQRT_2;
            Ok::<_, String>(Convolution {
                weight: weight.reshape([outputs, inputs, KERNEL, KERNEL]),
                bias,
            })
        };
        let first = spec.channels[0];
        let gain = SQRT_2 / (image.channels as f64).sqrt();
        let picture = (
            (take("picture.weight")? * gain).reshape([1, first, image.channels]),
            take("picture.bias")? * SQRT_2,
        );
        let mut side = image.height;
        let mut blocks = Vec::new();
        for (block, pair) in spec.channels.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let name = |part: &str| format!("block.{block}.{part}");
            // Both branches are summed and divided by sqrt(2); that goes into the weights.
            let skip = take(&name("skip.weight"))? / (2.0 * inputs as f64).sqrt();
            let mut second = convolution(&name("second"), inputs, outputs)?;
            second.weight = second.weight / SQRT_2;
            second.bias = second.bias / SQRT_2;
            blocks.push(Block {
                first: convolution(&name("first"), inputs, inputs)?,
                halving: Halving::new(side, device),
                second,
                skip: skip.reshape([1, outputs, inputs]),
            });
            side /= 2;
        }
        let last = spec.channels[spec.channels.len() - 1];
        let inputs = last * side * side;
        let dense_gain = SQRT_2 / (inputs as f64).sqrt();
        Ok(Self {
            image,
            group: spec.group,
            picture,
            blocks,
            last: convolution("last", last + 1, last)?,
            dense: (
                (take("dense.weight")? * dense_gain).reshape([inputs, last]),
                (take("dense.bias")? * SQRT_2).reshape([1, last]),
            ),
            judge: (
                (take("judge.weight")? / (last as f64).sqrt()).reshape([last, 1]),
                take("judge.bias")?.reshape([1, 1]),
            ),
        })
    }

    /// Pictures `[batch, channels * height * width]` in -1..1 to one number each, `[batch, 1]`:
    /// the larger, the more real.
    pub fn forward(&self, pictures: Tensor<2>) -> Tensor<2> {
        let [batch, _] = pictures.dims();
        let image = self.image;
        let x = pictures.reshape([batch, image.channels, image.height, image.width]);
        let mut x = activate(pointwise(x, &self.picture.0), &self.picture.1);
        for block in &self.blocks {
            let skip = pointwise(block.halving.run(x.clone()), &block.skip);
            let inner = block.halving.run(block.first.run(x));
            x = block.second.run(inner) + skip;
        }
        let x = self.last.run(with_deviation(x, self.group));
        let x = x.flatten::<2>(1, 3);
        let x = leaky_relu(x.matmul(self.dense.0.clone()) + self.dense.1.clone(), SLOPE);
        x.matmul(self.judge.0.clone()) + self.judge.1.clone()
    }

    /// How fast each result changes, `[batch, 1]`, when all pictures move along `direction`, both
    /// `[batch, channels * height * width]`.
    ///
    /// The derivative goes forward through the network beside the values, so that its own
    /// gradient in the weights is an ordinary backward pass. It is exact: the slopes of the
    /// leaky ReLUs are constants, as in a second derivative.
    pub fn derivative(&self, pictures: Tensor<2>, direction: Tensor<2>) -> Tensor<2> {
        let [batch, _] = pictures.dims();
        let image = self.image;
        let shape = [batch, image.channels, image.height, image.width];
        let x = activate(
            pointwise(pictures.reshape(shape), &self.picture.0),
            &self.picture.1,
        );
        let t = pointwise(direction.reshape(shape), &self.picture.0) * slopes(&x);
        let (mut x, mut t) = (x, t);
        for block in &self.blocks {
            let skip = pointwise(block.halving.run(x.clone()), &block.skip);
            let skip_t = pointwise(block.halving.run(t.clone()), &block.skip);
            let (inner, inner_t) = block.first.run_both(x, t);
            let (inner, inner_t) = (block.halving.run(inner), block.halving.run(inner_t));
            let (second, second_t) = block.second.run_both(inner, inner_t);
            (x, t) = (second + skip, second_t + skip_t);
        }
        let t = with_deviation_derivative(x.clone(), t, self.group);
        let (x, t) = self.last.run_both(with_deviation(x, self.group), t);
        let (x, t): (Tensor<2>, Tensor<2>) = (x.flatten(1, 3), t.flatten(1, 3));
        let x = leaky_relu(x.matmul(self.dense.0.clone()) + self.dense.1.clone(), SLOPE);
        let t = t.matmul(self.dense.0.clone()) * slopes(&x);
        t.matmul(self.judge.0.clone())
    }
}

/// The slopes with which a leaky ReLU gave `result`, as constants.
fn slopes<const D: usize>(result: &Tensor<D>) -> Tensor<D> {
    let positive = result.clone().inner().greater_elem(0.0).float();
    Tensor::from_inner(positive * (1.0 - SLOPE) + SLOPE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;
    use crate::model::download;
    use crate::train::parameters::Weights;
    use crate::train::penalty::gradient_penalty;
    use burn::tensor::TensorData;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    const IMAGE: ImageSpec = ImageSpec {
        channels: 3,
        height: 8,
        width: 8,
    };
    const BATCH: usize = 4;

    #[derive(Deserialize)]
    struct Reference {
        critic: CriticCase,
    }

    #[derive(Deserialize)]
    struct CriticCase {
        tensors: BTreeMap<String, Vec<f32>>,
        x: Vec<f32>,
        result: Vec<f32>,
        /// Name, index, and the derivative of `mean(|g|^2) / 2`.
        r1_gradients: Vec<(String, usize, f64)>,
    }

    /// Made by `tests/data/make_style_reference.py`.
    fn reference() -> Reference {
        let text = include_str!("../../tests/data/style_reference.json");
        serde_json::from_str(text).expect("it is JSON")
    }

    fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        download(tensor).expect("the CPU works")
    }

    fn spec() -> CriticSpec {
        CriticSpec {
            channels: vec![4, 6],
            group: 2,
            difference_gain: 1.0,
        }
    }

    /// The tensors of a case on a device; tracked ones are leaves of the graph.
    fn tensors(case: &CriticCase, device: &Device, tracked: bool) -> BTreeMap<String, Tensor<1>> {
        let upload = |values: &Vec<f32>| {
            let data = TensorData::new(values.clone(), [values.len()]);
            let tensor = Tensor::from_data(data, device);
            if tracked {
                tensor.require_grad()
            } else {
                tensor
            }
        };
        let tensors = case.tensors.iter();
        tensors
            .map(|(name, values)| (name.clone(), upload(values)))
            .collect()
    }

    fn critic(tensors: &BTreeMap<String, Tensor<1>>, device: &Device) -> Discriminator {
        Discriminator::new(&spec(), IMAGE, device, |name| tensors.get(name).cloned())
            .expect("all tensors are there")
    }

    fn pictures(case: &CriticCase, device: &Device) -> Tensor<2> {
        Tensor::from_data(
            TensorData::new(case.x.clone(), [BATCH, IMAGE.len()]),
            device,
        )
    }

    #[test]
    fn the_critic_judges_as_numpy_does() {
        let (case, device) = (reference().critic, Device::flex());
        let critic = critic(&tensors(&case, &device, false), &device);
        let found = numbers(critic.forward(pictures(&case, &device)));
        assert_eq!(found.len(), case.result.len());
        for (found, wanted) in found.iter().zip(&case.result) {
            assert!((found - wanted).abs() < 1e-4, "{found}, not {wanted}");
        }
    }

    /// The gradients of the penalty in the weights, by name.
    fn penalty_gradients(
        tracked: &BTreeMap<String, Tensor<1>>,
        (live, fixed): (&Discriminator, &Discriminator),
        pictures: Tensor<2>,
        gamma: f64,
    ) -> BTreeMap<String, Vec<f32>> {
        let derivative = |x, direction| live.derivative(x, direction);
        let loss = gradient_penalty(derivative, |x| fixed.forward(x), pictures, gamma);
        let mut gradients = loss.backward();
        let leaves = tracked.iter();
        let found = leaves.filter_map(|(name, leaf)| {
            let gradient = leaf.grad_remove(&mut gradients)?;
            Some((name.clone(), numbers(gradient.inner())))
        });
        found.collect()
    }

    /// The pictures of a batch see each other through the deviation, so this also holds the
    /// penalty against a gradient that crosses from one picture to another. The reference is
    /// computed in double precision with every leaky ReLU held on its side of the bend, and good
    /// to more digits than f32 has.
    #[test]
    fn the_gradient_of_r1_is_that_of_the_penalty() {
        let (case, device) = (reference().critic, Device::flex().autodiff());
        let leaves = tensors(&case, &device, true);
        let live = critic(&leaves, &device);
        let fixed = critic(&tensors(&case, &device, false), &device);
        let gamma = 10.0;
        let pictures = pictures(&case, &device);
        let found = penalty_gradients(&leaves, (&live, &fixed), pictures, gamma);
        let largest = case.r1_gradients.iter().map(|(_, _, g)| gamma * g.abs());
        let largest = largest.fold(0.0, f64::max);
        for (name, index, wanted) in &case.r1_gradients {
            let wanted = gamma * wanted;
            // What only moves values, not slopes, may have no gradient.
            let found = found.get(name).map_or(0.0, |g| f64::from(g[*index]));
            assert!(
                (found - wanted).abs() < 1e-4 * largest,
                "{name} {index}: {found}, but {wanted} by differences"
            );
        }
    }

    /// Where nothing but leaky ReLUs bends the discriminator, its slope in the pictures does not
    /// depend on a bias and grows in proportion to every weight that all paths go through, and
    /// so its square. A difference of two results a step apart breaks this as soon as pictures
    /// and layers are large: some of their many numbers pass a bend within the step.
    #[test]
    fn bends_leave_no_trace_in_the_gradient_of_r1() {
        let device = Device::flex().autodiff();
        let image = ImageSpec {
            channels: 3,
            height: 32,
            width: 32,
        };
        let spec = CriticSpec {
            channels: vec![16, 24, 32, 32],
            group: 4,
            difference_gain: 1.0,
        };
        let (fresh, _) = spec.plan(image, 8).expect("the sizes are sound");
        let weights = Weights::new(fresh.clone(), 1, (0.0, 0.99), &device);
        let values = |fresh: &Fresh| {
            let mut values = numbers(weights.live(&fresh.name).expect("it is there").inner());
            if fresh.name == "last.weight" {
                // Nothing is made of the deviation, which bends, too.
                for (index, value) in values.iter_mut().enumerate() {
                    if index / 9 % 33 == 32 {
                        *value = 0.0;
                    }
                }
            }
            values
        };
        let upload = |tracked: bool| -> BTreeMap<String, Tensor<1>> {
            let named = fresh.iter().map(|fresh| {
                let values = values(fresh);
                let data = TensorData::new(values.clone(), [values.len()]);
                let tensor = Tensor::from_data(data, &device);
                let tensor = if tracked {
                    tensor.require_grad()
                } else {
                    tensor
                };
                (fresh.name.clone(), tensor)
            });
            named.collect()
        };
        let build = |tensors: &BTreeMap<String, Tensor<1>>| {
            Discriminator::new(&spec, image, &device, |name| tensors.get(name).cloned())
                .expect("all tensors are there")
        };
        let (leaves, constants) = (upload(true), upload(false));
        let (live, fixed) = (build(&leaves), build(&constants));
        let pictures = seed_code(5, 8 * image.len());
        let pictures: Tensor<2> =
            Tensor::from_data(TensorData::new(pictures, [8, image.len()]), &device);

        let leaf = Tensor::from_inner(pictures.clone().inner()).require_grad();
        let mut gradients = fixed.forward(leaf.clone()).sum().backward();
        let gradient = leaf.grad_remove(&mut gradients).expect("it is tracked");
        let square = numbers(gradient.square().sum_dim(1).mean().inner())[0];
        assert!(square > 0.0, "the pictures matter");

        let found = penalty_gradients(&leaves, (&live, &fixed), pictures, 1.0);
        for (name, values) in &constants {
            let gradient = found.get(name).map_or(&[][..], Vec::as_slice);
            let largest = gradient.iter().fold(0.0f32, |most, g| most.max(g.abs()));
            if name.ends_with(".bias") {
                assert!(largest <= 1e-6 * square, "{name}: {largest} of {square}");
            }
            if [
                "picture.weight",
                "last.weight",
                "dense.weight",
                "judge.weight",
            ]
            .contains(&name.as_str())
            {
                // Euler's theorem for half a square.
                let values = numbers(values.clone().inner());
                let product: f32 = values.iter().zip(gradient).map(|(v, g)| v * g).sum();
                assert!(
                    (product / square - 1.0).abs() < 1e-3,
                    "{name}: {product}, not {square}"
                );
            }
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let image = |side| ImageSpec {
            channels: 3,
            height: side,
            width: side,
        };
        for (channels, group, side, batch, part) in [
            (vec![], 4, 32, 32, "resolutions"),
            (vec![4, 4], 3, 32, 32, "groups of 3"),
            (vec![4, 4], 0, 32, 32, "groups of 0"),
            (vec![4, 4, 4], 4, 30, 32, "halved"),
            (vec![4, 0], 4, 32, 32, "zero"),
        ] {
            let spec = CriticSpec {
                channels,
                group,
                difference_gain: 1.0,
            };
            let fault = spec
                .plan(image(side), batch)
                .err()
                .expect("it does not fit");
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
        }
    }

    #[test]
    fn every_tensor_is_used() {
        let device = Device::flex().autodiff();
        let (fresh, _) = spec().plan(IMAGE, BATCH).expect("the sizes are sound");
        let names: Vec<String> = fresh.iter().map(|tensor| tensor.name.clone()).collect();
        let weights = Weights::new(fresh, 1, (0.0, 0.99), &device);
        let critic = Discriminator::new(&spec(), IMAGE, &device, |name| weights.live(name))
            .expect("all tensors are there");
        let pictures = pictures(&reference().critic, &device);
        let mut gradients = critic.forward(pictures).sum().backward();
        for name in names {
            let tensor = weights.live(&name).expect("it is there");
            assert!(
                tensor.grad_remove(&mut gradients).is_some(),
                "{name} has no gradient"
            );
        }
    }
}
