//! From codes with their conditions to what the decoder takes.

use super::{Generator, Maker, ModelError};
use crate::latent::{Code, Lead, Sampler, Space};
use crate::model::grid;
use crate::model::written::Written;

impl Generator {
    /// A code of a space from its numbers, of which nothing is said.
    ///
    /// # Errors
    /// When the model has no such space, or codes of it have other numbers.
    pub fn code(&self, space: Space, values: Vec<f32>) -> Result<Code, ModelError> {
        let shape = self.spaces.get(&space);
        let shape = shape.ok_or_else(|| ModelError(format!("the model has no {space} space")))?;
        Code::new(space, *shape, values)
            .map_err(|fault| ModelError(format!("a code in {space} is not sound: {fault}")))
    }

    /// Maps codes from one space to another, row after row, on the CPU. `conditions` has what is said of
    /// each code, or is empty; only a network that takes conditions heeds it.
    ///
    /// # Errors
    /// When no network of the model leads there.
    pub fn map(
        &self,
        from: Space,
        to: Space,
        codes: &[f32],
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        if let Maker::Written(written) = &self.maker
            && [from, to] == [self.start, self.takes]
        {
            let rows = self.rows_to_write(written, from, codes, conditions)?;
            return Ok(written.grids(&rows.into(), &Sampler::default()));
        }
        let mut maps = self.maps.iter();
        let map = maps.find(|map| (map.from, map.to) == (from, to));
        let map =
            map.ok_or_else(|| ModelError(format!("the model has no network from {from} to {to}")))?;
        let found = if self.conditional_map == Some((from, to)) {
            let rows = self.with_conditions(codes, self.len_of(from), conditions)?;
            map.runner.values(&[&rows])?
        } else {
            map.runner.values(&[codes])?
        };
        if !map.scores {
            return Ok(found);
        }
        let count = codes.len() / self.len_of(from).max(1);
        let indices = grid::all_chosen(&found, count, self.len_of(to));
        Ok(indices.map(|index| index as f32).collect())
    }

    /// Maps codes in z, row after row, to codes in w, on the CPU. Where the network takes a class, each code
    /// has one by chance, always the same, so that what is measured over many codes is that of all
    /// classes.
    ///
    /// # Errors
    /// When the model has no mapping network.
    pub fn w_from_z(&self, z: &[f32]) -> Result<Vec<f32>, ModelError> {
        let classes = self.unsaid.len();
        if self.conditional_map.is_none() || !self.has_classes || classes == 0 {
            return self.map(Space::Z, Space::W, z, &[]);
        }
        let chance = |code: &[f32]| {
            let bits = code.first().map_or(0, |number| number.to_bits());
            usize::try_from(bits).unwrap_or(0) % classes
        };
        let codes = z.chunks(self.len_of(Space::Z).max(1)).map(chance);
        let conditions = codes
            .flat_map(|chosen| (0..classes).map(move |class| f32::from(u8::from(class == chosen))));
        let conditions: Vec<f32> = conditions.collect();
        self.map(Space::Z, Space::W, z, &conditions)
    }

    /// Codes of a space, row after row, as [`Self::decode`] takes them: led from space to space
    /// by what the model has, such as z to w, and w for every row of w+. Nothing is said of what they
    /// are to show.
    ///
    /// # Errors
    /// When the model has no such space, or the numbers are no whole number of codes.
    pub fn inputs(&self, space: Space, codes: &[f32]) -> Result<Vec<f32>, ModelError> {
        self.inputs_given(space, codes, &[])
    }

    /// The same of a code with its condition.
    ///
    /// # Errors
    /// As for [`Self::inputs_given`].
    pub fn input_of(&self, code: &Code) -> Result<Vec<f32>, ModelError> {
        self.inputs_given(code.space, &code.values.numbers(), &code.condition)
    }

    /// The same of codes with their conditions, row after row; without any, nothing is said.
    ///
    /// # Errors
    /// As for [`Self::inputs`], or when there is not one condition for each code.
    pub fn inputs_given(
        &self,
        space: Space,
        codes: &[f32],
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        if let Maker::Written(written) = &self.maker {
            return self.rows_to_write(written, space, codes, conditions);
        }
        let rows = self.led(space, self.takes, codes, conditions)?;
        match self.conditional_map {
            Some(_) => Ok(rows),
            None => self.with_conditions(&rows, self.len_of(self.takes), conditions),
        }
    }

    /// The rows of codes that are noise, or whole grids; see [`Written::row_len`].
    fn rows_to_write(
        &self,
        written: &Written,
        space: Space,
        codes: &[f32],
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        let places = written.prior.places();
        if ![self.start, self.takes].contains(&space) || !codes.len().is_multiple_of(places) {
            return Err(ModelError(format!(
                "{} numbers are no codes in {space}",
                codes.len()
            )));
        }
        let rows = codes.chunks_exact(places);
        let rows: Vec<f32> = if space == self.takes {
            let noise = vec![0.0; places];
            rows.flat_map(|grid| [&noise, grid].concat()).collect()
        } else {
            let nothing_given = vec![-1.0; places];
            rows.flat_map(|noise| [noise, &nothing_given].concat())
                .collect()
        };
        self.with_conditions(&rows, 2 * places, conditions)
    }

    /// Codes of `row` numbers, each followed by its condition; where there are none, or one says nothing,
    /// by that of nothing said.
    fn with_conditions(
        &self,
        rows: &[f32],
        row: usize,
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        let words = self.unsaid.len();
        let row = row.max(1);
        let count = rows.len() / row;
        if !conditions.is_empty() && conditions.len() != count * words {
            return Err(ModelError(format!(
                "{} weights are no conditions of {count} codes with {words} words",
                conditions.len()
            )));
        }
        if words == 0 {
            return Ok(rows.to_vec());
        }
        let is_said = |condition: &[f32]| condition.iter().any(|weight| *weight != 0.0);
        let conditions = conditions.chunks_exact(words);
        let conditions = conditions.map(|it| if is_said(it) { it } else { &self.unsaid[..] });
        let conditions = conditions.chain(std::iter::repeat(&self.unsaid[..]));
        let rows = rows.chunks_exact(row).zip(conditions);
        Ok(rows
            .flat_map(|(code, condition)| [code, condition].concat())
            .collect())
    }

    /// Codes of one space, row after row, led to another on the way to the decoder, each with what is said
    /// of it; `conditions` may be empty.
    ///
    /// # Errors
    /// When the model has no such spaces, no way leads from one to the other, or the numbers are
    /// no whole number of codes.
    pub fn led(
        &self,
        space: Space,
        to: Space,
        codes: &[f32],
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        let len = self.len_of(space);
        if len == 0 {
            return Err(ModelError(format!("the model has no {space} space")));
        }
        if !codes.len().is_multiple_of(len) {
            return Err(ModelError(format!(
                "{} numbers are no codes in {space}",
                codes.len()
            )));
        }
        let (mut at, mut rows) = (space, codes.to_vec());
        while at != to {
            let lead = self.leads.get(&at).copied();
            let lead = lead
                .ok_or_else(|| ModelError(format!("no way leads from codes in {space} to {to}")))?;
            rows = match lead {
                Lead::Map(next) => self.map(at, next, &rows, conditions)?,
                Lead::Rows(next) => {
                    let vector = self.len_of(at).max(1);
                    let count = self.len_of(next) / vector;
                    rows.chunks(vector)
                        .flat_map(|code| std::iter::repeat_n(code, count).flatten().copied())
                        .collect()
                }
            };
            at = lead.to();
        }
        Ok(rows)
    }
}
