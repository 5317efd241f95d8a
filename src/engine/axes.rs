//! The raw axes of a model's spaces: which there are, and how far one reaches.

use super::ModelInfo;
use crate::latent::Space;

impl ModelInfo {
    /// The spaces with raw axes, the first being the one to edit in: w where there is one, since
    /// a code of any space can be brought there.
    pub fn axis_spaces(&self) -> &'static [Space] {
        if self.maps_z_to_w() {
            return &[Space::W, Space::Z];
        }
        match self.start {
            Space::Z => &[Space::Z],
            Space::W => &[Space::W],
            Space::X => &[Space::X],
            // The language has no names for the axes of other spaces.
            _ => &[],
        }
    }

    /// Whether seeds are real numbers, with which can be computed, rather than indices.
    pub fn has_real_seeds(&self) -> bool {
        let shape = self.manifest.spaces.get(&self.start);
        shape.is_none_or(|shape| shape.is_real())
    }

    /// Whether a mapping network leads from z to w.
    pub fn maps_z_to_w(&self) -> bool {
        let mut maps = self.manifest.mapped();
        maps.any(|way| way == (Space::Z, Space::W))
    }

    /// The space to edit in.
    pub fn editing_space(&self) -> Space {
        self.axis_spaces().first().copied().unwrap_or(self.start)
    }

    /// The raw axes of a space, those that change the picture most first, each with the root mean
    /// square change of a pixel (0..1) for a step of one standard deviation. In their own order, and 0, where
    /// that was not measured ([`Self::has_measured_axes`]).
    pub fn ranked_axes(&self, space: Space) -> &[(usize, f32)] {
        if space == self.start {
            &self.ranked_dims
        } else {
            &self.ranked_w_dims
        }
    }

    /// Whether it was measured what the raw axes of a space change.
    pub fn has_measured_axes(&self, space: Space) -> bool {
        let mut ranked = self.ranked_axes(space).iter();
        ranked.any(|(_, change)| *change > 0.0)
    }

    /// The standard deviation of codes along a raw axis; 1 where it is not known.
    pub fn axis_sigma(&self, space: Space, index: usize) -> f32 {
        let sigmas = if space == self.start {
            &self.start_sigma
        } else {
            &self.w_sigma
        };
        let known = sigmas.get(index).copied();
        known
            .filter(|sigma| sigma.is_finite() && *sigma > 0.0)
            .unwrap_or(1.0)
    }

    /// The standard deviation of codes of a space, as one number: 1 where seeds are drawn, the root mean square of
    /// those of all axes in w, where the noise of `vary(...)` would else be larger than what is
    /// varied.
    pub fn typical_sigma(&self, space: Space) -> f32 {
        if space == self.start || self.w_sigma.is_empty() {
            return 1.0;
        }
        let squares = (0..self.w_sigma.len()).map(|axis| f64::from(self.axis_sigma(space, axis)));
        let sum: f64 = squares.map(|sigma| sigma * sigma).sum();
        (sum / self.w_sigma.len() as f64).sqrt() as f32
    }

    /// What one step along a raw axis is in the units of its space: a unit where seeds are drawn,
    /// whose prior is standard normal, and a standard deviation in w, whose scale is whatever was learned.
    pub fn axis_unit(&self, space: Space, index: usize) -> f32 {
        if space == self.start {
            1.0
        } else {
            self.axis_sigma(space, index)
        }
    }
}
