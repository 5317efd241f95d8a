//! Where an inversion searches: the numbers of a code in standard deviations from their means.

use super::JobContext;
use crate::latent::{Code, Lead, Space, SpaceShape, Values};
use crate::model::Fault;

/// A space of a model with the mean and the standard deviation of each number of a code.
pub struct SearchSpace {
    pub space: Space,
    shape: SpaceShape,
    mean: Vec<f32>,
    sigma: Vec<f32>,
    /// What all codes are drawn as.
    pub condition: Vec<f32>,
}

impl SearchSpace {
    /// The space that was asked for, or w where there is a mapping network and z elsewhere.
    ///
    /// # Errors
    /// When the model lacks the space, or is not searched in it.
    pub fn new(
        cx: &JobContext<'_>,
        asked: Option<Space>,
        condition: Vec<f32>,
    ) -> Result<Self, Fault> {
        let info = &cx.model.info;
        let start = cx.model.generator.start();
        let searched = info.manifest.searched_space().unwrap_or(start);
        let space = asked.unwrap_or(searched);
        let name = cx.name();
        let Some(&shape) = info.manifest.spaces.get(&space) else {
            return Err(Fault::Request(format!("{name} has no {space} space")));
        };
        if !shape.is_real() {
            return Err(Fault::Request(format!(
                "codes in {space} of {name} are indices into a codebook, which have no gradient to \
                 search by"
            )));
        }
        if info.manifest.is_mapped(space) {
            let mut spaces = info.manifest.spaces.keys();
            let rows = spaces.find(|rows| rows.is_rows_of(searched));
            let or_rows = rows.map_or(String::new(), |rows| format!(" or {rows}"));
            return Err(Fault::Request(format!(
                "{name} has a mapping network, so pictures are searched in {searched}{or_rows}, \
                 not in {space}"
            )));
        }
        let len = shape.checked_len().unwrap_or(0);
        let (mean, sigma) = if space == start {
            (vec![0.0; len], vec![1.0; len])
        } else {
            let row = shape.dim().max(1);
            let mean = info.means.get(&Space::W).map_or(&[][..], Vec::as_slice);
            let mean_at = |index: usize| mean.get(index % row).copied().unwrap_or(0.0);
            (
                (0..len).map(mean_at).collect(),
                // A number that never varies over seeds may still move.
                (0..len)
                    .map(|index| info.axis_sigma(space, index % row))
                    .collect(),
            )
        };
        Ok(Self {
            space,
            shape,
            mean,
            sigma,
            condition,
        })
    }

    /// How many numbers a code has.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// A code of the space.
    pub fn code(&self, values: Vec<f32>) -> Code {
        Code {
            space: self.space,
            shape: self.shape,
            values: Values::Reals(values),
            condition: self.condition.clone(),
            original: None,
        }
    }

    /// The numbers of a code of any space in this one: z is mapped to w, and a code in w taken
    /// for every layer.
    ///
    /// # Errors
    /// When the code does not fit its space, or its space is the larger one.
    pub fn lift(&self, cx: &JobContext<'_>, code: &Code) -> Result<Vec<f32>, Fault> {
        let refused = |fault: String| Fault::Request(format!("a start cannot be used: {fault}"));
        let info = &cx.model.info;
        let expected = info.manifest.spaces.get(&code.space);
        if expected.and_then(|shape| shape.checked_len()) != Some(code.values.len()) {
            let has = expected.map_or("does not exist".to_owned(), |shape| format!("has {shape}"));
            return Err(refused(format!(
                "it has {} numbers, but {} of {} {has}",
                code.values.len(),
                code.space,
                cx.name()
            )));
        }
        let generator = &cx.model.generator;
        let mut at = code.space;
        while at != self.space {
            let lead = info.manifest.lead(at);
            at = lead.map(Lead::to).ok_or_else(|| {
                let (from, to) = (code.space, self.space);
                refused(format!("it lies in {from}, and {to} is searched"))
            })?;
        }
        let lifted = generator.led(
            code.space,
            self.space,
            &code.values.numbers(),
            &code.condition,
        );
        lifted.map_err(|error| refused(error.to_string()))
    }

    /// A code in standard deviations from the means.
    pub fn standardised(&self, values: &[f32]) -> Vec<f64> {
        let statistics = self.mean.iter().zip(&self.sigma);
        values
            .iter()
            .zip(statistics)
            .map(|(&value, (&mean, &sigma))| {
                (f64::from(value) - f64::from(mean)) / f64::from(sigma)
            })
            .collect()
    }

    /// The code that [`Self::standardised`] was made of.
    pub fn values(&self, standardised: &[f64]) -> Vec<f32> {
        let statistics = self.mean.iter().zip(&self.sigma);
        standardised
            .iter()
            .zip(statistics)
            .map(|(value, (&mean, &sigma))| (value * f64::from(sigma) + f64::from(mean)) as f32)
            .collect()
    }

    /// The gradient in standard deviations from that of the decoder's inputs, in which a code
    /// in w stands once for every layer.
    pub fn gradient(&self, of_inputs: &[f32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.len()];
        for layer in of_inputs.chunks(self.len().max(1)) {
            for (sum, &value) in sums.iter_mut().zip(layer) {
                *sum += f64::from(value);
            }
        }
        for (sum, &sigma) in sums.iter_mut().zip(&self.sigma) {
            *sum *= f64::from(sigma);
        }
        sums
    }
}
