//! A run of a sampler.

use super::methods::{Look, Move, Point, Solver};
use super::{Denoiser, Estimate, Level, Method, Moment, SamplingError, check_eta, combine};

/// Fills a vector with standard normal numbers, new ones with each call.
pub type Draw = Box<dyn FnMut(&mut [f32]) + Send>;

/// A part of the way from noise to data that one method goes.
#[derive(Clone, PartialEq, Debug)]
pub struct Leg {
    pub method: Method,
    /// Where it begins, and where each of its steps ends; see [`super::Schedule::moments_from`].
    pub moments: Vec<Moment>,
    /// How much noise the method adds, 0..=1, where it has a choice; `None` stands for its own.
    pub eta: Option<f64>,
}

impl Leg {
    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.moments.len().saturating_sub(1)
    }
}

/// Pictures on their way from noise to data.
pub struct Sampling {
    solver: Box<dyn Solver>,
    moments: Vec<Moment>,
    done: usize,
    x: Vec<f32>,
    data: Option<Vec<f32>>,
    draw: Draw,
}

impl Sampling {
    /// Begins at the first of `moments` (see [`super::Schedule::moments`]) with `noise`: standard
    /// normal numbers, any number of pictures one after the other, for nothing here looks from one
    /// number to another. `eta` is how much noise a method adds, 0..=1, where it has a choice;
    /// `None` stands for its own. Methods that add noise get it from `draw`.
    ///
    /// # Errors
    /// When eta is not in 0..=1.
    pub fn new(
        method: Method,
        moments: Vec<Moment>,
        noise: Vec<f32>,
        eta: Option<f64>,
        draw: Draw,
    ) -> Result<Self, SamplingError> {
        let eta = eta.unwrap_or(method.usual_eta());
        check_eta(eta)?;
        Ok(Self {
            solver: method.solver(eta),
            moments,
            done: 0,
            x: noise,
            data: None,
            draw,
        })
    }

    /// Goes on along another leg, which begins where this run is. A method remembers nothing of the
    /// steps before.
    ///
    /// # Errors
    /// When the eta of the leg is not in 0..=1.
    pub fn turn(&mut self, leg: Leg) -> Result<(), SamplingError> {
        let eta = leg.eta.unwrap_or(leg.method.usual_eta());
        check_eta(eta)?;
        self.solver = leg.method.solver(eta);
        self.moments = leg.moments;
        self.done = 0;
        Ok(())
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.moments.len().saturating_sub(1)
    }

    /// Steps done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// The noisy pictures now; after the last step the pictures.
    pub fn x(&self) -> &[f32] {
        &self.x
    }

    /// The same, to be changed between two steps.
    pub fn x_mut(&mut self) -> &mut [f32] {
        &mut self.x
    }

    /// The level that the noisy pictures have now.
    pub fn level(&self) -> Level {
        let moment = self.moments.get(self.done);
        moment.map_or(Level::CLEAN, |moment| moment.level)
    }

    /// The same, kept.
    pub fn into_x(self) -> Vec<f32> {
        self.x
    }

    /// What the network last said that the pictures will be, x0; `None` before the first step.
    pub fn data(&self) -> Option<&[f32]> {
        self.data.as_deref()
    }

    /// Does the next step, and nothing after the last one.
    ///
    /// # Errors
    /// Those of the denoiser. The run is of no use then.
    pub fn step<D: Denoiser>(&mut self, denoiser: &mut D) -> Result<(), D::Fault> {
        let next = self.moments.get(self.done + 1).copied();
        let (Some(&from), Some(to)) = (self.moments.get(self.done), next) else {
            return Ok(());
        };
        let estimate = estimate(denoiser, &self.x, from)?;
        let point = Point {
            x: &self.x,
            estimate: &estimate,
            from: from.level,
            to: to.level,
        };
        let x = match self.solver.advance(&point, &mut self.draw) {
            Move::To(x) => x,
            Move::Look(Look { x }) => {
                let there = self::estimate(denoiser, &x, to)?;
                self.solver.settle(&point, &there)
            }
        };
        self.x = x;
        self.data = Some(estimate.data);
        self.done += 1;
        Ok(())
    }
}

/// What a network says of the parts of `x`.
pub(super) fn estimate<D: Denoiser>(
    denoiser: &mut D,
    x: &[f32],
    at: Moment,
) -> Result<Estimate, D::Fault> {
    let prediction = denoiser.prediction();
    let scale = prediction.scale(at.level);
    // Both mix the same parts, so the factors differ by a scale alone.
    let factor = (scale.alpha + scale.sigma) / (at.level.alpha + at.level.sigma);
    let x = combine(&[(factor, x)]);
    let output = denoiser.predict(&x, at)?;
    Ok(prediction.estimate(output, &x, at.level))
}
