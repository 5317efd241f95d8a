//! Which space an expression's value lies in, found without computing anything.

use super::ast::{Expr, LayerRange, Redraw};
use super::context::{
    Context, is_mapped_to, meeting_space, raw_axis, raw_axis_name, rows_space, truncation_space,
    way, way_to,
};
use super::error::CheckError;
use super::limits::{MAX_CODE_LEN, check_size};
use super::print::{excerpt, write_range};
use super::suggest::hint;
use super::weight::Weight;
use crate::latent::code_values::index;
use crate::latent::{Condition, Lead, Space, SpaceShape, Values};
use std::ops::Range;

/// Checks that `expr` has a meaning for the model of `context`, and gives the space of its
/// value and what a code of that space looks like.
///
/// A point that meets a code or a step further on is led there: z is mapped to w, and a code in w
/// taken for every layer of w+. `mix(..., layers ...)` leads its points to the rows, and
/// `truncate(...)` as far as networks lead. Steps, differences of points, cannot be mapped. No
/// encoder and no mapping network runs, and no file is looked for.
///
/// # Errors
///
/// The first thing that is wrong, from the leaves to the root and from left to right.
pub fn check<C: Context + ?Sized>(
    expr: &Expr,
    context: &C,
) -> Result<(Space, SpaceShape), CheckError> {
    check_size(expr)?;
    let checker = Checker(context);
    let value = expr.fold(|node, values: &[Value]| checker.value(node, values))?;
    Ok((value.space, checker.shape(value.space, "")?))
}

/// What is known of a value before it is computed.
#[derive(Clone, Copy)]
struct Value {
    space: Space,
    weight: Weight,
}

struct Checker<'a, C: ?Sized>(&'a C);

