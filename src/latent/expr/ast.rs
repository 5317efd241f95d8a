//! The tree of an expression.

use crate::latent::{Condition, Space};
use std::ops::Range;

/// An expression over latent codes; its value is one [`Code`](crate::latent::Code).
///
/// Comparing, cloning and dropping recurse, so a tree that a program builds step by step should
/// stay within [`MAX_DEPTH`](super::limits::MAX_DEPTH), as every parsed tree does. Printing,
/// checking and evaluating do not recurse.
#[derive(Clone, PartialEq, Debug)]
pub enum Expr {
    /// `seed(42)`: what NumPy's `RandomState(42).randn(z_dim)` gives.
    Seed(u32),
    /// `[0.5, -1.2]`: a code in the space of seeds written out.
    Vector(Vec<f32>),
    /// `at("w", [0.5, -1.2])`: a code of any space written out.
    At(Space, Vec<f32>),
    /// `fill("codes", 17)`: a grid of indices with the same one everywhere.
    Fill(Space, u32),
    /// `@smiling`: a named code of the model or of the session.
    Named(String),
    /// `dir("glasses")`: one standard deviation along a direction. `dir("z3")` is raw axis 3
    /// of z (counted from 0) and `dir("w3")` that of w, in every model.
    Direction(String),
    /// `encode("photo.png")`: the code that the model's encoder finds for a picture.
    Encode(String),
    /// `-a`
    Neg(Box<Expr>),
    /// `a + b`
    Add(Box<Expr>, Box<Expr>),
    /// `a - b`
    Sub(Box<Expr>, Box<Expr>),
    /// `1.5*a`
    Scale(f32, Box<Expr>),
    /// `mean(a, b, c)`
    Mean(Vec<Expr>),
    /// `lerp(a, b, 0.4)`
    Lerp(Box<Expr>, Box<Expr>, f32),
    /// `slerp(a, b, 0.4)`
    Slerp(Box<Expr>, Box<Expr>, f32),
    /// `truncate(a, 0.7)`: towards the mean of the space, psi = 0.7.
    Truncate(Box<Expr>, f32),
    /// `truncate(a, 0.7, layers 0..4)`: in these layers only, in w+. The layer at which it ends
    /// is the cutoff of other tools.
    TruncateLayers(Box<Expr>, f32, LayerRange),
    /// `w(a)`: to w through the mapping network; `map(a, "h")`: to any other space, through the
    /// network that leads there; `map(a, "w+")`: on to the rows that styles are mixed in.
    Map(Box<Expr>, Space),
    /// `mix(a, b, layers 4..9)`: the styles of `b` in layers 4 to 8, those of `a` elsewhere.
    Mix(Box<Expr>, Box<Expr>, LayerRange),
    /// `mix(a, b, cells [0, 3..5])`: the cells 0, 3 and 4 of `b`, the others of `a`. Cells are the
    /// indices of a grid and the pixels of a picture, row after row, the layers of rows, and the
    /// numbers of a vector.
    MixCells(Box<Expr>, Box<Expr>, Vec<Range<usize>>),
    /// `project_out(a, b)`: `a` without its part along `b`, in w+ layer by layer.
    ProjectOut(Box<Expr>, Box<Expr>),
    /// `vary(a, 7, 0.3)`: `a` and 0.3 times the noise of seed 7, or, of indices, `a` with a share of
    /// 0.3 of them drawn again; `vary(a, 7, 0.3, lock [0, 3..5])`
    /// leaves the numbers 0, 3 and 4 as they are; `vary(a, 7, 0.3, lock ["smile"])` moves at a right
    /// angle to a direction.
    Vary(Box<Expr>, Vary),
    /// `cross(a, b, 7)`: each number from `a` or from `b`, as the coin of seed 7 falls;
    /// `cross(a, b, 7, lock [0, 3..5])` takes the numbers 0, 3 and 4 from `a`.
    Cross(Box<Expr>, Box<Expr>, Cross),
    /// `given(a, "3")`, `given(a, 0.4*"3", 0.6*"8")`: `a`, drawn as what the words say, and nothing
    /// that was said inside.
    Given(Box<Expr>, Condition),
    /// `edit(a, b, 0.6)`: the picture `b`, noised to a strength of 0.6 by the noise `a` and denoised from
    /// there; `edit(a, b, 0.6, cells [0, 3..5])` redraws the cells 0, 3 and 4 and holds the others.
    /// Nothing that was said of this inside counts.
    Edit(Box<Expr>, Box<Expr>, Redraw),
}

/// A random step away from a code.
#[derive(Clone, PartialEq, Debug)]
pub struct Vary {
    /// The noise is NumPy's `RandomState(seed).randn(n)`.
    pub seed: u32,
    /// How many times the noise is added, in the units of the space.
    pub sigma: f32,
    /// The numbers that stay as they are: numbers of z or w, layers of w+.
    pub locked: Vec<Range<usize>>,
    /// The directions along which the code stays where it is, as far as what is locked allows: the step
    /// is at a right angle to all of them.
    pub held: Vec<String>,
}

/// How much of a picture a sampler makes again, and where.
#[derive(Clone, PartialEq, Debug)]
pub struct Redraw {
    /// How far towards pure noise the sampler begins, 0..=1.
    pub strength: f32,
    /// The cells that are redrawn, as in [`Expr::MixCells`]; none stands for all of them.
    pub cells: Vec<Range<usize>>,
}

/// How the numbers of two codes are drawn for their child.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cross {
    /// The coins are NumPy's `RandomState(seed).random_sample(n) < 0.5`: one for each number of
    /// z or w, one for each layer of w+.
    pub seed: u32,
    /// What is taken from the first code whatever the coin says.
    pub locked: Vec<Range<usize>>,
}

