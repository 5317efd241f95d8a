//! Which space an expression's value lies in, found without computing anything.

use super::ast::{Expr, LayerRange};
use super::context::{Context, raw_axis, raw_axis_name};
use super::error::CheckError;
use super::limits::{MAX_CODE_LEN, check_size};
use super::print::{excerpt, write_range};
use super::suggest::suggest;
use super::weight::Weight;
use crate::latent::{Space, SpaceShape};
use std::ops::Range;

/// Checks that `expr` has a meaning for the model of `context`, and gives the space of its
/// value and what a code of that space looks like.
///
/// A point in z that meets a code or a step in w is mapped to w, and a code in w that meets one in
/// w+ is taken for every layer. `mix(...)` maps its points, and so does `truncate(...)` wherever
/// the model has a w. Steps in z, differences of points, cannot be mapped. No encoder and no mapping
/// network runs, and no file is looked for.
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

impl Value {
    /// Whether it is a step in z, which no mapping network takes.
    fn is_step_in_z(self) -> bool {
        self.space == Space::Z && self.weight.is_step()
    }
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
                // In z the mean is the origin, and a mapping network takes off the length.
                self.real(expr, a.space)?;
                let acts_in_w = a.space == Space::Z && !a.is_step_in_z() && self.has_w();
                self.truncated(if acts_in_w { Space::W } else { a.space })
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
                self.locks(&cross.locked, space)
            }
            (Expr::Vary(_, vary), [a]) => {
                self.real(expr, a.space)?;
                self.locks(&vary.locked, a.space)
            }
            (Expr::W(a), [value]) => self.mapped(a, value.space),
            (Expr::Mix(a, b, layers), [value_a, value_b]) => {
                let hint = ", so mix(...) cannot be used";
                let shape = self.shape(Space::W_PLUS, hint)?;
                for (code, value) in [(a, value_a), (b, value_b)] {
                    self.styles(code, value.space)?;
                }
                self.layers(*layers, shape)?;
                Ok(Space::W_PLUS)
            }
            (Expr::TruncateLayers(a, _, layers), [value]) => {
                let hint = ", so single layers cannot be truncated";
                let shape = self.shape(Space::W_PLUS, hint)?;
                self.styles(a, value.space)?;
                self.layers(*layers, shape)?;
                self.truncated(Space::W_PLUS)
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
                | Expr::W(_)
                | Expr::Mix(..)
                | Expr::ProjectOut(..)
                | Expr::Vary(..)
                | Expr::Cross(..),
                _,
            ) => unreachable!("fold gives one value for each child"),
        }
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
            Expr::Vary(..) => "varied by noise",
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
        let is_index = |value: f32| value.fract() == 0.0 && (0.0..levels as f32).contains(&value);
        match values.iter().find(|value| !is_index(**value)) {
            Some(value) => Err(CheckError::NoIndex {
                number: value.to_string(),
                model: self.model(),
                space,
                last: levels.saturating_sub(1),
            }),
            None => Ok(()),
        }
    }

    fn has_w(&self) -> bool {
        self.0.space(Space::W).is_some()
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
        let names = self.0.names();
        match suggest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean {}?", Expr::Named(near.to_owned())),
            None => String::new(),
        }
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
        if let Some((space, index)) = raw_axis(name) {
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
        let near = suggest(name, directions.iter().map(String::as_str));
        Err(unknown(match near {
            Some(near) => format!("; did you mean \"{near}\"?"),
            None => String::new(),
        }))
    }

    /// Checks that the point that truncation pulls towards fits the codes of `space`.
    fn truncated(&self, space: Space) -> Result<Space, CheckError> {
        let owner = match self.0.mean(space) {
            None if space == Space::W_PLUS => Space::W,
            _ => space,
        };
        if let Some(mean) = self.0.mean(owner) {
            self.length(format!("the mean of {owner}"), owner, mean.len())?;
            if owner != space {
                self.broadcast()?;
            }
        }
        Ok(space)
    }

    /// Checks `w(code)`, where `space` is that of `code`.
    fn mapped(&self, code: &Expr, space: Space) -> Result<Space, CheckError> {
        let code = excerpt(code);
        self.shape(Space::W, &format!(": use {code} without w(...)"))?;
        if space == Space::Z {
            return Ok(Space::W);
        }
        let sentence = if space == Space::W || space == Space::W_PLUS {
            format!(
                "{code} is in {space} already, and w(...) takes a code in z: leave out this w(...)"
            )
        } else {
            format!("{code} is in {space}, and w(...) takes a code in z")
        };
        Err(CheckError::SpaceMismatch { sentence })
    }

    /// Checks that `code`, which is in `space`, can be taken to w+.
    fn styles(&self, code: &Expr, space: Space) -> Result<(), CheckError> {
        match space {
            Space::W_PLUS => Ok(()),
            Space::W => self.broadcast(),
            _ => {
                self.mapped(code, space)?;
                self.broadcast()
            }
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
        let meets = |space: Space| [Space::Z, Space::W, Space::W_PLUS].contains(&space);
        if let Some((part, apart)) = parts.iter().find(|(_, value)| !meets(value.space)) {
            let others = parts.iter().map(|(_, value)| value.space);
            let other = others.into_iter().find(|space| *space != apart.space);
            let sentence = format!(
                "{} is in {}, which does not meet codes in {}",
                excerpt(part),
                apart.space,
                other.unwrap_or(apart.space)
            );
            return Err(CheckError::SpaceMismatch { sentence });
        }
        let beyond_z = parts.iter().find(|(_, value)| value.space != Space::Z);
        let &(code, Value { space, .. }) = beyond_z.unwrap_or(&(first, value));
        for (part, value) in parts {
            if value.is_step_in_z() {
                return Err(step_in_z(expr, part, (code, space)));
            }
            if value.space == Space::Z {
                self.mapped(part, Space::Z)?;
            }
        }
        if parts.iter().any(|(_, value)| value.space == Space::W_PLUS) {
            self.broadcast()?;
            Ok(Space::W_PLUS)
        } else {
            Ok(Space::W)
        }
    }

    /// Checks that a code in w can be taken for every layer of w+.
    fn broadcast(&self) -> Result<(), CheckError> {
        let w = self.shape(Space::W, "")?;
        let layers = self.shape(Space::W_PLUS, "")?;
        if w.checked_len() == Some(layers.dim()) {
            return Ok(());
        }
        Err(CheckError::SpaceMismatch {
            sentence: format!(
                "a code in w of {} ({w}) does not fit the layers of w+ ({layers})",
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

    /// Checks that everything that is locked is there, numbers of a vector or layers of w+.
    fn locks(&self, locked: &[Range<usize>], space: Space) -> Result<Space, CheckError> {
        let shape = self.shape(space, "")?;
        let count = shape.row_count();
        let text = |range: &Range<usize>| {
            let mut text = String::new();
            // Writing to a String cannot fail.
            write_range(&mut text, range).ok();
            text
        };
        if let Some(range) = locked.iter().find(|range| range.is_empty()) {
            let range = text(range);
            return Err(CheckError::EmptyLock { range });
        }
        match locked.iter().find(|range| range.end > count) {
            Some(range) => Err(CheckError::LockOutOfRange {
                range: text(range),
                count,
                space,
                model: self.model(),
            }),
            None => Ok(space),
        }
    }
}

/// The error of an operation between a step in z and a code in w or w+.
fn step_in_z(expr: &Expr, step: &Expr, (code, space): (&Expr, Space)) -> CheckError {
    let code = excerpt(code);
    let sentence = if let Some(direction) = direction_of(step) {
        format!(
            "{direction} moves in z, and {code} is in {space}: write it next to the code in z, \
             before what leads to {space}"
        )
    } else {
        let verb = match expr {
            Expr::Add(..) => "added to",
            Expr::Sub(..) => "combined by subtraction with",
            Expr::Mean(_) => "averaged with",
            Expr::ProjectOut(..) => "combined by projection with",
            Expr::Cross(..) => "crossed with",
            _ => "interpolated with",
        };
        format!(
            "{} is a step in z, which cannot be {verb} a code in {space}: take the step in z, \
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
