//! The rubric: five weighted criteria and five levels of performance.

use serde::{Deserialize, Serialize};

/// What a task shows about a learner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    Understanding,
    Implementation,
    ProblemSolving,
    Communication,
    Creativity,
}

impl Criterion {
    /// All of them, the heaviest first.
    pub const ALL: [Self; 5] = [
        Self::Understanding,
        Self::Implementation,
        Self::ProblemSolving,
        Self::Communication,
        Self::Creativity,
    ];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Understanding => "understanding",
            Self::Implementation => "implementation",
            Self::ProblemSolving => "problem-solving",
            Self::Communication => "communication",
            Self::Creativity => "creativity",
        }
    }

    /// The criterion of a word in question files.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|criterion| criterion.key() == key)
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Understanding => "Conceptual understanding",
            Self::Implementation => "Technical implementation",
            Self::ProblemSolving => "Problem solving",
            Self::Communication => "Communication",
            Self::Creativity => "Innovation and creativity",
        }
    }

    /// The weight in percent; all together are 100.
    pub fn weight(self) -> u8 {
        match self {
            Self::Understanding => 30,
            Self::Implementation => 25,
            Self::ProblemSolving => 20,
            Self::Communication => 15,
            Self::Creativity => 10,
        }
    }
}

/// How good a result is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Performance {
    NeedsImprovement,
    Beginner,
    Intermediate,
    Advanced,
    Expert,
}

impl Performance {
    /// The level of a result in percent: 60, 70, 80 and 90 are the borders.
    pub fn of_percent(percent: f64) -> Self {
        match percent {
            p if p >= 90.0 => Self::Expert,
            p if p >= 80.0 => Self::Advanced,
            p if p >= 70.0 => Self::Intermediate,
            p if p >= 60.0 => Self::Beginner,
            _ => Self::NeedsImprovement,
        }
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::NeedsImprovement => "Needs improvement",
            Self::Beginner => "Beginner",
            Self::Intermediate => "Intermediate",
            Self::Advanced => "Advanced",
            Self::Expert => "Expert",
        }
    }
}

/// The weighted mean of results (0..1) by criterion, in percent; criteria without a result do
/// not count. `None` without any.
pub fn weighted_percent(results: impl IntoIterator<Item = (Criterion, f64)>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (criterion, result) in results {
        let weight = f64::from(criterion.weight());
        sum += weight * result;
        weights += weight;
    }
    (weights > 0.0).then(|| 100.0 * sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_all() {
        let sum: u32 = Criterion::ALL.iter().map(|c| u32::from(c.weight())).sum();
        assert_eq!(sum, 100);
        for criterion in Criterion::ALL {
            assert_eq!(Criterion::of_key(criterion.key()), Some(criterion));
        }
    }

    #[test]
    fn criteria_without_a_result_do_not_count() {
        assert_eq!(weighted_percent([]), None);
        let one = weighted_percent([(Criterion::Creativity, 0.5)]);
        assert_eq!(one, Some(50.0));
        let two = [
            (Criterion::Understanding, 1.0),
            (Criterion::Creativity, 0.0),
        ];
        assert_eq!(weighted_percent(two), Some(75.0));
        assert_eq!(Performance::of_percent(75.0), Performance::Intermediate);
        assert_eq!(Performance::of_percent(90.0), Performance::Expert);
        assert_eq!(Performance::of_percent(59.9), Performance::NeedsImprovement);
    }
}
