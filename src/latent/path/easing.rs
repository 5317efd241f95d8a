//! Easing: how a leg begins and ends.

use super::PathError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How the way that lies behind us grows with time on one leg; 0 at 0, 1 at 1, never falling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Easing {
    /// The same speed all the way.
    #[default]
    Linear,
    /// Rests at both ends: `3t² - 2t³`, the cubic of Hermite, known as smoothstep.
    Smooth,
    /// Rests longer, without a jerk: `6t⁵ - 15t⁴ + 10t³` (Perlin 2002).
    Smoother,
    /// Begins at rest and ends at full speed: `t²`.
    In,
    /// Begins at full speed and ends at rest: `1 - (1 - t)²`.
    Out,
}

impl Easing {
    /// Every easing, as menus list them.
    pub const ALL: [Self; 5] = [
        Self::Linear,
        Self::Smooth,
        Self::Smoother,
        Self::In,
        Self::Out,
    ];

    /// The name on the command line and in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Smooth => "smooth",
            Self::Smoother => "smoother",
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// The share of the leg that lies behind us after the share `t` of its time. `t` outside
    /// 0..=1 counts as the nearer end.
    pub fn at(self, t: f64) -> f64 {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::Linear => t,
            Self::Smooth => t * t * (3.0 - 2.0 * t),
            Self::Smoother => t * t * t * (t * (6.0 * t - 15.0) + 10.0),
            Self::In => t * t,
            Self::Out => t * (2.0 - t),
        }
    }
}

impl fmt::Display for Easing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Easing {
    type Err = PathError;

    fn from_str(name: &str) -> Result<Self, PathError> {
        let found = Self::ALL.into_iter().find(|easing| easing.name() == name);
        found.ok_or_else(|| PathError::UnknownEasing(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_easing_leads_from_0_to_1_without_turning_back() {
        for easing in Easing::ALL {
            let values: Vec<f64> = (-10..=110)
                .map(|percent| easing.at(f64::from(percent) / 100.0))
                .collect();
            assert_eq!((values[0], values[10]), (0.0, 0.0), "{easing}");
            assert_eq!((values[110], values[120]), (1.0, 1.0), "{easing}");
            assert!(values.is_sorted(), "{easing}: {values:?}");
        }
    }

    #[test]
    fn ends_at_rest_are_flat() {
        let slope_at_start = |easing: Easing| easing.at(1e-6) / 1e-6;
        let slope_at_end = |easing: Easing| (1.0 - easing.at(1.0 - 1e-6)) / 1e-6;
        for easing in [Easing::Smooth, Easing::Smoother, Easing::In] {
            assert!(slope_at_start(easing) < 1e-4, "{easing}");
        }
        for easing in [Easing::Smooth, Easing::Smoother, Easing::Out] {
            assert!(slope_at_end(easing) < 1e-4, "{easing}");
        }
        assert!((slope_at_end(Easing::In) - 2.0).abs() < 1e-4);
        assert!((slope_at_start(Easing::Out) - 2.0).abs() < 1e-4);
    }
}
