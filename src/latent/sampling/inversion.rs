//! From data back to the noise that a sampler makes it of.

use super::run::estimate;
use super::{Denoiser, Estimate, Level, Moment, combine};

/// DDIM with an eta of 0, backwards (Song et al. 2020, section 4.3; Dhariwal and Nichol 2021, appendix F).
///
/// A step of DDIM leads from `x'` at a noisy level to `x` at a cleaner one by what the network says of `x'`, so
/// its inverse is a fixed point. The usual inversion asks the network about the cleaner `x` in its place, which
/// is right for many steps alone. Here the network is asked about the best guess of `x'`, and again about what
/// follows from that, as often as is wanted (Pan et al. 2023, "Effective real image editing with accelerated
/// iterative diffusion inversion").
pub struct Inversion {
    /// From the noise to the data, as a sampler visits them.
    moments: Vec<Moment>,
    /// How often the network is asked in each step, at least 1.
    per_step: usize,
    /// Evaluations done of the step under way.
    looked: usize,
    /// Steps done.
    done: usize,
    /// Where the step under way begins.
    x: Vec<f32>,
    /// Where it ends, as far as is known.
    guess: Vec<f32>,
}

impl Inversion {
    /// Begins with data and the moments of the sampler that is to lead back to it, of which the last has
    /// no noise; see [`super::Schedule::moments`].
    pub fn new(moments: Vec<Moment>, per_step: usize, data: Vec<f32>) -> Self {
        let mut inversion = Self {
            moments,
            per_step: per_step.max(1),
            looked: 0,
            done: 0,
            guess: Vec::new(),
            x: data,
        };
        // Nothing is known of the noise yet.
        inversion.guess = match inversion.ends() {
            Some([_, to]) => combine(&[(to.level.alpha, &inversion.x)]),
            None => inversion.x.clone(),
        };
        inversion
    }

    /// Evaluations of the network done, and how many there are.
    pub fn progress(&self) -> [usize; 2] {
        let steps = self.moments.len().saturating_sub(1);
        [
            self.done * self.per_step + self.looked,
            steps * self.per_step,
        ]
    }

    /// The noise, after the last evaluation.
    pub fn into_x(self) -> Vec<f32> {
        self.x
    }

    /// Where the step under way begins and where it ends; `None` after the last.
    fn ends(&self) -> Option<[Moment; 2]> {
        let begins = self.moments.len().checked_sub(1 + self.done)?;
        let to = begins.checked_sub(1)?;
        Some([self.moments[begins], self.moments[to]])
    }

    /// Asks the network once more, and does nothing after the last time.
    ///
    /// # Errors
    /// Those of the denoiser.
    pub fn look<D: Denoiser>(&mut self, denoiser: &mut D) -> Result<(), D::Fault> {
        let Some([from, to]) = self.ends() else {
            return Ok(());
        };
        let estimate = estimate(denoiser, &self.guess, to)?;
        self.guess = before(&self.x, &estimate, from.level, to.level);
        self.looked += 1;
        if self.looked < self.per_step {
            return Ok(());
        }
        self.looked = 0;
        self.done += 1;
        self.x = std::mem::take(&mut self.guess);
        // The next step begins with what the network said last.
        self.guess = match self.ends() {
            Some([_, next]) => {
                let Level { alpha, sigma } = next.level;
                combine(&[(alpha, &estimate.data), (sigma, &estimate.noise)])
            }
            None => Vec::new(),
        };
        Ok(())
    }
}

/// The noisy pictures that a step of DDIM leads to `x` from, if the network says this of them.
fn before(x: &[f32], said: &Estimate, at: Level, noisier: Level) -> Vec<f32> {
    // Of `x = alpha x0 + sigma eps` one part is taken from the network and the other follows: that which the
    // picture is less made of is the one that the network may be wrong about.
    if noisier.alpha > noisier.sigma || at.sigma == 0.0 {
        let ratio = noisier.alpha / at.alpha;
        combine(&[(ratio, x), (noisier.sigma - ratio * at.sigma, &said.noise)])
    } else {
        let ratio = noisier.sigma / at.sigma;
        combine(&[(ratio, x), (noisier.alpha - ratio * at.alpha, &said.data)])
    }
}
