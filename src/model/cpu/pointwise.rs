//! Activations over many numbers.
//!
//! Calling the library's `exp` number by number took a quarter of the time of a small decoder, so
//! it is written as a polynomial that the compiler can turn into vector code for the CPU at hand.

use super::processor;
use pulp::{Simd, WithSimd};

/// A function of one number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pointwise {
    Linear,
    Relu,
    LeakyRelu(f32),
    Silu,
    Tanh,
    Sigmoid,
}

impl Pointwise {
    /// Divides the function into what a product does on its sums and what is left to
    /// [`Self::apply`].
    pub fn split(self) -> (Self, Self) {
        match self {
            Self::Linear | Self::Relu | Self::LeakyRelu(_) => (self, Self::Linear),
            Self::Silu | Self::Tanh | Self::Sigmoid => (Self::Linear, self),
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
            Self::Linear | Self::Silu | Self::Tanh | Self::Sigmoid => x,
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
            Self::Linear | Self::Silu | Self::Tanh | Self::Sigmoid => x,
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
            Self::Tanh => each(values, tanh),
            Self::Sigmoid => each(values, sigmoid),
        }
    }
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
fn exp(x: f32) -> f32 {
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
