//! Modulated convolutions (Karras et al. 2020): scaling what goes in and what comes out equals
//! scaling the weights of each picture, and leaves the weights packed.

use super::convolution::Convolution;
use super::parts_of;
use super::pointwise::Pointwise;
use super::processor;
use super::step::Work;
use super::transposed_phases::PhasedTransposed;
use crate::model::graph::DEMODULATION_EPSILON;

/// A convolution of a picture, channels last, with a style.
#[derive(Debug)]
pub struct Modulated {
    convolution: Kind,
    /// The sums of squares of each kernel, `[inputs, outputs]`, where it demodulates.
    squares: Option<Vec<f32>>,
    gain: f32,
    outputs: usize,
}

#[derive(Debug)]
pub enum Kind {
    Plain(Convolution),
    Up(PhasedTransposed),
}

/// What follows a step on a picture, channels last: noise, a bias for each channel, and a
/// piecewise linear function.
#[derive(Clone, Debug)]
pub struct Epilogue {
    /// Which of the values that the step takes is the noise, one number for each position.
    pub noise: Option<usize>,
    pub bias: Vec<f32>,
    pub function: Pointwise,
}

impl Modulated {
    /// From a kernel `[outputs, inputs, kernel, kernel]`.
    pub fn new(
        convolution: Kind,
        weight: &[f32],
        [outputs, inputs]: [usize; 2],
        demodulate: bool,
        gain: f32,
    ) -> Self {
        let squares = demodulate.then(|| {
            let places = weight.len() / (outputs * inputs);
            let mut squares = vec![0.0; inputs * outputs];
            for (at, kernel) in weight.chunks_exact(places).enumerate() {
                let (output, input) = (at / inputs, at % inputs);
                squares[input * outputs + output] = kernel.iter().map(|w| w * w).sum();
            }
            squares
        });
        Self {
            convolution,
            squares,
            gain,
            outputs,
        }
    }

    /// Convolves one picture with its style, and then does what follows.
    pub fn run(
        &self,
        [input, style]: [&[f32]; 2],
        (epilogue, noise): (Option<&Epilogue>, Option<&[f32]>),
        output: &mut [f32],
        work: &mut Work,
        cores: usize,
    ) {
        match &self.convolution {
            Kind::Plain(step) => {
                let parts = parts_of(step.work(), cores);
                step.run(input, Some(style), output, work, parts);
            }
            Kind::Up(step) => {
                let parts = parts_of(step.work(), cores);
                step.run(input, Some(style), output, work, parts);
            }
        }
        let factors = &mut work.third;
        factors.clear();
        factors.resize(self.outputs, self.gain);
        if let Some(squares) = &self.squares {
            factors.fill(DEMODULATION_EPSILON);
            processor::vectorised(
                #[inline(always)]
                || {
                    for (style, squares) in style.iter().zip(squares.chunks_exact(self.outputs)) {
                        let square = style * style;
                        for (sum, weight) in factors.iter_mut().zip(squares) {
                            *sum += square * weight;
                        }
                    }
                },
            );
            for factor in factors.iter_mut() {
                *factor = self.gain / factor.sqrt();
            }
        } else if self.gain == 1.0 && epilogue.is_none() {
            return;
        }
        match epilogue {
            Some(epilogue) => epilogue.finish(Some(factors), noise, output),
            None => scale(factors, output),
        }
    }
}

fn scale(factors: &[f32], output: &mut [f32]) {
    processor::vectorised(
        #[inline(always)]
        || {
            for pixel in output.chunks_exact_mut(factors.len()) {
                for (value, factor) in pixel.iter_mut().zip(factors) {
                    *value *= factor;
                }
            }
        },
    );
}

impl Epilogue {
    /// Noise, bias and function on a picture.
    pub fn run(&self, noise: Option<&[f32]>, output: &mut [f32]) {
        self.finish(None, noise, output);
    }

    fn finish(&self, factors: Option<&[f32]>, noise: Option<&[f32]>, output: &mut [f32]) {
        // A loop for each function, so that none asks which it is at every number.
        match self.function {
            Pointwise::Relu => self.each(factors, noise, output, |x| x.max(0.0)),
            Pointwise::LeakyRelu(slope) => self.each(factors, noise, output, |x| {
                Pointwise::LeakyRelu(slope).clip_one(x)
            }),
            _ => self.each(factors, noise, output, |x| x),
        }
    }

    fn each(
        &self,
        factors: Option<&[f32]>,
        noise: Option<&[f32]>,
        output: &mut [f32],
        function: impl Fn(f32) -> f32,
    ) {
        let channels = self.bias.len();
        let noise_of = |position: usize| noise.map_or(0.0, |noise| noise[position]);
        processor::vectorised(
            #[inline(always)]
            || {
                for (position, pixel) in output.chunks_exact_mut(channels).enumerate() {
                    let noise = noise_of(position);
                    match factors {
                        Some(factors) => {
                            let lines = factors.iter().zip(&self.bias);
                            for (value, (factor, bias)) in pixel.iter_mut().zip(lines) {
                                *value = function(*value * factor + (noise + bias));
                            }
                        }
                        None => {
                            for (value, bias) in pixel.iter_mut().zip(&self.bias) {
                                *value = function(*value + (noise + bias));
                            }
                        }
                    }
                }
            },
        );
    }
}
