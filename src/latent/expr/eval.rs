//! The value of an expression.

use super::ast::{Expr, LayerRange, Redraw};
use super::check::check;
use super::context::{Compute, meeting_space, raw_axis, rows_space, truncation_space, way_to};
use super::error::{CheckError, EvalError};
use super::print::excerpt;
use super::weight::Weight;
use crate::latent::geometry::rejection;
use crate::latent::interpolate::{lerp, slerp, truncate};
use crate::latent::seed::{seed_code, seed_indices};
use crate::latent::variations::{cross, hold, mix_cells, vary, vary_indices};
use crate::latent::{Code, Condition, Lead, Original, Space, SpaceShape, Values};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Computes the code that `expr` stands for.
///
/// In w+ [`slerp`] and [`rejection`] treat every layer's vector on its own. A code in w counts as
/// the same vector in every layer of w+. A mapping network runs once for each `w(...)` and
/// `map(...)`, and for each point that meets a code or a step beyond it, or stands inside
/// `mix(..., layers ...)` or `truncate(...)`.
///
/// # Errors
///
/// What [`check`] finds; a failure of the mapping network or of the encoder; a value that is
/// not finite, because its numbers grew beyond `f32`.
pub fn evaluate<C: Compute + ?Sized>(expr: &Expr, context: &mut C) -> Result<Code, EvalError> {
    check(expr, context)?;
    let said = said(expr);
    let mut evaluator = Evaluator { context, said };
    let (code, _) = expr.fold(|node, below: &[(Code, Weight)]| evaluator.node(node, below))?;
    finite(expr, &code)?;
    Ok(code)
}

struct Evaluator<'a, 'e, C: ?Sized> {
    context: &'a mut C,
    /// See [`said`].
    said: BTreeMap<*const Expr, &'e Condition>,
}

impl<C: Compute + ?Sized> Evaluator<'_, '_, C> {
    fn node(&mut self, expr: &Expr, below: &[(Code, Weight)]) -> Result<(Code, Weight), EvalError> {
        let mut codes: Vec<&Code> = below.iter().map(|(code, _)| code).collect();
        let picture = self.picture(expr, &codes)?;
        if let (Some(picture), Some(second)) = (&picture, codes.get_mut(1)) {
            *second = picture;
        }
        let weights: Vec<Weight> = below.iter().map(|(_, weight)| *weight).collect();
        let mut code = self.code_of(expr, &codes, &weights)?;
        // Codes that come with a condition or an original bring it.
        if !matches!(expr, Expr::Named(_) | Expr::Encode(_)) {
            code.condition = self.condition_of(expr, &codes);
            code.original = original_of(expr, &codes);
        }
        if !self.context.takes_condition(code.space) {
            code.condition.clear();
        }
        Ok((code, Weight::of(expr, &weights)))
    }

