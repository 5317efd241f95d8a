//! Which space an expression's value lies in, found without computing anything.

use super::ast::{Expr, LayerRange};
use super::context::{Context, raw_axis, raw_axis_name};
use super::error::CheckError;
use super::limits::{MAX_CODE_LEN, check_size};
use super::print::{excerpt, write_range};
use super::suggest::suggest;
use crate::latent::{Space, SpaceShape};
use std::ops::Range;

/// Checks that `expr` has a meaning for the model of `context`, and gives the space of its
/// value and what a code of that space looks like.
///
/// A code in w that meets one in w+ is taken for every layer. `mix(...)` and `truncate(...)` of
/// some layers map codes in z to w by themselves. No encoder and no mapping network runs, and no file is looked for.
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
    let space = expr.fold(|node, spaces: &[Space]| checker.node(node, spaces))?;
    Ok((space, checker.shape(space, "")?))
}

struct Checker<'a, C: ?Sized>(&'a C);

impl<C: Context + ?Sized> Checker<'_, C> {
    /// The space of the value of `expr`, from those of its children.
    fn node(&self, expr: &Expr, below: &[Space]) -> Result<Space, CheckError> {
        if let Some(number) = expr.numbers().iter().find(|n| !n.is_finite()) {
            return Err(CheckError::NumberNotFinite {
                number: number.to_string(),
                text: excerpt(expr),
            });
        }
        match (expr, below) {
            (Expr::Seed(_), _) => self.shape(Space::Z, "").map(|_| Space::Z),
            (Expr::Vector(values), _) => {
                self.length(excerpt(expr), Space::Z, values.len())?;
                Ok(Space::Z)
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
            (Expr::Neg(_) | Expr::Scale(..), &[space]) => Ok(space),
            (Expr::Truncate(..), &[space]) => self.truncated(space),
            (Expr::Mean(all), spaces) => {
                let (Some(first), Some(&space)) = (all.first(), spaces.first()) else {
                    return Err(CheckError::EmptyMean);
                };
                let mut joined = space;
                for (other, &space) in all.iter().zip(spaces).skip(1) {
                    joined = self.join(expr, (first, joined), (other, space))?;
                }
                Ok(joined)
            }
            (
                Expr::Add(a, b)
                | Expr::Sub(a, b)
                | Expr::Lerp(a, b, _)
                | Expr::Slerp(a, b, _)
                | Expr::ProjectOut(a, b),
                &[space_a, space_b],
            ) => self.join(expr, (a, space_a), (b, space_b)),
            (Expr::Cross(a, b, cross), &[space_a, space_b]) => {
                let space = self.join(expr, (a, space_a), (b, space_b))?;
                self.locks(&cross.locked, space)
            }
            (Expr::Vary(_, vary), &[space]) => self.locks(&vary.locked, space),
            (Expr::W(a), &[space]) => self.mapped(a, space),
            (Expr::Mix(a, b, layers), &[space_a, space_b]) => {
                let hint = ", so mix(...) cannot be used";
                let shape = self.shape(Space::WPlus, hint)?;
                for (code, space) in [(a, space_a), (b, space_b)] {
                    self.styles(code, space)?;
                }
                self.layers(*layers, shape)?;
                Ok(Space::WPlus)
            }
            (Expr::TruncateLayers(a, _, layers), &[space]) => {
                let hint = ", so single layers cannot be truncated";
                let shape = self.shape(Space::WPlus, hint)?;
                self.styles(a, space)?;
                self.layers(*layers, shape)?;
                self.truncated(Space::WPlus)
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
            None if space == Space::WPlus => Space::W,
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
        match space {
            Space::Z => Ok(Space::W),
            Space::W | Space::WPlus => Err(CheckError::SpaceMismatch {
                sentence: format!(
                    "{code} is in {space} already, and w(...) takes a code in z: \
                     leave out this w(...)"
                ),
            }),
        }
    }

    /// Checks that `code`, which is in `space`, can be taken to w+.
    fn styles(&self, code: &Expr, space: Space) -> Result<(), CheckError> {
        match space {
            Space::Z => {
                self.mapped(code, space)?;
                self.broadcast()
            }
            Space::W => self.broadcast(),
            Space::WPlus => Ok(()),
        }
    }

    /// The space of what `expr` makes of `a` and `b`.
    fn join(
        &self,
        expr: &Expr,
        (a, space_a): (&Expr, Space),
        (b, space_b): (&Expr, Space),
    ) -> Result<Space, CheckError> {
        match (space_a, space_b) {
            _ if space_a == space_b => Ok(space_a),
            (Space::W, Space::WPlus) | (Space::WPlus, Space::W) => {
                self.broadcast()?;
                Ok(Space::WPlus)
            }
            (Space::Z, _) => Err(mismatch(expr, a, (b, space_b))),
            (_, _) => Err(mismatch(expr, b, (a, space_a))),
        }
    }

    /// Checks that a code in w can be taken for every layer of w+.
    fn broadcast(&self) -> Result<(), CheckError> {
        let w = self.shape(Space::W, "")?;
        let layers = self.shape(Space::WPlus, "")?;
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
        let count = layer_count(shape);
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
        let count = match space {
            Space::WPlus => layer_count(shape),
            Space::Z | Space::W => shape.checked_len().unwrap_or(0),
        };
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

/// How many layers a code in w+ has.
pub(super) fn layer_count(shape: SpaceShape) -> usize {
    match shape {
        SpaceShape::Layers { layers, .. } => layers,
        SpaceShape::Vector { .. } => 1,
    }
}

/// The error of an operation between a code in z and one in w or w+.
fn mismatch(expr: &Expr, in_z: &Expr, (in_w, space): (&Expr, Space)) -> CheckError {
    let sentence = if let Some(direction) = direction_of(in_w) {
        let code = excerpt(in_z);
        format!("{direction} moves in {space}, and {code} is in z: wrap the code, as in w({code})")
    } else if let Some(direction) = direction_of(in_z) {
        format!(
            "{direction} moves in z, and {} is in {space}: \
             take the step in z, inside w(...)",
            excerpt(in_w)
        )
    } else {
        let verb = match expr {
            Expr::Add(..) => "added to",
            Expr::Sub(..) => "combined by subtraction with",
            Expr::Mean(_) => "averaged with",
            Expr::ProjectOut(..) => "freed of",
            Expr::Cross(..) => "crossed with",
            _ => "interpolated with",
        };
        format!("a code in z cannot be {verb} a code in {space}; wrap it in w(...)")
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
