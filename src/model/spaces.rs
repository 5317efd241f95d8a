//! The ways from space to space in a model: where seeds are drawn, what leads on from there, and
//! which space the decoder takes.
//!
//! Each space has at most one way on, and all ways end at the space that the decoder takes. Most
//! models have one chain of spaces, but two spaces may lead to the same: one by a map, which a
//! network makes, and one by the step from a vector to rows, where a code in `w` is taken for every
//! row of `w+`.

use super::manifest::{Manifest, MapSpec, Role};
use super::network_form::NetworkForm;
use super::wiring::takes_condition;
use crate::latent::expr::limits::MAX_CODE_LEN;
use crate::latent::{Lead, MAX_LEVELS, Space, SpaceShape};

/// A space of grids of indices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexGrid {
    pub space: Space,
    /// Width and height.
    pub size: [usize; 2],
    /// How many indices there are.
    pub levels: u32,
}

impl IndexGrid {
    /// How many places a grid has.
    pub fn places(&self) -> usize {
        self.size[0].saturating_mul(self.size[1])
    }
}

impl Manifest {
    /// From which space to which the networks of the model map codes.
    pub fn mapped(&self) -> impl Iterator<Item = (Space, Space)> {
        let style = self.style.iter().map(|_| (Space::Z, Space::W));
        let written = self.networks.get(&Role::Prior);
        let written = written.map(|_| (Space::X, Space::CODES));
        style
            .chain(written)
            .chain(self.maps.iter().map(|map| (map.from, map.to)))
    }

    /// The space whose codes the decoder takes, or the denoiser where there is one; `None` where nothing
    /// is decoded.
    pub fn decoded_space(&self) -> Option<Space> {
        if self.style.is_some() {
            return Some(Space::W_PLUS);
        }
        if self.flow.is_some() {
            return Some(Space::Z);
        }
        let denoiser = self.networks.get(&Role::Denoiser);
        match denoiser.or_else(|| self.networks.get(&Role::Decoder))? {
            NetworkForm::Layers(_) => Some(Space::Z),
            NetworkForm::Graph(graph) => {
                let name = &graph.inputs.first()?.name;
                self.spaces
                    .keys()
                    .copied()
                    .find(|space| space.name() == name)
            }
        }
    }

    /// The space that seeds are drawn in: the first on the way to the decoder.
    pub fn start_space(&self) -> Option<Space> {
        let mut space = self.decoded_space()?;
        // A checked chain has no circle; that of an unchecked manifest must end as well.
        for _ in 0..self.spaces.len() {
            let Some(before) = self.space_before(space) else {
                break;
            };
            space = before;
        }
        Some(space)
    }

    /// The space of the codes that the encoder finds; that of seeds without an encoder.
    pub fn encoded_space(&self) -> Space {
        let start = self.start_space().unwrap_or(Space::Z);
        match self.networks.get(&Role::Encoder) {
            Some(NetworkForm::Graph(graph)) => {
                let output = graph.outputs.first();
                let named = |space: &Space| output.is_some_and(|one| one.name == space.name());
                self.spaces.keys().copied().find(named).unwrap_or(start)
            }
            _ => start,
        }
    }

    /// The space of the pictures that a sampler can begin with; `None` where there is no sampler.
    pub fn redrawn_space(&self) -> Option<Space> {
        match (&self.diffusion, self.networks.get(&Role::Prior)) {
            (Some(_), _) => self.start_space(),
            (None, Some(_)) => Some(Space::CODES),
            (None, None) => None,
        }
    }

    /// The codes that are grids of indices, if the model has such: those that a brush paints on.
    pub fn grid(&self) -> Option<IndexGrid> {
        let of = |(space, shape): (&Space, &SpaceShape)| match *shape {
            SpaceShape::Grid {
                height,
                width,
                levels,
            } => Some(IndexGrid {
                space: *space,
                size: [width, height],
                levels,
            }),
            _ => None,
        };
        let known = self.spaces.get_key_value(&Space::CODES);
        known
            .and_then(of)
            .or_else(|| self.spaces.iter().find_map(of))
    }

    /// What leads on from a space.
    pub fn lead(&self, from: Space) -> Option<Lead> {
        let mapped = self.mapped().find(|(start, _)| *start == from);
        mapped
            .map(|(_, to)| Lead::Map(to))
            .or_else(|| self.rows_of(from).map(Lead::Rows))
    }

    /// Whether a network lies between a space and the decoder.
    pub fn is_mapped(&self, space: Space) -> bool {
        let mut at = space;
        for _ in 0..self.spaces.len() {
            match self.lead(at) {
                Some(Lead::Map(_)) => return true,
                Some(Lead::Rows(next)) => at = next,
                None => break,
            }
        }
        false
    }

