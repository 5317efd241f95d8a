//! The two operations in which a style-based network spends its time, forward and backward:
//! a 3x3 convolution of scaled inputs, and scale, noise, bias and leaky ReLU in one pass.
//!
//! On the CPU they are operations of our own, for training as for decoding. Composed of burn's
//! operations the second alone would pass over the picture a dozen times, and burn's gradient of
//! a kernel is a product with nine columns, far from what a CPU can do. On other devices they are
//! composed. A test holds both against each other.

use super::cpu::{self, Sizes};
use crate::model::device;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::activation::leaky_relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Bytes, DType, Shape, Tensor};

/// The slope of every leaky ReLU below zero.
pub const SLOPE: f64 = 0.2;

/// A 3x3 convolution of `x * scale` with zero padding, so that sides stay.
///
/// `x` is `[batch, inputs, height, width]`, `scale` `[batch, inputs]`, `weight`
/// `[outputs, inputs, 3, 3]`; the result is `[batch, outputs, height, width]`.
pub fn scaled_convolution(x: Tensor<4>, scale: Tensor<2>, weight: Tensor<4>) -> Tensor<4> {
    if x.device().inner() == device::cpu() {
        return Tensor::from_dispatch(Dispatch::flex_convolution(
            x.into_dispatch(),
            scale.into_dispatch(),
            weight.into_dispatch(),
        ));
    }
    composed_convolution(x, scale, weight)
}

fn composed_convolution(x: Tensor<4>, scale: Tensor<2>, weight: Tensor<4>) -> Tensor<4> {
    let [batch, inputs] = scale.dims();
    let options = ConvOptions::new([1; 2], [1; 2], [1; 2], 1);
    conv2d(
        x * scale.reshape([batch, inputs, 1, 1]),
        weight,
        None,
        options,
    )
}

/// `leaky_relu(x * scale + noise * strength + bias)` with the slope 0.2.
///
/// `x` is `[batch, channels, height, width]`, `scale` `[batch, channels]`, `bias` `[channels]`,
/// `noise` `[batch or 1, 1, height, width]` (a constant: it gets no gradient), `strength` `[1]`.
pub fn noisy_activation(
    x: Tensor<4>,
    scale: Tensor<2>,
    bias: Tensor<1>,
    noise: Tensor<4>,
    strength: Tensor<1>,
) -> Tensor<4> {
    if x.device().inner() == device::cpu() {
        return Tensor::from_dispatch(Dispatch::flex_activation(
            x.into_dispatch(),
            scale.into_dispatch(),
            bias.into_dispatch(),
            noise.into_dispatch(),
            strength.into_dispatch(),
        ));
    }
    composed_activation(x, scale, bias, noise, strength)
}

fn composed_activation(
    x: Tensor<4>,
    scale: Tensor<2>,
    bias: Tensor<1>,
    noise: Tensor<4>,
    strength: Tensor<1>,
) -> Tensor<4> {
    let [batch, channels] = scale.dims();
    let x = x * scale.reshape([batch, channels, 1, 1]);
    let added = noise * strength.reshape([1, 1, 1, 1]);
    leaky_relu(x + added + bias.reshape([1, channels, 1, 1]), SLOPE)
}

