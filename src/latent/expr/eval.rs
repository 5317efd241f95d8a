//! The value of an expression.

use super::ast::{Expr, LayerRange};
use super::check::check;
use super::context::{Compute, raw_axis};
use super::error::{CheckError, EvalError};
use super::print::excerpt;
use super::weight::Weight;
use crate::latent::geometry::rejection;
use crate::latent::interpolate::{lerp, slerp, truncate};
use crate::latent::seed::{seed_code, seed_indices};
use crate::latent::variations::{cross, vary};
use crate::latent::{Code, Space, SpaceShape};

/// Computes the code that `expr` stands for.
///
/// In w+ [`slerp`] and [`rejection`] treat every layer's vector on its own. A code in w counts as
/// the same vector in every layer of w+. The mapping network runs once for each `w(...)` and for
/// each point in z that meets a code or a step in w, or stands inside `mix(...)` or
/// `truncate(...)` of a model that has a w.
///
/// # Errors
///
/// What [`check`] finds; a failure of the mapping network or of the encoder; a value that is
/// not finite, because its numbers grew beyond `f32`.
pub fn evaluate<C: Compute + ?Sized>(expr: &Expr, context: &mut C) -> Result<Code, EvalError> {
    check(expr, context)?;
    let mut evaluator = Evaluator { context };
    let (code, _) = expr.fold(|node, below: &[(Code, Weight)]| evaluator.node(node, below))?;
    finite(expr, &code.values)?;
    Ok(code)
}

struct Evaluator<'a, C: ?Sized> {
    context: &'a mut C,
}

