//! Ways through codes: animations between keyframes, strips and sheets.
//!
//! A [`Path`] turns a position into an expression and never computes a code, so what it gives
//! can be shown, saved and replayed like any other expression. The window, the command line and
//! the replay of recipes all walk with the functions here: the same keyframes and settings are
//! the same frames everywhere.
//!
//! Three quantities are kept apart. **Time** is the share of the animation that has passed,
//! **share** the share of the way that should be behind us then (easing bends time into share),
//! and **position** the place on the path, of which each leg between two keyframes takes the
//! same part. Without [`ArcLength`] share and position are the same.

mod easing;
mod even;
mod within;

pub use easing::Easing;
pub use even::{ArcLength, step_length};
pub use within::interpolates;

use super::expr::Expr;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most keyframes of one path.
pub const MAX_KEYFRAMES: usize = 1_000;

/// The most frames of one path that are measured for even steps, besides one for each keyframe.
const MAX_SURVEY: usize = 8_192;

/// A position this near to a keyframe, in legs, is the keyframe.
const SNAP: f64 = 1e-9;

/// How a path goes from one keyframe to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Straight, [`Expr::Lerp`].
    Lerp,
    /// Round the sphere, [`Expr::Slerp`]: keeps the norm, on which codes of a Gaussian prior lie.
    #[default]
    Slerp,
}

impl Method {
    /// Every method, as menus list them.
    pub const ALL: [Self; 2] = [Self::Slerp, Self::Lerp];

    /// The name on the command line and in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lerp => "lerp",
            Self::Slerp => "slerp",
        }
    }

    /// The expression `t` of the way from `a` to `b`: `a` itself at 0, `b` itself at 1 and
    /// beyond, and `a` everywhere when the two are the same.
    pub fn between(self, a: &Expr, b: &Expr, t: f32) -> Expr {
        if t.is_nan() || t <= 0.0 || a == b {
            return a.clone();
        }
        if t >= 1.0 {
            return b.clone();
        }
        let (a, b) = (Box::new(a.clone()), Box::new(b.clone()));
        match self {
            Self::Lerp => Expr::Lerp(a, b, t),
            Self::Slerp => Expr::Slerp(a, b, t),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = PathError;

    fn from_str(name: &str) -> Result<Self, PathError> {
        let found = Self::ALL.into_iter().find(|method| method.name() == name);
        found.ok_or_else(|| PathError::UnknownMethod(name.to_owned()))
    }
}

/// Why there is no path.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    #[error("a path leads through at least two keyframes; there is {0}")]
    TooFew(usize),
    #[error("a path leads through at most {MAX_KEYFRAMES} keyframes; there are {0}")]
    TooMany(usize),
    #[error("{0:?} is no way between keyframes; there are slerp and lerp")]
    UnknownMethod(String),
    #[error("{0:?} is no easing; there are linear, smooth, smoother, in and out")]
    UnknownEasing(String),
}

/// A way through keyframes, open or closed into a loop.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    keyframes: Vec<Expr>,
    method: Method,
    is_closed: bool,
}

impl Path {
    /// A path from the first keyframe to the last.
    ///
    /// # Errors
    /// When there are fewer than 2 or more than [`MAX_KEYFRAMES`] keyframes.
    pub fn open(keyframes: Vec<Expr>, method: Method) -> Result<Self, PathError> {
        Self::new(keyframes, method, false)
    }

    /// A path from the first keyframe through all others and back to the first. Last keyframes
    /// that are the first again are left out: the path comes back by itself.
    ///
    /// # Errors
    /// When fewer than 2 or more than [`MAX_KEYFRAMES`] keyframes remain.
    pub fn closed(mut keyframes: Vec<Expr>, method: Method) -> Result<Self, PathError> {
        while keyframes.len() > 1 && keyframes.first() == keyframes.last() {
            keyframes.pop();
        }
        Self::new(keyframes, method, true)
    }