impl<C: Context + ?Sized> Checker<'_, C> {
    fn value(&self, expr: &Expr, below: &[Value]) -> Result<Value, CheckError> {
        let space = self.space(expr, below)?;
        let weights: Vec<Weight> = below.iter().map(|value| value.weight).collect();
        Ok(Value {
            space,
            weight: Weight::of(expr, &weights),
        })
    }

    /// The space of the value of `expr`, from what is known of its children.
    fn space(&self, expr: &Expr, below: &[Value]) -> Result<Space, CheckError> {
        if let Some(number) = expr.numbers().iter().find(|n| !n.is_finite()) {
            return Err(CheckError::NumberNotFinite {
                number: number.to_string(),
                text: excerpt(expr),
            });
        }
        match (expr, below) {
            (Expr::Seed(_), _) => {
                let space = self.0.start_space();
                self.shape(space, "").map(|_| space)
            }
            (Expr::Vector(values), _) => {
                let space = self.0.start_space();
                self.length(excerpt(expr), space, values.len())?;
                self.indices(space, values).map(|()| space)
            }
            (Expr::At(space, values), _) => {
                self.length(excerpt(expr), *space, values.len())?;
                self.indices(*space, values).map(|()| *space)
            }
            (Expr::Fill(space, index), _) => self.filled(*space, *index),
            (Expr::Named(name), _) => self.named(expr, name),
            (Expr::Direction(name), _) => self.direction(expr, name),
            (Expr::Encode(_), _) => {
                if !self.0.can_encode() {
                    let model = self.model();
                    return Err(CheckError::NoEncoder { model });
                }
                let space = self.0.encoded_space();
                self.shape(space, "").map(|_| space)
            }
            (Expr::Neg(_) | Expr::Scale(..), [a]) => self.real(expr, a.space).map(|()| a.space),
            (Expr::Truncate(..), &[a]) => {
                // Where the prior is, the mean is the origin, and a network takes off the length.
                self.real(expr, a.space)?;
                let mut space = a.space;
                if !a.weight.is_step() {
                    space = truncation_space(a.space, self.0);
                }
                self.truncated(space)
            }
            (Expr::Mean(all), values) => {
                let parts: Vec<_> = all.iter().zip(values.iter().copied()).collect();
                let space = self.join(expr, &parts)?;
                self.real(expr, space).map(|()| space)
            }
            (
                Expr::Add(a, b)
                | Expr::Sub(a, b)
                | Expr::Lerp(a, b, _)
                | Expr::Slerp(a, b, _)
                | Expr::ProjectOut(a, b),
                &[value_a, value_b],
            ) => {
                let space = self.join(expr, &[(a, value_a), (b, value_b)])?;
                self.real(expr, space).map(|()| space)
            }
            (Expr::Cross(a, b, cross), &[value_a, value_b]) => {
                let space = self.join(expr, &[(a, value_a), (b, value_b)])?;
                self.ranges("lock", &cross.locked, space, SpaceShape::row_count)
            }
            (Expr::MixCells(a, b, cells), &[value_a, value_b]) => {
                let space = self.join(expr, &[(a, value_a), (b, value_b)])?;
                self.ranges("cells", cells, space, SpaceShape::cell_count)
            }
            (Expr::Vary(_, vary), [a]) => {
                self.held(expr, &vary.held, a.space)?;
                self.ranges("lock", &vary.locked, a.space, SpaceShape::row_count)
            }
            (Expr::Map(a, to), [value]) => self.mapped(a, value.space, *to),
            (Expr::Given(_, condition), [a]) => self.condition(condition).map(|()| a.space),
            (Expr::Edit(a, b, redraw), [noise, picture]) => {
                self.edit([(a, noise), (b, picture)], redraw)
            }
            (Expr::Mix(a, b, layers), [value_a, value_b]) => {
                let (space, shape) = self.rows(", so mix(...) cannot be used")?;
                for (code, value) in [(a, value_a), (b, value_b)] {
                    self.styles(code, value.space, space)?;
                }
                self.layers(*layers, shape)?;
                Ok(space)
            }
            (Expr::TruncateLayers(a, _, layers), [value]) => {
                let (space, shape) = self.rows(", so single layers cannot be truncated")?;
                self.styles(a, value.space, space)?;
                self.layers(*layers, shape)?;
                self.truncated(space)
            }
            (
                Expr::Neg(_)
                | Expr::Scale(..)
                | Expr::Truncate(..)
                | Expr::TruncateLayers(..)
                | Expr::Add(..)
                | Expr::Sub(..)
                | Expr::Lerp(..)
                | Expr::Slerp(..)
                | Expr::Map(..)
                | Expr::Mix(..)
                | Expr::MixCells(..)
                | Expr::ProjectOut(..)
                | Expr::Vary(..)
                | Expr::Given(..)
                | Expr::Edit(..)
                | Expr::Cross(..),
                _,
            ) => unreachable!("fold gives one value for each child"),
        }
    }

    /// Checks that the model knows every word of a condition.
    fn condition(&self, condition: &Condition) -> Result<(), CheckError> {
        let model = || self.model();
        let Some(vocabulary) = self.0.vocabulary() else {
            return Err(CheckError::NoConditions { model: model() });
        };
        let Some((word, near)) = vocabulary.unknown(condition) else {
            return Ok(());
        };
        Err(CheckError::UnknownCondition {
            word: word.to_owned(),
            model: model(),
            hint: near.map_or_else(String::new, |near| format!("; did you mean {near:?}?")),
            known: vocabulary.words.join(", "),
        })
    }

    /// Checks that a random step in `space` can leave out what lies along directions.
    fn held(&self, expr: &Expr, names: &[String], space: Space) -> Result<(), CheckError> {
        for name in names {
            self.real(expr, space)?;
            let direction = Expr::Direction(name.clone());
            let found = self.direction(&direction, name)?;
            if found != space && !space.is_rows_of(found) {
                let direction = excerpt(&direction);
                return Err(CheckError::SpaceMismatch {
                    sentence: format!(
                        "{direction} is a step in {found}, so it cannot be locked in a code in {space}"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Checks that a picture can be redrawn with some noise.
    fn edit(&self, codes: [(&Expr, &Value); 2], redraw: &Redraw) -> Result<Space, CheckError> {
        let Some(redrawn) = self.0.redrawn_space() else {
            let model = self.model();
            return Err(CheckError::NoEdits { model });
        };
        let space = self.0.start_space();
        let [(noise, its), (picture, of)] = codes;
        let refused = |part: &Expr, found: Space, wanted: Space| CheckError::SpaceMismatch {
            sentence: format!(
                "{} is in {found}, but pictures are redrawn in {wanted}",
                excerpt(part)
            ),
        };
        if its.space != space {
            return Err(refused(noise, its.space, space));
        }
        if way_to(of.space, redrawn, self.0).is_none() {
            return Err(refused(picture, of.space, redrawn));
        }
        if !(0.0..=1.0).contains(&redraw.strength) {
            return Err(CheckError::Strength {
                strength: redraw.strength.to_string(),
            });
        }
        self.ranges("cells", &redraw.cells, redrawn, SpaceShape::cell_count)?;
        Ok(space)
    }

    /// Checks that codes of `space` are real numbers, as `expr` takes or makes them.
    fn real(&self, expr: &Expr, space: Space) -> Result<(), CheckError> {
        let shape = self.shape(space, "")?;
        if shape.is_real() {
            return Ok(());
        }
        let operation = match expr {
            Expr::Neg(_) | Expr::Scale(..) => "scaled",
            Expr::Add(..) | Expr::Sub(..) => "added",
            Expr::Mean(_) => "averaged",
            Expr::Truncate(..) | Expr::TruncateLayers(..) => "truncated",
            Expr::ProjectOut(..) => "projected",
            _ => "interpolated",
        };
        Err(CheckError::NotReal {
            model: self.model(),
            space,
            operation,
        })
    }

    /// Checks that numbers written out are indices, where codes of `space` are.
    fn indices(&self, space: Space, values: &[f32]) -> Result<(), CheckError> {
        let SpaceShape::Grid { levels, .. } = self.shape(space, "")? else {
            return Ok(());
        };
        match values.iter().find(|value| index(**value, levels).is_none()) {
            Some(value) => Err(self.no_index(space, value, levels)),
            None => Ok(()),
        }
    }

    /// Checks that a grid can have `index` everywhere.
    fn filled(&self, space: Space, index: u32) -> Result<Space, CheckError> {
        match self.shape(space, "")? {
            SpaceShape::Grid { levels, .. } if index < levels => Ok(space),
            SpaceShape::Grid { levels, .. } => Err(self.no_index(space, index, levels)),
            shape => Err(CheckError::NoGrid {
                model: self.model(),
                space,
                found: shape.to_string(),
            }),
        }
    }

    fn no_index(&self, space: Space, number: impl ToString, levels: u32) -> CheckError {
        CheckError::NoIndex {
            number: number.to_string(),
            model: self.model(),
            space,
            last: levels.saturating_sub(1),
        }
    }

    /// The rows that styles are mixed in; `hint` ends the sentence where there are none.
    fn rows(&self, hint: &str) -> Result<(Space, SpaceShape), CheckError> {
        let space = rows_space(self.0.start_space(), self.0).unwrap_or(Space::W_PLUS);
        Ok((space, self.shape(space, hint)?))
    }

    fn model(&self) -> String {
        self.0.model_name().to_owned()
    }

    /// What a code of `space` looks like; `hint` ends the sentence about a missing space.
    fn shape(&self, space: Space, hint: &str) -> Result<SpaceShape, CheckError> {
        let shape = self.0.space(space).ok_or_else(|| CheckError::NoSpace {
            model: self.model(),
            space,
            hint: hint.to_owned(),
        })?;
        match shape.checked_len() {
            Some(len) if len <= MAX_CODE_LEN => Ok(shape),
            _ => Err(CheckError::CodeTooLong {
                model: self.model(),
            }),
        }
    }

    fn length(&self, what: String, space: Space, found: usize) -> Result<(), CheckError> {
        let shape = self.shape(space, "")?;
        if shape.checked_len() == Some(found) {
            return Ok(());
        }
        Err(CheckError::WrongLength {
            what,
            found,
            space,
            model: self.model(),
            expected: shape.to_string(),
        })
    }

    fn named(&self, expr: &Expr, name: &str) -> Result<Space, CheckError> {
        let Some(code) = self.0.named(name) else {
            return Err(CheckError::UnknownName {
                text: excerpt(expr),
                hint: self.name_hint(name),
            });
        };
        self.length(excerpt(expr), code.space, code.values.len())?;
        let words = self.0.vocabulary().map_or(0, |it| it.words.len());
        if !code.condition.is_empty() && code.condition.len() != words {
            return Err(CheckError::WrongCondition {
                text: excerpt(expr),
                found: code.condition.len(),
                words,
                model: self.model(),
            });
        }
        if let Some(original) = &code.original
            && let Err(fault) =
                original.check(code.values.len(), self.shape(code.space, "")?.cell_count())
        {
            let sentence = format!("{} cannot be used: {fault}", excerpt(expr));
            return Err(CheckError::SpaceMismatch { sentence });
        }
        // A file may bring a code of another codebook.
        match self.shape(code.space, "")? {
            SpaceShape::Grid { levels, .. } => match &code.values {
                Values::Reals(reals) => self.indices(code.space, reals)?,
                Values::Indices(indices) => {
                    if let Some(index) = indices.iter().find(|index| **index >= levels) {
                        return Err(self.no_index(code.space, index, levels));
                    }
                }
            },
            shape if code.values.reals().is_empty() => {
                return Err(CheckError::SpaceMismatch {
                    sentence: format!(
                        "{} holds indices, but codes in {} of {} are real numbers ({shape})",
                        excerpt(expr),
                        code.space,
                        self.model()
                    ),
                });
            }
            _ => {}
        }
        Ok(code.space)
    }

    fn name_hint(&self, name: &str) -> String {
        // `@a-2*seed(1)` reads `a-2` as the name.
        let minuend = name
            .match_indices('-')
            .map(|(index, _)| name.split_at(index).0)
            .find(|minuend| self.0.named(minuend).is_some());
        if let Some(minuend) = minuend {
            return format!("; to subtract from @{minuend}, put a space before the minus");
        }
        hint(name, &self.0.names(), |name| {
            Expr::Named(name.to_owned()).to_string()
        })
    }

    fn direction(&self, expr: &Expr, name: &str) -> Result<Space, CheckError> {
        if let Some(direction) = self.0.direction(name) {
            self.length(excerpt(expr), direction.space, direction.values.len())?;
            return Ok(direction.space);
        }
        let unknown = |hint| CheckError::UnknownDirection {
            text: excerpt(expr),
            model: self.model(),
            hint,
        };
        let axis = raw_axis(name).filter(|(space, _)| {
            // Other letters may begin any name.
            self.0.space(*space).is_some() || [Space::Z, Space::W, Space::X].contains(space)
        });
        if let Some((space, index)) = axis {
            let len = self.shape(space, "")?.checked_len().unwrap_or(0);
            if index < len {
                return Ok(space);
            }
            let Some(last) = len.checked_sub(1) else {
                return Err(unknown(String::new()));
            };
            return Err(unknown(format!(
                ": the axes of {space} are {} to {}",
                raw_axis_name(space, 0),
                raw_axis_name(space, last)
            )));
        }
        let directions = self.0.directions();
        Err(unknown(hint(name, &directions, |name| {
            format!("\"{name}\"")
        })))
    }

    /// Checks that the point that truncation pulls towards fits the codes of `space`.
    fn truncated(&self, space: Space) -> Result<Space, CheckError> {
        let owner = match self.0.mean(space) {
            None => space.row_space().filter(|row| self.0.mean(*row).is_some()),
            Some(_) => None,
        };
        let owner = owner.unwrap_or(space);
        if let Some(mean) = self.0.mean(owner) {
            self.length(format!("the mean of {owner}"), owner, mean.len())?;
            if owner != space {
                self.broadcast(owner, space)?;
            }
        }
        Ok(space)
    }

    /// Checks `w(code)` or `map(code, "to")`, where `space` is that of `code`.
    fn mapped(&self, code: &Expr, space: Space, to: Space) -> Result<Space, CheckError> {
        let code = excerpt(code);
        let call = if to == Space::W { "w" } else { "map" };
        self.shape(to, &format!(": use {code} without {call}(...)"))?;
        if self.0.lead(space) == Some(Lead::Map(to)) {
            return Ok(to);
        }
        if way(space, self.0).any(|(_, lead)| lead == Lead::Rows(to)) {
            return Ok(to);
        }
        let mut ways = way(self.0.start_space(), self.0);
        let from = ways.find(|(_, lead)| *lead == Lead::Map(to));
        let Some((from, _)) = from else {
            let model = self.model();
            let sentence = format!("no network of {model} leads to {to}");
            return Err(CheckError::SpaceMismatch { sentence });
        };
        let takes = format!("{call}(...) takes a code in {from}");
        let sentence = if way_to(to, space, self.0).is_some() {
            format!("{code} is in {space} already, and {takes}: leave out this {call}(...)")
        } else {
            format!("{code} is in {space}, and {takes}")
        };
        Err(CheckError::SpaceMismatch { sentence })
    }

    /// Checks that `code`, which is in `space`, can be led to `rows`.
    fn styles(&self, code: &Expr, space: Space, rows: Space) -> Result<(), CheckError> {
        let Some(ways) = way_to(space, rows, self.0) else {
            let row = rows.row_space().unwrap_or(rows);
            // What leads to the rows says what it takes.
            self.mapped(code, space, row)?;
            return self.broadcast(row, rows);
        };
        for (from, lead) in ways {
            self.lead(from, lead)?;
        }
        Ok(())
    }

    /// Checks that codes can go a way.
    fn lead(&self, from: Space, lead: Lead) -> Result<(), CheckError> {
        match lead {
            Lead::Map(to) => self.shape(to, "").map(drop),
            Lead::Rows(to) => self.broadcast(from, to),
        }
    }

    /// The space of what `expr` makes of `parts`: that of all of them, or else w or w+, where
    /// points in z are mapped.
    fn join(&self, expr: &Expr, parts: &[(&Expr, Value)]) -> Result<Space, CheckError> {
        let Some(&(first, value)) = parts.first() else {
            return Err(CheckError::EmptyMean);
        };
        if parts.iter().all(|(_, other)| other.space == value.space) {
            return Ok(value.space);
        }
        let spaces: Vec<Space> = parts.iter().map(|(_, value)| value.space).collect();
        let Some(to) = meeting_space(&spaces, self.0) else {
            return Err(apart(parts, &spaces, self.0));
        };
        for (part, value) in parts {
            if value.weight.is_step() && is_mapped_to(value.space, to, self.0) {
                let mut others = parts.iter().filter(|(_, other)| other.space != value.space);
                let &(code, Value { space, .. }) = others.next().unwrap_or(&(first, *value));
                return Err(step_before(expr, (part, value.space), (code, space)));
            }
        }
        for space in spaces {
            for (from, lead) in way_to(space, to, self.0).unwrap_or_default() {
                self.lead(from, lead)?;
            }
        }
        Ok(to)
    }

    /// Checks that a code in `vector` can be taken for every row of `rows`.
    fn broadcast(&self, vector: Space, rows: Space) -> Result<(), CheckError> {
        let row = self.shape(vector, "")?;
        let layers = self.shape(rows, "")?;
        if row.checked_len() == Some(layers.dim()) {
            return Ok(());
        }
        Err(CheckError::SpaceMismatch {
            sentence: format!(
                "a code in {vector} of {} ({row}) does not fit the layers of {rows} ({layers})",
                self.model()
            ),
        })
    }

    fn layers(&self, range: LayerRange, shape: SpaceShape) -> Result<(), CheckError> {
        let layers = range.to_string();
        if range.start >= range.end {
            return Err(CheckError::NoLayers { layers });
        }
        let count = shape.row_count();
        if range.end > count {
            return Err(CheckError::LayersOutOfRange {
                layers,
                count,
                model: self.model(),
            });
        }
        Ok(())
    }

    /// Checks that everything in `ranges`, which stand after `word`, is there: what `count` counts.
    fn ranges(
        &self,
        word: &'static str,
        ranges: &[Range<usize>],
        space: Space,
        count: impl Fn(SpaceShape) -> usize,
    ) -> Result<Space, CheckError> {
        let count = count(self.shape(space, "")?);
        let text = |range: &Range<usize>| {
            let mut text = String::new();
            // Writing to a String cannot fail.
            write_range(&mut text, range).ok();
            text
        };
        if let Some(range) = ranges.iter().find(|range| range.is_empty()) {
            let range = text(range);
            return Err(CheckError::EmptyRange { word, range });
        }
        match ranges.iter().find(|range| range.end > count) {
            Some(range) => Err(CheckError::OutOfRange {
                word,
                range: text(range),
                count,
                space,
                model: self.model(),
            }),
            None => Ok(space),
        }
    }
}

/// The error of codes in spaces of which none leads to the other.
fn apart<C: Context + ?Sized>(
    parts: &[(&Expr, Value)],
    spaces: &[Space],
    context: &C,
) -> CheckError {
    let start = context.start_space();
    let is_aside = |space: Space| way_to(start, space, context).is_none();
    let aside = parts.iter().find(|(_, value)| is_aside(value.space));
    let (part, space) = match aside.or(parts.first()) {
        Some((part, value)) => (excerpt(part), value.space),
        None => (String::new(), start),
    };
    let other = spaces.iter().copied().find(|other| *other != space);
    let other = other.unwrap_or(space);
    CheckError::SpaceMismatch {
        sentence: format!("{part} is in {space}, which does not meet codes in {other}"),
    }
}

/// The error of an operation between a step and a code in a space that only points are mapped to.
fn step_before(
    expr: &Expr,
    (step, of): (&Expr, Space),
    (code, space): (&Expr, Space),
) -> CheckError {
    let code = excerpt(code);
    let sentence = if let Some(direction) = direction_of(step) {
        format!(
            "{direction} moves in {of}, and {code} is in {space}: write it next to the code in {of}, \
             before what leads to {space}"
        )
    } else {
        let verb = match expr {
            Expr::Add(..) => "added to",
            Expr::Sub(..) => "combined by subtraction with",
            Expr::Mean(_) => "averaged with",
            Expr::ProjectOut(..) => "combined by projection with",
            Expr::Cross(..) => "crossed with",
            Expr::MixCells(..) => "mixed with",
            _ => "interpolated with",
        };
        format!(
            "{} is a step in {of}, which cannot be {verb} a code in {space}: take the step in {of}, \
             before what leads to {space}",
            excerpt(step)
        )
    };
    CheckError::SpaceMismatch { sentence }
}

/// The direction that `expr` is a multiple of, as text.
fn direction_of(mut expr: &Expr) -> Option<String> {
    while let Expr::Neg(inner) | Expr::Scale(_, inner) = expr {
        expr = inner;
    }
    matches!(expr, Expr::Direction(_)).then(|| excerpt(expr))
}
