//! The methods, a file each.

mod ancestral;
mod ddim;
mod ddpm;
mod dpm_solver;
mod euler;
mod flow;
mod heun;
mod unipc;

use super::{Estimate, Level, Name, NameError, combine};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a sampler goes from noise to data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Method {
    /// The posterior of the forward process, with new noise in each step (Ho et al. 2020).
    #[serde(rename = "ddpm")]
    Ddpm,
    /// With a share eta of that noise (Song et al. 2020).
    #[serde(rename = "ddim")]
    Ddim,
    /// DPM-Solver++(2M): two steps remembered, of second order (Lu et al. 2022).
    #[serde(rename = "dpm-solver++")]
    DpmSolver,
    /// A predictor and a corrector, of second order (Zhao et al. 2023).
    #[serde(rename = "unipc")]
    UniPc,
    /// Euler's method on the probability flow (Karras et al. 2022).
    #[serde(rename = "euler")]
    Euler,
    /// Heun's method on it, of second order with two evaluations a step (Karras et al. 2022).
    #[serde(rename = "heun")]
    Heun,
    /// Euler's method to less noise than wanted, and fresh noise for the rest (Crowson 2022).
    #[serde(rename = "euler-ancestral")]
    EulerAncestral,
    /// Euler's method on straight paths (Liu et al. 2022, Lipman et al. 2022).
    #[serde(rename = "flow")]
    Flow,
}

impl Name for Method {
    const ALL: &'static [Self] = &[
        Self::Ddpm,
        Self::Ddim,
        Self::DpmSolver,
        Self::UniPc,
        Self::Euler,
        Self::Heun,
        Self::EulerAncestral,
        Self::Flow,
    ];
    const KIND: &'static str = "method";

    fn name(self) -> &'static str {
        match self {
            Self::Ddpm => "ddpm",
            Self::Ddim => "ddim",
            Self::DpmSolver => "dpm-solver++",
            Self::UniPc => "unipc",
            Self::Euler => "euler",
            Self::Heun => "heun",
            Self::EulerAncestral => "euler-ancestral",
            Self::Flow => "flow",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::named(text)
    }
}

impl Method {
    /// Whether eta changes what it does.
    pub fn takes_eta(self) -> bool {
        matches!(self, Self::Ddim | Self::EulerAncestral)
    }

    /// The eta that it is known with.
    pub fn usual_eta(self) -> f64 {
        match self {
            Self::Ddpm | Self::EulerAncestral => 1.0,
            _ => 0.0,
        }
    }

    /// How often it asks the network in so many steps.
    pub fn evaluations(self, steps: usize) -> usize {
        match self {
            // The last step leads to the data, where there is nothing to ask.
            Self::Heun => (2 * steps).saturating_sub(1),
            _ => steps,
        }
    }

    pub(super) fn solver(self, eta: f64) -> Box<dyn Solver> {
        match self {
            Self::Ddpm => Box::new(ddpm::Ddpm),
            Self::Ddim => Box::new(ddim::Ddim { eta }),
            Self::DpmSolver => Box::new(dpm_solver::DpmSolver::default()),
            Self::UniPc => Box::new(unipc::UniPc::default()),
            Self::Euler => Box::new(euler::Euler),
            Self::Heun => Box::new(heun::Heun),
            Self::EulerAncestral => Box::new(ancestral::EulerAncestral { eta }),
            Self::Flow => Box::new(flow::Flow),
        }
    }
}

/// Where a step begins.
pub(super) struct Point<'a> {
    pub x: &'a [f32],
    /// The parts of `x`, as the network sees them.
    pub estimate: &'a Estimate,
    pub from: Level,
    pub to: Level,
}

impl Point<'_> {
    /// The parts of `x`, mixed as at the end of the step.
    fn remixed(&self) -> Vec<f32> {
        let Level { alpha, sigma } = self.to;
        combine(&[(alpha, &self.estimate.data), (sigma, &self.estimate.noise)])
    }

    /// Whether the step ends at the data.
    fn is_last(&self) -> bool {
        self.to.sigma == 0.0
    }
}

/// Where a step leads.
pub(super) enum Move {
    /// To these pictures.
    To(Vec<f32>),
    /// The network is to be asked at the end of the step first, about these.
    Look(Look),
}

pub(super) struct Look {
    pub x: Vec<f32>,
}

/// Leads pictures from level to level; what it remembers of earlier steps is its own.
pub(super) trait Solver: Send {
    /// Does a step. `draw` fills a vector with standard normal numbers.
    fn advance(&mut self, point: &Point<'_>, draw: &mut dyn FnMut(&mut [f32])) -> Move;

    /// Ends a step that asked for a look: what the network said there.
    fn settle(&mut self, point: &Point<'_>, there: &Estimate) -> Vec<f32> {
        let _ = there;
        point.remixed()
    }
}

/// As many standard normal numbers as `x` has.
fn drawn(x: &[f32], draw: &mut dyn FnMut(&mut [f32])) -> Vec<f32> {
    let mut noise = vec![0.0; x.len()];
    draw(&mut noise);
    noise
}
