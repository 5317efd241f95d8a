//! What the flow of two dimensions learns: three shapes of points, each the same for everybody.

use crate::latent::seed::{NormalStream, UniformStream};
use std::f64::consts::{PI, TAU};

/// A place in the plane.
pub type Point = [f64; 2];

/// A distribution of points.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Data {
    Moons,
    Islands,
    Ring,
}

impl Data {
    pub const ALL: [Self; 3] = [Self::Moons, Self::Islands, Self::Ring];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Moons => "moons",
            Self::Islands => "islands",
            Self::Ring => "ring",
        }
    }

    /// The data of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|data| data.key() == key)
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Moons => "Two moons",
            Self::Islands => "Two islands",
            Self::Ring => "Ring",
        }
    }

    /// An endless supply of points, the same for the same seed.
    pub fn points(self, seed: u32) -> impl Iterator<Item = Point> {
        let mut uniform = UniformStream::new(seed);
        let mut normal = NormalStream::new(seed);
        std::iter::repeat_with(move || {
            let is_first = uniform.draw() < 0.5;
            let along = uniform.draw();
            let noise = [normal.draw(), normal.draw()];
            let [x, y] = match self {
                Self::Moons => {
                    let angle = PI * along;
                    // Both moons, scaled to a standard deviation of about 1.
                    let [x, y] = match is_first {
                        true => [angle.cos(), angle.sin()],
                        false => [1.0 - angle.cos(), 0.5 - angle.sin()],
                    };
                    [1.35 * (x - 0.5), 1.9 * (y - 0.25)]
                }
                Self::Islands => [if is_first { -1.3 } else { 1.3 }, 0.0],
                Self::Ring => {
                    let angle = TAU * along;
                    [1.5 * angle.cos(), 1.5 * angle.sin()]
                }
            };
            let spread = match self {
                Self::Moons => 0.09,
                Self::Islands => 0.35,
                Self::Ring => 0.12,
            };
            [x + spread * noise[0], y + spread * noise[1]]
        })
    }
}
