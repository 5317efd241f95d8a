//! Activations over many numbers.
//!
//! Calling the library's `exp` number by number took a quarter of the time of a small decoder, so
//! it is written as a polynomial that the compiler can turn into vector code for the CPU at hand.

use super::processor;
use crate::model::graph::Function;
use pulp::{Simd, WithSimd};
use std::f32::consts::FRAC_1_SQRT_2;

/// A function of one number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pointwise {
    Linear,
    Relu,
    LeakyRelu(f32),
    Silu,
    Gelu,
    GeluTanh,
    Mish,
    Tanh,
    Sigmoid,
    Softplus,
    Elu(f32),
    HardSigmoid,
    HardSwish,
    Clamp(f32, f32),
    Exp,
    Log,
    Sqrt,
    Square,
    Abs,
    Sin,
    /// `x * factor + offset`
    Scale(f32, f32),
}

impl From<Function> for Pointwise {
    fn from(function: Function) -> Self {
        match function {
            Function::Relu => Self::Relu,
            Function::LeakyRelu { slope } => Self::LeakyRelu(slope),
            Function::Silu => Self::Silu,
            Function::Gelu => Self::Gelu,
            Function::GeluTanh => Self::GeluTanh,
            Function::Mish => Self::Mish,
            Function::Tanh => Self::Tanh,
            Function::Sigmoid => Self::Sigmoid,
            Function::Softplus => Self::Softplus,
            Function::Elu { alpha } => Self::Elu(alpha),
            Function::HardSigmoid => Self::HardSigmoid,
            Function::HardSwish => Self::HardSwish,
            Function::Clamp { min, max } => Self::Clamp(min, max),
            Function::Exp => Self::Exp,
            Function::Log => Self::Log,
            Function::Sqrt => Self::Sqrt,
            Function::Square => Self::Square,
            Function::Abs => Self::Abs,
            Function::Sin => Self::Sin,
        }
    }
}

impl Pointwise {
    /// Divides the function into what a product does on its sums and what is left to
    /// [`Self::apply`].
    pub fn split(self) -> (Self, Self) {
        match self {
            Self::Linear | Self::Relu | Self::LeakyRelu(_) => (self, Self::Linear),
            _ => (Self::Linear, self),
        }
    }

    /// The piecewise linear functions on a register; the others change nothing.
    #[inline(always)]
    pub fn clip<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        match self {
            Self::Relu => simd.max_f32s(x, zero),
            Self::LeakyRelu(slope) => {
                let scaled = simd.mul_f32s(x, simd.splat_f32s(slope));
                simd.select_f32s(simd.greater_than_f32s(x, zero), x, scaled)
            }
            _ => x,
        }
    }

    /// As [`Self::clip`] for one number.
    #[inline(always)]
    pub fn clip_one(self, x: f32) -> f32 {
        match self {
            Self::Relu => x.max(0.0),
            Self::LeakyRelu(slope) => {
                if x > 0.0 {
                    x
                } else {
                    x * slope
                }
            }
            _ => x,
        }
    }

    /// The function of every number, in place.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            // A loop for each, so that none asks which function it is at every number.
            Self::Relu => each(values, |x| Self::Relu.clip_one(x)),
            Self::LeakyRelu(slope) => each(values, |x| Self::LeakyRelu(slope).clip_one(x)),
            // Far below 0 the other factor stays above 0, which a huge number would bring back.
            Self::Silu => each(values, |x| x.max(-80.0) * sigmoid(x)),
            Self::Gelu => each(values, |x| 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2))),
            Self::GeluTanh => each(values, |x| {
                // The same as 0.5 x (1 + tanh(...)).
                x.max(-80.0) * sigmoid(2.0 * GELU_SCALE * (x + 0.044_715 * x * x * x))
            }),
            Self::Mish => each(values, |x| {
                // tanh(ln(1 + e)) is (e^2 + 2 e) / (e^2 + 2 e + 2).
                let e = exp(x.min(30.0));
                let n = e * (e + 2.0);
                x.max(-80.0) * (n / (n + 2.0))
            }),
            Self::Tanh => each(values, tanh),
            Self::Sigmoid => each(values, sigmoid),
            Self::Softplus => each(values, |x| x.max(0.0) + (-x.abs()).exp().ln_1p()),
            Self::Elu(alpha) => each(values, |x| if x > 0.0 { x } else { alpha * x.exp_m1() }),
            Self::HardSigmoid => each(values, hard_sigmoid),
            Self::HardSwish => each(values, |x| x * hard_sigmoid(x)),
            Self::Clamp(min, max) => each(values, |x| x.clamp(min, max)),
            Self::Exp => each(values, f32::exp),
            Self::Log => each(values, f32::ln),
            Self::Sqrt => each(values, f32::sqrt),
            Self::Square => each(values, |x| x * x),
            Self::Abs => each(values, f32::abs),
            Self::Sin => each(values, f32::sin),
            Self::Scale(factor, offset) => each(values, |x| x * factor + offset),
        }
    }
}