    /// The first space on the way to the decoder that no network lies behind: where codes are
    /// closest to what is seen, and pictures are searched.
    pub fn searched_space(&self) -> Option<Space> {
        let mut at = self.start_space()?;
        for _ in 0..self.spaces.len() {
            match self.lead(at) {
                Some(lead) if self.is_mapped(at) => at = lead.to(),
                _ => break,
            }
        }
        Some(at)
    }

    /// The space whose codes have a row for each layer where [`Self::searched_space`] has one for
    /// all; `None` where there is none.
    pub fn searched_rows(&self) -> Option<Space> {
        self.rows_of(self.searched_space()?)
    }

    /// The map that takes what is said of a code together with the code; `None` where the decoder takes
    /// it, or nothing does.
    pub fn conditional_map(&self) -> Option<(Space, Space)> {
        let prior = self.networks.get(&Role::Prior);
        if prior.is_some_and(takes_condition) {
            return Some((Space::X, Space::CODES));
        }
        let is_conditional = |map: &&MapSpec| takes_condition(&map.network);
        let map = self.maps.iter().find(is_conditional)?;
        Some((map.from, map.to))
    }

    /// Whether what is said of a code in a space still counts: not behind the map that takes it.
    pub fn takes_condition(&self, space: Space) -> bool {
        let Some((from, _)) = self.conditional_map() else {
            return true;
        };
        let mut at = Some(space);
        for _ in 0..=self.spaces.len() {
            if at == Some(from) {
                return true;
            }
            at = at.and_then(|at| self.lead(at)).map(Lead::to);
        }
        false
    }

    /// How many weights of a condition follow a code in a row of numbers as the decoder takes it.
    pub fn decoder_words(&self) -> usize {
        match self.conditional_map() {
            Some(_) => 0,
            None => self.condition_len(),
        }
    }

    fn space_before(&self, to: Space) -> Option<Space> {
        let mapped = self.mapped().find(|(_, end)| *end == to);
        let repeated = || {
            let mut spaces = self.spaces.keys().copied();
            spaces.find(|&from| self.rows_of(from) == Some(to))
        };
        mapped.map(|(from, _)| from).or_else(repeated)
    }

    /// The space whose rows are codes of `vector`.
    fn rows_of(&self, vector: Space) -> Option<Space> {
        let Some(SpaceShape::Vector { dim }) = self.spaces.get(&vector) else {
            return None;
        };
        let mut spaces = self.spaces.iter();
        let rows = spaces.find(|(space, shape)| {
            space.is_rows_of(vector)
                && matches!(shape, SpaceShape::Layers { dim: row, .. } if row == dim)
        });
        rows.map(|(space, _)| *space)
    }

    /// Checks that the spaces are of a sensible size, and that each of them leads to the decoder.
    ///
    /// # Errors
    /// A sentence that names the space at fault.
    pub(super) fn check_spaces(&self) -> Result<(), String> {
        for (space, shape) in &self.spaces {
            match shape.checked_len() {
                Some(len) if (1..=MAX_CODE_LEN).contains(&len) => {}
                _ => {
                    return Err(format!(
                        "codes in {space} ({shape}) must have 1 to {MAX_CODE_LEN} numbers"
                    ));
                }
            }
            if let SpaceShape::Grid { levels, .. } = shape
                && !(1..=MAX_LEVELS).contains(levels)
            {
                return Err(format!(
                    "the codebook of {space} has {levels} entries; 1 to {MAX_LEVELS} are possible"
                ));
            }
        }
        let mut ways: Vec<(Space, Space)> = Vec::new();
        for (from, to) in self.mapped() {
            for space in [from, to] {
                if !self.spaces.contains_key(&space) {
                    return Err(format!(
                        "a map leads from {from} to {to}, but it has no {space} space"
                    ));
                }
            }
            if let Some((_, other)) = ways.iter().find(|(start, _)| *start == from) {
                return Err(format!("{from} is mapped to {other} and to {to}"));
            }
            if let Some((other, _)) = ways.iter().find(|(_, end)| *end == to) {
                return Err(format!("{to} is mapped from {other} and from {from}"));
            }
            ways.push((from, to));
        }
        let end = self.decoded_space();
        for &space in self.spaces.keys() {
            let mut at = space;
            let mut steps = 0;
            while Some(at) != end {
                let next = self.lead(at).map(Lead::to);
                steps += 1;
                match next {
                    Some(next) if steps <= self.spaces.len() => at = next,
                    _ => return Err(format!("no way leads from {space} to the decoder")),
                }
            }
        }
        // The loop above stops at the decoder and does not see a circle through it.
        if let Some(end) = end
            && let Some(lead) = self.lead(end)
        {
            let next = lead.to();
            return Err(format!("{end} is decoded, but leads on to {next}"));
        }
        Ok(())
    }
}
