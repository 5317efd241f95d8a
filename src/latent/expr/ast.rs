//! The tree of an expression.

/// An expression over latent codes; its value is one [`Code`](crate::latent::Code).
#[derive(Clone, PartialEq, Debug)]
pub enum Expr {
    /// `seed(42)`: what NumPy's `RandomState(42).randn(z_dim)` gives.
    Seed(u32),
    /// `[0.5, -1.2]`: a code in z written out.
    Vector(Vec<f32>),
    /// `@smiling`: a named code of the model or of the session.
    Named(String),
    /// `dir("glasses")`: one standard deviation along a direction. `dir("z3")` is the third
    /// raw axis of z in every model (counted from 0).
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
    /// `w(a)`: from z to w through the mapping network.
    W(Box<Expr>),
    /// `mix(a, b, layers 4..9)`: the styles of `b` in layers 4 to 8, those of `a` elsewhere.
    Mix(Box<Expr>, Box<Expr>, LayerRange),
}

/// A half-open range of layers, `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerRange {
    pub start: usize,
    pub end: usize,
}