/// A half-open range of layers, `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerRange {
    pub start: usize,
    pub end: usize,
}

impl LayerRange {
    /// The first, second or last third of `count` layers (`which` from 0 to 2), rounded so that
    /// none is empty from three layers on: coarse, middle and fine styles.
    pub fn third(which: usize, count: usize) -> Self {
        Self {
            start: count * which / 3,
            end: count * (which + 1) / 3,
        }
    }
}

impl Expr {
    /// `w(code)`
    pub fn w(code: Self) -> Self {
        Self::Map(Box::new(code), Space::W)
    }

    /// The expressions that this one is made of, in the order of the text.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = &Expr> {
        let (first, second, rest): (Option<&Expr>, Option<&Expr>, &[Expr]) = match self {
            Self::Seed(_)
            | Self::Vector(_)
            | Self::At(..)
            | Self::Fill(..)
            | Self::Named(_)
            | Self::Direction(_)
            | Self::Encode(_) => (None, None, &[]),
            Self::Neg(a)
            | Self::Scale(_, a)
            | Self::Truncate(a, _)
            | Self::TruncateLayers(a, _, _)
            | Self::Map(a, _)
            | Self::Vary(a, _)
            | Self::Given(a, _) => (Some(&**a), None, &[]),
            Self::Add(a, b)
            | Self::Sub(a, b)
            | Self::Lerp(a, b, _)
            | Self::Slerp(a, b, _)
            | Self::Mix(a, b, _)
            | Self::MixCells(a, b, _)
            | Self::ProjectOut(a, b)
            | Self::Cross(a, b, _)
            | Self::Edit(a, b, _) => (Some(&**a), Some(&**b), &[]),
            Self::Mean(all) => (None, None, all),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// As [`Self::children`], to be changed.
    pub(in crate::latent) fn children_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let (first, second, rest): (Option<&mut Expr>, Option<&mut Expr>, &mut [Expr]) = match self
        {
            Self::Seed(_)
            | Self::Vector(_)
            | Self::At(..)
            | Self::Fill(..)
            | Self::Named(_)
            | Self::Direction(_)
            | Self::Encode(_) => (None, None, &mut []),
            Self::Neg(a)
            | Self::Scale(_, a)
            | Self::Truncate(a, _)
            | Self::TruncateLayers(a, _, _)
            | Self::Map(a, _)
            | Self::Vary(a, _)
            | Self::Given(a, _) => (Some(&mut **a), None, &mut []),
            Self::Add(a, b)
            | Self::Sub(a, b)
            | Self::Lerp(a, b, _)
            | Self::Slerp(a, b, _)
            | Self::Mix(a, b, _)
            | Self::MixCells(a, b, _)
            | Self::ProjectOut(a, b)
            | Self::Cross(a, b, _)
            | Self::Edit(a, b, _) => (Some(&mut **a), Some(&mut **b), &mut []),
            Self::Mean(all) => (None, None, all),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// The numbers that stand in this node itself, not those of its children.
    pub fn numbers(&self) -> &[f32] {
        match self {
            Self::Vector(values) | Self::At(_, values) => values,
            Self::Scale(number, _)
            | Self::Lerp(_, _, number)
            | Self::Slerp(_, _, number)
            | Self::Truncate(_, number)
            | Self::TruncateLayers(_, number, _) => std::slice::from_ref(number),
            Self::Vary(_, vary) => std::slice::from_ref(&vary.sigma),
            Self::Edit(_, _, redraw) => std::slice::from_ref(&redraw.strength),
            Self::Given(_, condition) => condition.weights(),
            _ => &[],
        }
    }

    /// The ranges that stand in this node in brackets, after `lock` or `cells`.
    pub(super) fn locked(&self) -> &[Range<usize>] {
        match self {
            Self::Vary(_, Vary { locked, .. }) | Self::Cross(_, _, Cross { locked, .. }) => locked,
            Self::MixCells(_, _, cells) | Self::Edit(_, _, Redraw { cells, .. }) => cells,
            _ => &[],
        }
    }

    /// Computes a value for every node from the values of its children, leaves first and left
    /// to right, and gives that of the root. `node` gets exactly one value for each child.
    ///
    /// Works on a heap-allocated stack, so no tree is too deep for it.
    ///
    /// # Errors
    ///
    /// The first error that `node` gives.
    pub(super) fn fold<'a, T, E>(
        &'a self,
        mut node: impl FnMut(&'a Expr, &[T]) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut order = Vec::new();
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            waiting.extend(expr.children());
            order.push(expr);
        }
        // The root came first in `order`, so it is what the loop leaves to the last line.
        let mut values = Vec::new();
        while let Some(expr) = order.pop() {
            let first = values.len().saturating_sub(expr.children().count());
            let value = node(expr, &values[first..])?;
            if order.is_empty() {
                return Ok(value);
            }
            values.truncate(first);
            values.push(value);
        }
        node(self, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn fold_goes_from_the_leaves_to_the_root() {
        let expr = parse("mean(seed(1), seed(2) - seed(3), w(seed(4)))").unwrap();
        let order = expr.fold(|node, below: &[String]| {
            let name = format!("{node:?}");
            let name: String = name.chars().take_while(|c| *c != '(').collect();
            Ok::<_, ()>(format!("{name}<{}>", below.join(" ")))
        });
        assert_eq!(
            order.unwrap(),
            "Mean<Seed<> Sub<Seed<> Seed<>> Map<Seed<>>>"
        );
    }
}