/// The root of 2 / pi, of GELU's approximation.
const GELU_SCALE: f32 = 0.797_884_6;

#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    (x / 6.0 + 0.5).clamp(0.0, 1.0)
}

/// The error function with an absolute error below 2e-7: Abramowitz and Stegun, 7.1.26.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let series = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t
        + 0.254_829_6)
        * t;
    let value = 1.0 - series * exp(-size * size);
    if x < 0.0 { -value } else { value }
}

fn each(values: &mut [f32], function: impl Fn(f32) -> f32) {
    processor::dispatch(Each { values, function });
}

struct Each<'a, F> {
    values: &'a mut [f32],
    function: F,
}

impl<F: Fn(f32) -> f32> WithSimd for Each<'_, F> {
    type Output = ();

    // Inlined into a caller that was compiled for the CPU's own vector instructions.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for value in self.values {
            *value = (self.function)(*value);
        }
    }
}

/// `1 / (1 + exp(-x))`, with an absolute error below 1e-6.
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// With an absolute error below 1e-6; near 0, where the quotient would lose digits, the
/// polynomial of Cephes' `tanhf` (Moshier 1989).
#[inline(always)]
fn tanh(x: f32) -> f32 {
    let z = x * x;
    let series =
        ((((-5.704_988_7e-3 * z + 2.063_909e-2) * z - 5.373_971_6e-2) * z + 1.333_144_2e-1) * z
            - 3.333_328e-1)
            * z
            * x
            + x;
    let quotient = 1.0 - 2.0 / (exp(2.0 * x) + 1.0);
    if x.abs() < 0.625 { series } else { quotient }
}

/// `e^x` for any `x`, bounded so that neither end overflows: `2^n * 2^f` with `f` in -0.5..0.5,
/// the second factor as the series of `e^(f ln 2)` up to the sixth power.
#[inline(always)]
#[expect(
    clippy::manual_clamp,
    reason = "clamp keeps NaN, and max and min do not"
)]
pub fn exp(x: f32) -> f32 {
    // Beyond these the logistic function is 0 or 1 in f32; `max` and `min` also remove NaN.
    let scaled = x.max(-80.0).min(80.0) * std::f32::consts::LOG2_E;
    // Adding and taking away 1.5 * 2^23 rounds to a whole number without a branch, and leaves
    // that number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let rounded = scaled + ROUND;
    let whole = rounded - ROUND;
    let f = (scaled - whole) * std::f32::consts::LN_2;
    let series = 1.0
        + f * (1.0
            + f * (0.5
                + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0 + f * (1.0 / 720.0))))));
    let exponent = (rounded.to_bits().wrapping_sub(ROUND.to_bits())).wrapping_add(127) << 23;
    series * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_follows(function: Pointwise, wanted: impl Fn(f64) -> f64) {
        let inputs: Vec<f32> = (-4000..=4000)
            .map(|i| i as f32 * 0.01)
            .chain([-1e30, 1e30, f32::MIN, f32::MAX])
            .collect();
        let mut values = inputs.clone();
        function.apply(&mut values);
        for (x, found) in inputs.into_iter().zip(values) {
            let wanted = wanted(f64::from(x));
            assert!(
                (f64::from(found) - wanted).abs() < 1e-6 * wanted.abs().max(1.0),
                "{function:?} of {x} is {found}"
            );
        }
    }

    #[test]
    fn functions_agree_with_their_definitions() {
        assert_follows(Pointwise::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()));
        assert_follows(Pointwise::Silu, |x| x / (1.0 + (-x).exp()));
        assert_follows(Pointwise::Tanh, f64::tanh);
        assert_follows(Pointwise::Relu, |x| x.max(0.0));
        assert_follows(Pointwise::LeakyRelu(0.2), |x| x.max(0.2 * x));
    }

    #[test]
    fn a_number_does_not_depend_on_its_place() {
        for function in [Pointwise::Sigmoid, Pointwise::Silu, Pointwise::Tanh] {
            let inputs: Vec<f32> = (0..67).map(|i| i as f32 * 0.173 - 5.0).collect();
            let mut together = inputs.clone();
            function.apply(&mut together);
            for (&input, together) in inputs.iter().zip(together) {
                let mut alone = [input];
                function.apply(&mut alone);
                assert_eq!(alone[0].to_bits(), together.to_bits(), "{function:?}");
            }
        }
    }
}