/// Both operations on the CPU device; see the functions of similar names.
#[backend_extension(Flex, Autodiff)]
pub trait CpuOperations: Backend {
    fn flex_convolution(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        weight: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    fn flex_activation(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        noise: FloatTensor<Self>,
        strength: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// The gradients of both operations.
pub trait CpuGradients: Backend {
    /// The gradients of `x` and `scale`.
    fn convolution_inputs(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 2];

    /// The gradient of `weight`.
    fn convolution_weight(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// The gradients of `x`, `scale`, `bias` and `strength`; `result` is what the operation gave.
    fn activation_inputs(
        result: FloatTensor<Self>,
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        noise: FloatTensor<Self>,
        strength: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 4];
}

impl CpuOperations for Flex {
    fn flex_convolution(x: FlexTensor, scale: FlexTensor, weight: FlexTensor) -> FlexTensor {
        let (x, scale, weight) = (
            x.to_contiguous(),
            scale.to_contiguous(),
            weight.to_contiguous(),
        );
        let sizes = sizes(&x);
        let outputs = weight.layout().shape()[0];
        let values = cpu::convolve(
            x.storage(),
            scale.storage(),
            weight.storage(),
            sizes,
            outputs,
        );
        tensor(values, &[sizes.batch, outputs, sizes.height, sizes.width])
    }

    fn flex_activation(
        x: FlexTensor,
        scale: FlexTensor,
        bias: FlexTensor,
        noise: FlexTensor,
        strength: FlexTensor,
    ) -> FlexTensor {
        let [x, scale, bias, noise, strength] =
            [x, scale, bias, noise, strength].map(|tensor| tensor.to_contiguous());
        let sizes = sizes(&x);
        let strength: &[f32] = strength.storage();
        let values = cpu::activate(
            x.storage(),
            scale.storage(),
            bias.storage(),
            (noise.storage(), strength[0]),
            sizes,
        );
        tensor(values, &sizes.shape())
    }
}

impl CpuGradients for Flex {
    fn convolution_inputs(
        x: FlexTensor,
        scale: FlexTensor,
        weight: FlexTensor,
        gradient: FlexTensor,
    ) -> [FlexTensor; 2] {
        let [x, scale, weight, gradient] =
            [x, scale, weight, gradient].map(|tensor| tensor.to_contiguous());
        let sizes = sizes(&x);
        let (of_x, of_scale) = cpu::input_gradients(
            x.storage(),
            scale.storage(),
            weight.storage(),
            gradient.storage(),
            sizes,
            weight.layout().shape()[0],
        );
        [
            tensor(of_x, &sizes.shape()),
            tensor(of_scale, &[sizes.batch, sizes.channels]),
        ]
    }

    fn convolution_weight(x: FlexTensor, scale: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let [x, scale, gradient] = [x, scale, gradient].map(|tensor| tensor.to_contiguous());
        let sizes = sizes(&x);
        let outputs = gradient.layout().shape()[1];
        let values = cpu::weight_gradient(
            x.storage(),
            scale.storage(),
            gradient.storage(),
            sizes,
            outputs,
        );
        tensor(values, &[outputs, sizes.channels, 3, 3])
    }

    fn activation_inputs(
        result: FlexTensor,
        x: FlexTensor,
        scale: FlexTensor,
        noise: FlexTensor,
        strength: FlexTensor,
        gradient: FlexTensor,
    ) -> [FlexTensor; 4] {
        let [result, x, scale, noise, strength, gradient] =
            [result, x, scale, noise, strength, gradient].map(|tensor| tensor.to_contiguous());
        let sizes = sizes(&x);
        let strength: &[f32] = strength.storage();
        let found = cpu::activation_gradients(
            (result.storage(), gradient.storage()),
            x.storage(),
            scale.storage(),
            (noise.storage(), strength[0]),
            sizes,
        );
        [
            tensor(found.x, &sizes.shape()),
            tensor(found.scale, &[sizes.batch, sizes.channels]),
            tensor(found.bias, &[sizes.channels]),
            tensor(vec![found.strength], &[1]),
        ]
    }
}

fn sizes(x: &FlexTensor) -> Sizes {
    let shape = x.layout().shape();
    Sizes {
        batch: shape[0],
        channels: shape[1],
        height: shape[2],
        width: shape[3],
    }
}

fn tensor(values: Vec<f32>, shape: &[usize]) -> FlexTensor {
    let layout = Layout::contiguous(Shape::from(shape.to_vec()));
    FlexTensor::new(Bytes::from_elems(values), layout, DType::F32)
}

#[derive(Debug)]
struct ConvolutionBackward;

impl<B: CpuGradients> Backward<B, 3> for ConvolutionBackward {
    type State = [NodeId; 3];

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let [node_x, node_scale, node_weight] = ops.parents;
        let gradient = grads.consume::<B>(&ops.node);
        let [x, scale, weight] = ops
            .state
            .map(|id| checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(id));
        if let Some(node) = node_weight {
            let found = B::convolution_weight(x.clone(), scale.clone(), gradient.clone());
            grads.register::<B>(node.id, found);
        }
        if node_x.is_some() || node_scale.is_some() {
            let [of_x, of_scale] = B::convolution_inputs(x, scale, weight, gradient);
            if let Some(node) = node_x {
                grads.register::<B>(node.id, of_x);
            }
            if let Some(node) = node_scale {
                grads.register::<B>(node.id, of_scale);
            }
        }
    }
}

#[derive(Debug)]
struct ActivationBackward;

impl<B: CpuGradients> Backward<B, 5> for ActivationBackward {
    /// The nodes of x, scale, noise and strength, and the result.
    type State = ([NodeId; 4], B::FloatTensorPrimitive);

    fn backward(
        self,
        ops: Ops<Self::State, 5>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (nodes, result) = ops.state;
        let [x, scale, noise, strength] =
            nodes.map(|id| checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(id));
        let [of_x, of_scale, of_bias, of_strength] =
            B::activation_inputs(result, x, scale, noise, strength, gradient);
        let [node_x, node_scale, node_bias, _, node_strength] = ops.parents;
        let found = [
            (node_x, of_x),
            (node_scale, of_scale),
            (node_bias, of_bias),
            (node_strength, of_strength),
        ];
        for (node, gradient) in found {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: CpuOperations + CpuGradients, C: CheckpointStrategy> CpuOperations for Autodiff<B, C> {
    fn flex_convolution(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        weight: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let prepared = ConvolutionBackward
            .prepare::<C>([x.node(), scale.node(), weight.node()])
            .compute_bound()
            .stateful();
        match prepared {
            OpsKind::Tracked(mut prep) => {
                let state = [&x, &scale, &weight].map(|tensor| prep.checkpoint(tensor));
                let result = B::flex_convolution(
                    x.into_primitive(),
                    scale.into_primitive(),
                    weight.into_primitive(),
                );
                prep.finish(state, result)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::flex_convolution(
                x.into_primitive(),
                scale.into_primitive(),
                weight.into_primitive(),
            )),
        }
    }

    fn flex_activation(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        noise: FloatTensor<Self>,
        strength: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let prepared = ActivationBackward
            .prepare::<C>([
                x.node(),
                scale.node(),
                bias.node(),
                noise.node(),
                strength.node(),
            ])
            .compute_bound()
            .stateful();
        let run = |x: FloatTensor<Self>, scale: FloatTensor<Self>| {
            B::flex_activation(
                x.into_primitive(),
                scale.into_primitive(),
                bias.clone().into_primitive(),
                noise.clone().into_primitive(),
                strength.clone().into_primitive(),
            )
        };
        match prepared {
            OpsKind::Tracked(mut prep) => {
                let nodes = [&x, &scale, &noise, &strength].map(|tensor| prep.checkpoint(tensor));
                let result = run(x, scale);
                prep.finish((nodes, result.clone()), result)
            }
            OpsKind::UnTracked(prep) => prep.finish(run(x, scale)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;
    use crate::model::download;
    use burn::tensor::{Device, TensorData};

    fn leaf<const D: usize>(seed: u32, shape: [usize; D], device: &Device) -> Tensor<D> {
        let values = seed_code(seed, shape.iter().product());
        Tensor::from_data(TensorData::new(values, shape), device).require_grad()
    }

    fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        download(tensor).expect("the CPU works")
    }

    fn assert_close(name: &str, found: &[f32], wanted: &[f32]) {
        assert_eq!(found.len(), wanted.len(), "{name}");
        let largest = wanted.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            assert!(
                (found - wanted).abs() <= 1e-4 * largest.max(1.0),
                "{name}, number {index}: {found}, not {wanted}"
            );
        }
    }

    type Convolution = fn(Tensor<4>, Tensor<2>, Tensor<4>) -> Tensor<4>;
    type Activation = fn(Tensor<4>, Tensor<2>, Tensor<1>, Tensor<4>, Tensor<1>) -> Tensor<4>;

    #[test]
    fn the_convolution_of_the_cpu_is_the_composed_one() {
        let device = Device::flex().autodiff();
        // Batches that fill no whole unit, sides that are no powers of two.
        for (batch, inputs, outputs, height, width) in [
            (1, 1, 1, 1, 1),
            (5, 3, 4, 4, 4),
            (19, 2, 3, 8, 8),
            (3, 4, 2, 16, 17),
            (2, 3, 5, 33, 9),
        ] {
            let run = |convolution: Convolution| {
                let x = leaf(1, [batch, inputs, height, width], &device);
                let scale = leaf(2, [batch, inputs], &device);
                let weight = leaf(3, [outputs, inputs, 3, 3], &device);
                let result = convolution(x.clone(), scale.clone(), weight.clone());
                let pull = leaf(4, [batch, outputs, height, width], &device);
                let mut gradients = (result.clone() * pull).sum().backward();
                [
                    numbers(result.inner()),
                    numbers(x.grad_remove(&mut gradients).expect("tracked").inner()),
                    numbers(scale.grad_remove(&mut gradients).expect("tracked").inner()),
                    numbers(weight.grad_remove(&mut gradients).expect("tracked").inner()),
                ]
            };
            let (found, wanted) = (run(scaled_convolution), run(composed_convolution));
            let names = ["result", "x", "scale", "weight"];
            for ((found, wanted), name) in found.iter().zip(&wanted).zip(names) {
                assert_close(
                    &format!("{name} of {batch}x{inputs}x{height}x{width}"),
                    found,
                    wanted,
                );
            }
        }
    }

    #[test]
    fn the_activation_of_the_cpu_is_the_composed_one() {
        let device = Device::flex().autodiff();
        for (batch, channels, side, noises) in [(1, 1, 1, 1), (3, 5, 4, 1), (4, 3, 9, 4)] {
            let run = |activation: Activation| {
                let x = leaf(1, [batch, channels, side, side], &device);
                let scale = leaf(2, [batch, channels], &device);
                let bias = leaf(3, [channels], &device);
                let noise = leaf(4, [noises, 1, side, side], &device);
                let noise = Tensor::from_inner(noise.inner());
                let strength = leaf(5, [1], &device);
                let result = activation(
                    x.clone(),
                    scale.clone(),
                    bias.clone(),
                    noise,
                    strength.clone(),
                );
                let pull = leaf(6, [batch, channels, side, side], &device);
                let mut gradients = (result.clone() * pull).sum().backward();
                [
                    numbers(result.inner()),
                    numbers(x.grad_remove(&mut gradients).expect("tracked").inner()),
                    numbers(scale.grad_remove(&mut gradients).expect("tracked").inner()),
                    numbers(bias.grad_remove(&mut gradients).expect("tracked").inner()),
                    numbers(
                        strength
                            .grad_remove(&mut gradients)
                            .expect("tracked")
                            .inner(),
                    ),
                ]
            };
            let (found, wanted) = (run(noisy_activation), run(composed_activation));
            let names = ["result", "x", "scale", "bias", "strength"];
            for ((found, wanted), name) in found.iter().zip(&wanted).zip(names) {
                assert_close(
                    &format!("{name} of {batch}x{channels}x{side}"),
                    found,
                    wanted,
                );
            }
        }
    }
}
