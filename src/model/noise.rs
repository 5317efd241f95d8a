//! The noise that a decoder takes beside its code, always drawn on the CPU by our own generator,
//! so that all devices add the same.

use super::file::ModelFile;
use crate::latent::NoiseMode;
use crate::latent::seed::NormalStream;
use std::borrow::Cow;

/// An input of a decoder that takes noise, the same for every picture of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoiseInput {
    /// The tensor that a file may have for the constant noise.
    pub tensor: String,
    /// Without the batch.
    pub shape: Vec<usize>,
}

impl NoiseInput {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The noise inputs of a decoder with the constant noise of each.
#[derive(Clone, Debug)]
pub struct Noise {
    inputs: Vec<NoiseInput>,
    constant: Vec<Vec<f32>>,
}

impl Noise {
    /// The noise that goes with a model, input after input: what the file has, and NumPy's
    /// `RandomState(index).randn(...)` elsewhere.
    pub fn of(file: &ModelFile, inputs: Vec<NoiseInput>) -> Self {
        let of_input = |(index, input): (usize, &NoiseInput)| {
            let stored = file.tensors.get(&input.tensor);
            match stored.filter(|tensor| tensor.values.len() == input.len()) {
                Some(tensor) => tensor.values.clone(),
                None => draw(&mut NormalStream::new(index as u32), input.len()),
            }
        };
        Self {
            constant: inputs.iter().enumerate().map(of_input).collect(),
            inputs,
        }
    }

    /// The constant noise, input after input.
    pub fn constant(&self) -> &[Vec<f32>] {
        &self.constant
    }

    /// The noise of a mode, input after input. That of a seed is NumPy's
    /// `RandomState(seed).randn`, all inputs from one stream.
    pub fn of_mode(&self, mode: NoiseMode) -> Cow<'_, [Vec<f32>]> {
        match mode {
            NoiseMode::Const => Cow::Borrowed(&self.constant),
            NoiseMode::Random { seed } => {
                let mut stream = NormalStream::new(seed);
                let inputs = self.inputs.iter();
                inputs
                    .map(|input| draw(&mut stream, input.len()))
                    .collect::<Vec<_>>()
                    .into()
            }
            NoiseMode::None => {
                let inputs = self.inputs.iter();
                inputs
                    .map(|input| vec![0.0; input.len()])
                    .collect::<Vec<_>>()
                    .into()
            }
        }
    }
}

fn draw(stream: &mut NormalStream, len: usize) -> Vec<f32> {
    let mut values = vec![0.0; len];
    stream.fill(&mut values);
    values
}