    fn new(keyframes: Vec<Expr>, method: Method, is_closed: bool) -> Result<Self, PathError> {
        match keyframes.len() {
            count @ (0 | 1) => Err(PathError::TooFew(count)),
            count if count > MAX_KEYFRAMES => Err(PathError::TooMany(count)),
            _ => Ok(Self {
                keyframes,
                method,
                is_closed,
            }),
        }
    }

    pub fn keyframes(&self) -> &[Expr] {
        &self.keyframes
    }

    pub fn method(&self) -> Method {
        self.method
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// How many ways from one keyframe to the next there are.
    pub fn legs(&self) -> usize {
        self.keyframes.len() - usize::from(!self.is_closed)
    }

    /// The expression at a position in 0..=1. An open path stays at its ends beyond them; a
    /// closed one goes round, so that 1 is 0 again. A position that is no number counts as 0.
    pub fn at(&self, position: f64) -> Expr {
        let position = match position {
            position if !position.is_finite() => 0.0,
            position if self.is_closed => position.rem_euclid(1.0),
            position => position.clamp(0.0, 1.0),
        };
        let in_legs = position * self.legs() as f64;
        // A sum of shares of thirds must not miss the keyframe by a rounding error.
        let nearest = in_legs.round();
        if (in_legs - nearest).abs() < SNAP {
            return self.keyframe(nearest as usize).clone();
        }
        let leg = (in_legs as usize).min(self.legs() - 1);
        let t = (in_legs - leg as f64) as f32;
        self.method
            .between(self.keyframe(leg), self.keyframe(leg + 1), t)
    }

    /// The keyframe of a number; past the last one it goes round.
    fn keyframe(&self, index: usize) -> &Expr {
        &self.keyframes[index % self.keyframes.len()]
    }

    /// The expressions at many positions.
    pub fn expressions(&self, positions: &[f64]) -> Vec<Expr> {
        positions
            .iter()
            .map(|&position| self.at(position))
            .collect()
    }

    /// The positions of `frames` frames that are shown for the same time each. An open path
    /// begins at its first keyframe and ends at its last; a closed one begins at its first and
    /// ends one step before it, so that no frame is shown twice when it begins again.
    ///
    /// The easing applies to each leg. Without `lengths` all legs take the same time; with them
    /// a leg takes as much time as its length demands, and linear easing gives frames that are
    /// the same length apart.
    pub fn frame_positions(
        &self,
        frames: usize,
        easing: Easing,
        lengths: Option<&ArcLength>,
    ) -> Vec<f64> {
        let legs = self.legs();
        let shares: Vec<f64> = (0..=legs)
            .map(|keyframe| {
                let position = keyframe as f64 / legs as f64;
                lengths.map_or(position, |lengths| lengths.share_at(position))
            })
            .collect();
        let steps = if self.is_closed {
            frames
        } else {
            frames.saturating_sub(1)
        };
        let position = |frame: usize| {
            let time = frame as f64 / steps.max(1) as f64;
            if time >= 1.0 {
                return 1.0;
            }
            // The last leg that has begun; legs without a length are skipped.
            let leg = shares[1..legs].partition_point(|&start| start <= time);
            let (start, end) = (shares[leg], shares[leg + 1]);
            if end <= start {
                return leg as f64 / legs as f64;
            }
            let share = start + easing.at((time - start) / (end - start)) * (end - start);
            lengths.map_or(share, |lengths| lengths.position_at(share))
        };
        (0..frames).map(position).collect()
    }

    /// The positions that are to be drawn and measured before `frames` frames can be spread
    /// evenly over the path, both ends included. The lengths of the steps between their
    /// pictures, by [`step_length`], make the [`ArcLength`].
    pub fn survey_positions(&self, frames: usize) -> Vec<f64> {
        let legs = self.legs();
        let wanted = frames.saturating_mul(4).min(MAX_SURVEY).div_ceil(legs);
        let steps = wanted.max(16).min(MAX_SURVEY / legs).max(2) * legs;
        (0..=steps).map(|step| step as f64 / steps as f64).collect()
    }
}

/// The expression between four corners: `x` of the way from left to right and `y` from top to
/// bottom, both in 0..=1. `corners` are top left, top right, bottom left, bottom right.
pub fn bilinear(corners: &[Expr; 4], method: Method, x: f32, y: f32) -> Expr {
    let [top_left, top_right, bottom_left, bottom_right] = corners;
    let top = method.between(top_left, top_right, x);
    let bottom = method.between(bottom_left, bottom_right, x);
    method.between(&top, &bottom, y)
}

/// A sheet between four corners, row after row; see [`bilinear`]. The corners of the sheet are
/// the given expressions themselves. A single column or row is the left or upper one.
pub fn sheet(corners: &[Expr; 4], method: Method, columns: usize, rows: usize) -> Vec<Expr> {
    let part = |index: usize, count: usize| match count {
        0 | 1 => 0.0,
        count => (index as f64 / (count - 1) as f64) as f32,
    };
    (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(row, column)| bilinear(corners, method, part(column, columns), part(row, rows)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(numbers: &[u32]) -> Vec<Expr> {
        numbers.iter().map(|&number| Expr::Seed(number)).collect()
    }

    fn open(numbers: &[u32]) -> Path {
        Path::open(seeds(numbers), Method::Slerp).unwrap()
    }

    fn closed(numbers: &[u32]) -> Path {
        Path::closed(seeds(numbers), Method::Slerp).unwrap()
    }

    #[test]
    fn keyframes_are_met_exactly() {
        let path = open(&[1, 2, 3, 4]);
        for (keyframe, expr) in path.keyframes().iter().enumerate() {
            assert_eq!(path.at(keyframe as f64 / 3.0), *expr);
        }
        assert_eq!(path.at(0.5).to_string(), "slerp(seed(2), seed(3), 0.5)");
        assert_eq!(path.at(-7.0), Expr::Seed(1));
        assert_eq!(path.at(7.0), Expr::Seed(4));
        assert_eq!(path.at(f64::NAN), Expr::Seed(1));
    }

    #[test]
    fn a_closed_path_goes_round() {
        let path = closed(&[1, 2]);
        assert_eq!(path.legs(), 2);
        assert_eq!(path.at(0.75).to_string(), "slerp(seed(2), seed(1), 0.5)");
        for whole in [1.0, -3.0, 12.0] {
            assert_eq!(path.at(whole), Expr::Seed(1));
        }
        assert_eq!(path.at(1.25), path.at(0.25));
        assert_eq!(
            closed(&[1, 2, 3, 1, 1]),
            closed(&[1, 2, 3]),
            "it comes back by itself"
        );
    }

    #[test]
    fn too_few_and_too_many_keyframes_are_refused() {
        assert_eq!(
            Path::open(seeds(&[1]), Method::Lerp),
            Err(PathError::TooFew(1))
        );
        assert_eq!(
            Path::closed(seeds(&[1, 1, 1]), Method::Lerp),
            Err(PathError::TooFew(1))
        );
        let many = seeds(&[1, 2].repeat(501));
        assert_eq!(
            Path::open(many, Method::Lerp),
            Err(PathError::TooMany(1002))
        );
    }

    #[test]
    fn frames_of_an_open_path_reach_both_ends_and_those_of_a_loop_never_repeat() {
        let path = open(&[1, 2, 3]);
        let positions = path.frame_positions(5, Easing::Linear, None);
        assert_eq!(positions, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(path.frame_positions(1, Easing::Linear, None), [0.0]);
        assert!(path.frame_positions(0, Easing::Linear, None).is_empty());

        let path = closed(&[1, 2]);
        let positions = path.frame_positions(4, Easing::Linear, None);
        assert_eq!(positions, [0.0, 0.25, 0.5, 0.75]);
        let frames = path.expressions(&positions);
        for (index, frame) in frames.iter().enumerate() {
            assert!(!frames[..index].contains(frame), "{frame} comes twice");
        }
    }

    #[test]
    fn easing_rests_at_keyframes() {
        let path = open(&[1, 2, 3]);
        let positions = path.frame_positions(9, Easing::Smooth, None);
        assert_eq!((positions[0], positions[4], positions[8]), (0.0, 0.5, 1.0));
        assert_eq!(positions[2], 0.25, "half of the leg at half of its time");
        assert!(positions[1] < 0.125 && positions[3] > 0.375);
        assert!(positions.is_sorted());
    }

    #[test]
    fn lengths_give_legs_their_time_and_frames_their_steps() {
        let path = open(&[1, 2, 3]);
        // The second leg is three times as long, and its far half all of that.
        let lengths = ArcLength::from_steps(&[1.0, 1.0, 0.0, 6.0]).unwrap();
        let positions = path.frame_positions(9, Easing::Linear, Some(&lengths));
        let shares: Vec<f64> = positions.iter().map(|&p| lengths.share_at(p)).collect();
        for (frame, share) in shares.iter().enumerate() {
            assert!((share - frame as f64 / 8.0).abs() < 1e-12, "{shares:?}");
        }
        assert_eq!(positions[8], 1.0);
        assert!(positions.is_sorted());
        let eased = path.frame_positions(9, Easing::Smooth, Some(&lengths));
        assert_eq!(eased[2], 0.5, "the first leg takes a quarter of the time");
    }

    #[test]
    fn a_leg_without_length_takes_no_time() {
        let path = open(&[1, 1, 2]);
        let lengths = ArcLength::from_steps(&[0.0, 0.0, 1.0, 1.0]).unwrap();
        let positions = path.frame_positions(3, Easing::Out, Some(&lengths));
        assert_eq!(positions[2], 1.0);
        assert!(positions.is_sorted() && positions[1] > 0.5, "{positions:?}");
    }

    #[test]
    fn a_survey_meets_every_keyframe() {
        for (path, frames) in [(open(&[1, 2, 3, 4]), 50), (closed(&[1, 2]), 1)] {
            let survey = path.survey_positions(frames);
            assert!(survey.len() > 2 * frames && survey.len() <= MAX_SURVEY + 1);
            assert_eq!((survey[0], survey[survey.len() - 1]), (0.0, 1.0));
            let legs = path.legs();
            assert_eq!((survey.len() - 1) % legs, 0);
        }
        let long = open(&[1, 2].repeat(500));
        assert!(long.survey_positions(usize::MAX).len() <= MAX_SURVEY + 1);
    }

    #[test]
    fn a_sheet_has_its_corners() {
        let corners = [1, 2, 3, 4].map(Expr::Seed);
        let tiles = sheet(&corners, Method::Lerp, 3, 2);
        let texts: Vec<String> = tiles.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "seed(1)",
                "lerp(seed(1), seed(2), 0.5)",
                "seed(2)",
                "seed(3)",
                "lerp(seed(3), seed(4), 0.5)",
                "seed(4)"
            ]
        );
        assert_eq!(
            bilinear(&corners, Method::Lerp, 0.25, 0.5).to_string(),
            "lerp(lerp(seed(1), seed(2), 0.25), lerp(seed(3), seed(4), 0.25), 0.5)"
        );
        assert_eq!(sheet(&corners, Method::Slerp, 1, 1), [Expr::Seed(1)]);
    }

    #[test]
    fn names_are_read_back() {
        for method in Method::ALL {
            assert_eq!(method.name().parse(), Ok(method));
        }
        for easing in Easing::ALL {
            assert_eq!(easing.name().parse(), Ok(easing));
        }
        assert!("bounce".parse::<Easing>().is_err() && "".parse::<Method>().is_err());
    }
}