impl<C: Compute + ?Sized> Evaluator<'_, C> {
    fn node(&mut self, expr: &Expr, below: &[(Code, Weight)]) -> Result<(Code, Weight), EvalError> {
        let codes: Vec<&Code> = below.iter().map(|(code, _)| code).collect();
        let weights: Vec<Weight> = below.iter().map(|(_, weight)| *weight).collect();
        let code = self.code_of(expr, &codes, &weights)?;
        Ok((code, Weight::of(expr, &weights)))
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
                let values = match shape {
                    SpaceShape::Grid { levels, .. } => seed_indices(*seed, len, levels)
                        .into_iter()
                        .map(|index| index as f32)
                        .collect(),
                    _ => seed_code(*seed, len),
                };
                self.code(space, values)
            }
            (Expr::Vector(values), _) => self.code(self.context.start_space(), values.clone()),
            (Expr::Named(name), _) => match self.context.named(name) {
                // The shape is that of the space: a file may call one row of layers a vector.
                Some(code) => self.code(code.space, code.values.clone()),
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
                let is_point = weights.first().is_some_and(|weight| !weight.is_step());
                if a.space == Space::Z && is_point && self.context.space(Space::W).is_some() {
                    let w = self.mapped(inner, a)?;
                    return self.truncate(&w, *psi);
                }
                self.truncate(a, *psi)
            }
            (Expr::TruncateLayers(inner, psi, layers), &[a]) => {
                let code = self.styles(inner, a)?;
                let truncated = self.truncate(&code, *psi)?;
                self.replaced(code, &truncated, *layers)
            }
            (Expr::Vary(_, step), &[a]) => {
                let (row, sigma) = (a.shape.row_len(), step.sigma);
                let values = vary(&a.values, row, step.seed, sigma, &step.locked);
                self.code(a.space, values)
            }
            (Expr::Cross(_, _, coins), &[a, b]) => {
                let (a, b) = self.together(expr, a, b)?;
                let (row, seed) = (a.shape.row_len(), coins.seed);
                let values = cross(&a.values, &b.values, row, seed, &coins.locked);
                self.code(a.space, values)
            }
            (Expr::W(inner), &[a]) => self.mapped(inner, a),
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
                | Expr::W(_)
                | Expr::Mix(..)
                | Expr::ProjectOut(..)
                | Expr::Vary(..)
                | Expr::Cross(..),
                _,
            ) => unreachable!("fold gives one value for each child"),
        }
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

    /// A code of `space`, if it has the right length.
    fn code(&self, space: Space, values: Vec<f32>) -> Result<Code, EvalError> {
        let shape = self.shape(space)?;
        if shape.checked_len() != Some(values.len()) {
            return Err(CheckError::WrongLength {
                what: "the code".to_owned(),
                found: values.len(),
                space,
                model: self.context.model_name().to_owned(),
                expected: shape.to_string(),
            }
            .into());
        }
        Ok(Code {
            space,
            shape,
            values,
        })
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
        self.code(code.space, code.values)
    }

    fn mapped(&mut self, expr: &Expr, z: &Code) -> Result<Code, EvalError> {
        // A network would hide where the numbers grew too large.
        finite(expr, &z.values)?;
        let w = self.context.w_from_z(&z.values);
        let w = w.map_err(|reason| EvalError::Mapping { reason })?;
        if w.iter().any(|v| !v.is_finite()) {
            let reason = "it gave numbers that are not finite".to_owned();
            return Err(EvalError::Mapping { reason });
        }
        self.code(Space::W, w)
    }

    /// `code` in w+, through the mapping network if it is in z.
    fn styles(&mut self, expr: &Expr, code: &Code) -> Result<Code, EvalError> {
        if code.space == Space::Z {
            let w = self.mapped(expr, code)?;
            return self.layered(&w);
        }
        self.layered(code)
    }

    /// A code in w taken for every layer; one in w+ as it is.
    fn layered(&self, code: &Code) -> Result<Code, EvalError> {
        if code.space == Space::W_PLUS {
            return Ok(code.clone());
        }
        let layers = self.shape(Space::W_PLUS)?.row_count();
        self.code(Space::W_PLUS, code.values.repeat(layers))
    }

    /// `code` in `space`, to which [`check`] has found a way: from z through the mapping network,
    /// from w to every layer of w+.
    fn brought_to(&mut self, expr: &Expr, code: &Code, space: Space) -> Result<Code, EvalError> {
        match (code.space, space) {
            (Space::Z, Space::W) => self.mapped(expr, code),
            (_, Space::W_PLUS) => self.styles(expr, code),
            _ => Ok(code.clone()),
        }
    }

    /// Both codes in the same space: that of both, or else w or w+.
    fn together(&mut self, expr: &Expr, a: &Code, b: &Code) -> Result<(Code, Code), EvalError> {
        let space = joined_space([a, b]);
        Ok((
            self.brought_to(expr, a, space)?,
            self.brought_to(expr, b, space)?,
        ))
    }

    /// Applies `combine` to two vectors: to those of each layer, where one code is in w+.
    fn join(
        &mut self,
        expr: &Expr,
        a: &Code,
        b: &Code,
        combine: impl Fn(&[f32], &[f32]) -> Vec<f32>,
    ) -> Result<Code, EvalError> {
        if a.space == b.space && a.space != Space::W_PLUS {
            return self.code(a.space, combine(&a.values, &b.values));
        }
        let (a, b) = self.together(expr, a, b)?;
        let row = a.shape.dim().max(1);
        let rows = a.values.chunks(row).zip(b.values.chunks(row));
        let values = rows.flat_map(|(a, b)| combine(a, b)).collect();
        self.code(a.space, values)
    }

    fn mean(&mut self, expr: &Expr, all: &[&Code]) -> Result<Code, EvalError> {
        let space = joined_space(all.iter().copied());
        let len = self.shape(space)?.checked_len().unwrap_or(0);
        let mut sums = vec![0.0_f64; len];
        for code in all {
            let mapped;
            let values = if code.space == Space::Z && space != Space::Z {
                mapped = self.mapped(expr, code)?;
                &mapped.values
            } else {
                &code.values
            };
            // A code in w is as long as one layer, so it goes round once for each layer.
            for (sum, &value) in sums.iter_mut().zip(values.iter().cycle()) {
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
        let mut values = a.values;
        if let (Some(to), Some(from)) = (values.get_mut(taken.clone()), b.values.get(taken)) {
            to.copy_from_slice(from);
        }
        self.code(Space::W_PLUS, values)
    }

    fn truncate(&self, code: &Code, psi: f32) -> Result<Code, EvalError> {
        let values = match self.context.mean(code.space) {
            Some(mean) => truncate(&code.values, mean, psi),
            None if code.space == Space::W_PLUS => {
                let mean = self.context.mean(Space::W).unwrap_or(&[]);
                let rows = code.values.chunks(code.shape.row_len().max(1));
                rows.flat_map(|row| truncate(row, mean, psi)).collect()
            }
            None => truncate(&code.values, &[], psi),
        };
        self.code(code.space, values)
    }
}

/// The space in which codes meet: their own, or w+ where one of them is, or else w.
fn joined_space<'a>(codes: impl IntoIterator<Item = &'a Code>) -> Space {
    codes
        .into_iter()
        .map(|code| code.space)
        // Spaces stand in the order in which a code passes through them.
        .max()
        .unwrap_or(Space::Z)
}

fn map(code: &Code, f: impl Fn(f32) -> f32) -> Code {
    Code {
        values: code.values.iter().map(|&v| f(v)).collect(),
        ..*code
    }
}

fn combine(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

fn finite(expr: &Expr, values: &[f32]) -> Result<(), EvalError> {
    if values.iter().all(|v| v.is_finite()) {
        return Ok(());
    }
    let text = excerpt(expr);
    Err(EvalError::NotFinite { text })
}