    /// The picture that a checked `expr` redraws, led to where pictures are redrawn; `None` where it redraws
    /// none, or one that begins with a picture itself.
    fn picture(&mut self, expr: &Expr, codes: &[&Code]) -> Result<Option<Code>, EvalError> {
        match (expr, codes, self.context.redrawn_space()) {
            (Expr::Edit(_, inner, _), [_, picture], Some(space)) if picture.original.is_none() => {
                self.led(inner, picture, space).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The value of a checked `expr`, from the values of its children and their weights.
    fn code_of(
        &mut self,
        expr: &Expr,
        below: &[&Code],
        weights: &[Weight],
    ) -> Result<Code, EvalError> {
        match (expr, below) {
            (Expr::Seed(seed), _) => {
                let space = self.context.start_space();
                let shape = self.shape(space)?;
                let len = shape.checked_len().unwrap_or(0);
                match shape {
                    SpaceShape::Grid { levels, .. } => {
                        self.chosen(space, seed_indices(*seed, len, levels))
                    }
                    _ => self.code(space, seed_code(*seed, len)),
                }
            }
            (Expr::Vector(values), _) => self.code(self.context.start_space(), values.clone()),
            (Expr::At(space, values), _) => self.code(*space, values.clone()),
            (Expr::Fill(space, index), _) => {
                let len = self.shape(*space)?.checked_len().unwrap_or(0);
                self.chosen(*space, vec![*index; len])
            }
            (Expr::Named(name), _) => match self.context.named(name) {
                // The shape is that of the space: a file may call one row of layers a vector.
                Some(code) => {
                    let (condition, original) = (code.condition.clone(), code.original.clone());
                    let code = self.code(code.space, code.values.numbers().into_owned())?;
                    Ok(Code {
                        condition,
                        original,
                        ..code
                    })
                }
                None => Err(CheckError::UnknownName {
                    text: excerpt(expr),
                    hint: String::new(),
                }
                .into()),
            },
            (Expr::Direction(name), _) => self.direction(expr, name),
            (Expr::Encode(file), _) => self.encode(expr, file),
            (Expr::Neg(_), &[a]) => Ok(map(a, |v| -v)),
            (Expr::Scale(factor, _), &[a]) => Ok(map(a, |v| factor * v)),
            (Expr::Add(..), &[a, b]) => self.join(expr, a, b, |a, b| combine(a, b, |a, b| a + b)),
            (Expr::Sub(..), &[a, b]) => self.join(expr, a, b, |a, b| combine(a, b, |a, b| a - b)),
            (Expr::Mean(_), all) => self.mean(expr, all),
            (Expr::Lerp(_, _, t), &[a, b]) => self.join(expr, a, b, |a, b| lerp(a, b, *t)),
            (Expr::Slerp(_, _, t), &[a, b]) => self.join(expr, a, b, |a, b| slerp(a, b, *t)),
            (Expr::ProjectOut(..), &[a, b]) => self.join(expr, a, b, rejection),
            (Expr::Truncate(inner, psi), &[a]) => {
                let mut space = a.space;
                if weights.first().is_some_and(|weight| !weight.is_step()) {
                    space = truncation_space(a.space, &*self.context);
                }
                let code = self.led(inner, a, space)?;
                self.truncate(&code, *psi)
            }
            (Expr::TruncateLayers(inner, psi, layers), &[a]) => {
                let code = self.styles(inner, a)?;
                let truncated = self.truncate(&code, *psi)?;
                self.replaced(code, &truncated, *layers)
            }
            (Expr::Vary(_, step), &[a]) => {
                let (seed, sigma) = (step.seed, step.sigma);
                match (&a.values, a.shape) {
                    (Values::Indices(indices), SpaceShape::Grid { levels, .. }) => {
                        let varied = vary_indices(indices, levels, seed, sigma, &step.locked);
                        self.chosen(a.space, varied)
                    }
                    _ => {
                        let (reals, row) = (a.values.reals(), a.shape.row_len());
                        let varied = vary(reals, row, seed, sigma, &step.locked);
                        let held = self.held(&step.held)?;
                        let varied = hold(reals, &varied, row, &held, &step.locked);
                        self.code(a.space, varied)
                    }
                }
            }
            (Expr::Cross(_, _, coins), &[a, b]) => {
                let (a, b) = self.together(expr, a, b)?;
                let (row, seed, locked) = (a.shape.row_len(), coins.seed, &coins.locked);
                match (&a.values, &b.values) {
                    (Values::Indices(of_a), Values::Indices(of_b)) => {
                        self.chosen(a.space, cross(of_a, of_b, row, seed, locked))
                    }
                    (of_a, of_b) => {
                        let child = cross(of_a.reals(), of_b.reals(), row, seed, locked);
                        self.code(a.space, child)
                    }
                }
            }
            (Expr::MixCells(_, _, cells), &[a, b]) => {
                let (a, b) = self.together(expr, a, b)?;
                match (&a.values, &b.values) {
                    (Values::Indices(of_a), Values::Indices(of_b)) => {
                        self.chosen(a.space, mix_cells(of_a, of_b, a.shape, cells))
                    }
                    (of_a, of_b) => {
                        let mixed = mix_cells(of_a.reals(), of_b.reals(), a.shape, cells);
                        self.code(a.space, mixed)
                    }
                }
            }
            (Expr::Map(inner, to), &[a]) => match self.context.lead(a.space) {
                Some(Lead::Map(next)) if next == *to => self.mapped(inner, a, *to),
                _ => self.led(inner, a, *to),
            },
            (Expr::Given(..), &[a]) | (Expr::Edit(..), &[a, _]) => Ok(a.clone()),
            (Expr::Mix(inner_a, inner_b, layers), &[a, b]) => {
                let a = self.styles(inner_a, a)?;
                let b = self.styles(inner_b, b)?;
                self.replaced(a, &b, *layers)
            }
            (
                Expr::Neg(_)
                | Expr::Scale(..)
                | Expr::Add(..)
                | Expr::Sub(..)
                | Expr::Lerp(..)
                | Expr::Slerp(..)
                | Expr::Truncate(..)
                | Expr::TruncateLayers(..)
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

    /// What the value of a checked `expr` is drawn as. Weights are computed with as codes are, so that
    /// interpolation leads from class to class; where numbers are chosen among those of two codes,
    /// the first says what the child is.
    fn condition_of(&self, expr: &Expr, below: &[&Code]) -> Vec<f32> {
        let of = |index: usize| below.get(index).map_or(&[][..], |code| &code.condition[..]);
        match expr {
            Expr::Given(_, condition) => self.weights(condition),
            Expr::Neg(_) => of(0).iter().map(|weight| -weight).collect(),
            Expr::Scale(factor, _) => of(0).iter().map(|weight| factor * weight).collect(),
            Expr::Add(..) => sum(&[(of(0), 1.0), (of(1), 1.0)]),
            Expr::Sub(..) => sum(&[(of(0), 1.0), (of(1), -1.0)]),
            Expr::Lerp(_, _, t) | Expr::Slerp(_, _, t) => sum(&[(of(0), 1.0 - t), (of(1), *t)]),
            Expr::Mean(_) => {
                let part = 1.0 / below.len().max(1) as f32;
                let parts: Vec<_> = below
                    .iter()
                    .map(|code| (&code.condition[..], part))
                    .collect();
                sum(&parts)
            }
            _ => of(0).to_vec(),
        }
    }

    /// The weights of a condition, in the order of the model's words.
    fn weights(&self, condition: &Condition) -> Vec<f32> {
        let vocabulary = self.context.vocabulary();
        let words = vocabulary.map_or(&[][..], |vocabulary| &vocabulary.words);
        words.iter().map(|word| condition.weight(word)).collect()
    }

    fn shape(&self, space: Space) -> Result<SpaceShape, CheckError> {
        self.context
            .space(space)
            .ok_or_else(|| CheckError::NoSpace {
                model: self.context.model_name().to_owned(),
                space,
                hint: String::new(),
            })
    }

    /// A code of `space`, if the numbers fit it.
    fn code(&self, space: Space, values: Vec<f32>) -> Result<Code, EvalError> {
        let shape = self.shape(space)?;
        let found = values.len();
        Code::new(space, shape, values).map_err(|_| self.misfit(space, shape, found))
    }

    /// A code of indices that were chosen among those of the codebook.
    fn chosen(&self, space: Space, indices: Vec<u32>) -> Result<Code, EvalError> {
        let shape = self.shape(space)?;
        if shape.checked_len() != Some(indices.len()) {
            return Err(self.misfit(space, shape, indices.len()));
        }
        Ok(Code {
            space,
            shape,
            values: Values::Indices(indices),
            condition: Vec::new(),
            original: None,
        })
    }

    fn misfit(&self, space: Space, shape: SpaceShape, found: usize) -> EvalError {
        let misfit = CheckError::WrongLength {
            what: "the code".to_owned(),
            found,
            space,
            model: self.context.model_name().to_owned(),
            expected: shape.to_string(),
        };
        misfit.into()
    }

    fn direction(&self, expr: &Expr, name: &str) -> Result<Code, EvalError> {
        if let Some(direction) = self.context.direction(name) {
            return self.code(direction.space, direction.values.clone());
        }
        let unknown = || CheckError::UnknownDirection {
            text: excerpt(expr),
            model: self.context.model_name().to_owned(),
            hint: String::new(),
        };
        let (space, index) = raw_axis(name).ok_or_else(unknown)?;
        let mut values = vec![0.0; self.shape(space)?.checked_len().unwrap_or(0)];
        *values.get_mut(index).ok_or_else(unknown)? = 1.0;
        self.code(space, values)
    }

    /// The values of directions.
    fn held(&self, names: &[String]) -> Result<Vec<Vec<f32>>, EvalError> {
        let direction = |name: &String| {
            let code = self.direction(&Expr::Direction(name.clone()), name)?;
            Ok(code.values.reals().to_vec())
        };
        names.iter().map(direction).collect()
    }

    fn encode(&mut self, expr: &Expr, file: &str) -> Result<Code, EvalError> {
        let failed = |reason| EvalError::Encode {
            text: excerpt(expr),
            reason,
        };
        let expected = self.context.encoded_space();
        let code = self.context.encode(file).map_err(failed)?;
        if code.space != expected {
            let reason = format!("the encoder gave a code in {}, not {expected}", code.space);
            return Err(failed(reason));
        }
        let found = self.code(code.space, code.values.numbers().into_owned())?;
        Ok(Code {
            condition: code.condition,
            original: code.original,
            ..found
        })
    }

    fn mapped(&mut self, expr: &Expr, code: &Code, to: Space) -> Result<Code, EvalError> {
        // A network would hide where the numbers grew too large.
        finite(expr, code)?;
        let from = code.space;
        let failed = |reason| EvalError::Mapping { from, to, reason };
        let condition = match self.said.get(&std::ptr::from_ref(expr)) {
            Some(condition) => self.weights(condition),
            None => code.condition.clone(),
        };
        let values = code.values.numbers();
        let mapped = self.context.map(from, to, &values, &condition);
        let mapped = mapped.map_err(failed)?;
        if mapped.iter().any(|v| !v.is_finite()) {
            let reason = "it gave numbers that are not finite".to_owned();
            return Err(failed(reason));
        }
        self.code(to, mapped)
    }

    /// `code` led to the rows that styles are mixed in.
    fn styles(&mut self, expr: &Expr, code: &Code) -> Result<Code, EvalError> {
        let rows = rows_space(code.space, &*self.context).unwrap_or(code.space);
        self.led(expr, code, rows)
    }

    /// `code` in `space`, to which [`check`] has found a way: through networks, and from a vector
    /// to every row.
    fn led(&mut self, expr: &Expr, code: &Code, space: Space) -> Result<Code, EvalError> {
        let ways = way_to(code.space, space, &*self.context).unwrap_or_default();
        let mut code = code.clone();
        for (_, lead) in ways {
            code = match lead {
                Lead::Map(to) => self.mapped(expr, &code, to)?,
                Lead::Rows(to) => {
                    let rows = self.shape(to)?.row_count();
                    self.code(to, code.values.reals().repeat(rows))?
                }
            };
        }
        Ok(code)
    }

    /// Both codes in the same space: that of one of them, to which the other is led.
    fn together(&mut self, expr: &Expr, a: &Code, b: &Code) -> Result<(Code, Code), EvalError> {
        let space = self.meeting([a, b]);
        Ok((self.led(expr, a, space)?, self.led(expr, b, space)?))
    }

    /// The space in which codes meet.
    fn meeting<'b>(&self, codes: impl IntoIterator<Item = &'b Code>) -> Space {
        let spaces: Vec<Space> = codes.into_iter().map(|code| code.space).collect();
        let space = meeting_space(&spaces, &*self.context);
        space.unwrap_or_else(|| self.context.start_space())
    }

    /// Applies `combine` to two vectors: to those of each layer, where there are rows.
    fn join(
        &mut self,
        expr: &Expr,
        a: &Code,
        b: &Code,
        combine: impl Fn(&[f32], &[f32]) -> Vec<f32>,
    ) -> Result<Code, EvalError> {
        let (a, b) = self.together(expr, a, b)?;
        let row = a.shape.dim().max(1);
        let rows = a
            .values
            .reals()
            .chunks(row)
            .zip(b.values.reals().chunks(row));
        let values = rows.flat_map(|(a, b)| combine(a, b)).collect();
        self.code(a.space, values)
    }

    fn mean(&mut self, expr: &Expr, all: &[&Code]) -> Result<Code, EvalError> {
        let space = self.meeting(all.iter().copied());
        let len = self.shape(space)?.checked_len().unwrap_or(0);
        let mut sums = vec![0.0_f64; len];
        for code in all {
            let code = self.led(expr, code, space)?;
            for (sum, &value) in sums.iter_mut().zip(code.values.reals()) {
                *sum += f64::from(value);
            }
        }
        let count = all.len() as f64;
        let values = sums.into_iter().map(|sum| (sum / count) as f32).collect();
        self.code(space, values)
    }

    /// `a` with the `layers` of `b`, both in w+.
    fn replaced(&self, a: Code, b: &Code, layers: LayerRange) -> Result<Code, EvalError> {
        let dim = a.shape.dim();
        let taken = layers.start.saturating_mul(dim)..layers.end.saturating_mul(dim);
        let mut values = a.values.reals().to_vec();
        let from = b.values.reals().get(taken.clone());
        if let (Some(to), Some(from)) = (values.get_mut(taken), from) {
            to.copy_from_slice(from);
        }
        self.code(a.space, values)
    }

    fn truncate(&self, code: &Code, psi: f32) -> Result<Code, EvalError> {
        let owner = code.space.row_space();
        let mean = self.context.mean(code.space);
        let of_row = || owner.and_then(|row| self.context.mean(row));
        let values = match mean {
            Some(mean) => truncate(code.values.reals(), mean, psi),
            None => {
                let mean = of_row().unwrap_or(&[]);
                let rows = code.values.reals().chunks(code.shape.dim().max(1));
                rows.flat_map(|row| truncate(row, mean, psi)).collect()
            }
        };
        self.code(code.space, values)
    }
}

/// What the outermost `given(...)` around each part of an expression says. A network that takes
/// conditions may run anywhere within it, as in `given(truncate(seed(1), 0.7), "3")`.
fn said(expr: &Expr) -> BTreeMap<*const Expr, &Condition> {
    let mut said = BTreeMap::new();
    let mut waiting: Vec<(&Expr, Option<&Condition>)> = vec![(expr, None)];
    while let Some((expr, around)) = waiting.pop() {
        if let Some(around) = around {
            said.insert(std::ptr::from_ref(expr), around);
        }
        let around = match expr {
            Expr::Given(_, condition) => around.or(Some(condition)),
            _ => around,
        };
        waiting.extend(expr.children().map(|child| (child, around)));
    }
    said
}

/// What the value of a checked `expr` begins with besides noise. It is interpolated as codes are, so
/// that a walk leads from picture to picture; elsewhere that of the first code stays.
fn original_of(expr: &Expr, below: &[&Code]) -> Option<Arc<Original>> {
    let of = |index: usize| below.get(index).and_then(|code| code.original.as_ref());
    let between = |parts: &[(usize, f32)]| {
        let parts = parts.iter();
        let parts = parts.map(|&(index, weight)| (of(index).map(|it| &**it), weight));
        Original::between(&parts.collect::<Vec<_>>()).map(Arc::new)
    };
    match expr {
        Expr::Edit(_, _, redraw) => {
            let picture = below.get(1)?;
            Some(Arc::new(Original {
                // Where it begins with a picture itself, that one counts.
                data: match &picture.original {
                    Some(original) => original.data.clone(),
                    None => picture.values.numbers().into_owned(),
                },
                strength: redraw.strength,
                redrawn: redrawn(redraw, picture.shape),
            }))
        }
        Expr::Lerp(_, _, t) | Expr::Slerp(_, _, t) => between(&[(0, 1.0 - t), (1, *t)]),
        Expr::Mean(_) => {
            let part = 1.0 / below.len().max(1) as f32;
            let parts: Vec<_> = (0..below.len()).map(|index| (index, part)).collect();
            between(&parts)
        }
        _ => of(0).cloned(),
    }
}

/// The mask of what is redrawn, empty for all of the picture.
fn redrawn(redraw: &Redraw, shape: SpaceShape) -> Vec<f32> {
    if redraw.cells.is_empty() {
        return Vec::new();
    }
    let mut mask = vec![0.0; shape.cell_count()];
    for cells in &redraw.cells {
        if let Some(cells) = mask.get_mut(cells.clone()) {
            cells.fill(1.0);
        }
    }
    mask
}

fn map(code: &Code, f: impl Fn(f32) -> f32) -> Code {
    let values = code.values.reals().iter().map(|&v| f(v)).collect();
    Code {
        values: Values::Reals(values),
        ..code.clone()
    }
}

/// The weighted sum of rows of weights, of which those that say nothing are empty.
fn sum(parts: &[(&[f32], f32)]) -> Vec<f32> {
    let len = parts.iter().map(|(weights, _)| weights.len()).max();
    let mut sums = vec![0.0; len.unwrap_or(0)];
    for (weights, factor) in parts {
        for (sum, weight) in sums.iter_mut().zip(*weights) {
            *sum += factor * weight;
        }
    }
    sums
}

fn combine(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

fn finite(expr: &Expr, code: &Code) -> Result<(), EvalError> {
    let original = code.original.iter().flat_map(|original| &original.data);
    let mut beside = code.condition.iter().chain(original);
    if code.values.is_finite() && beside.all(|value| value.is_finite()) {
        return Ok(());
    }
    let text = excerpt(expr);
    Err(EvalError::NotFinite { text })
}
