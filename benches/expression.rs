//! How long expressions take: all of this happens many times a second under a moving hand.

use std::fmt::Write;

use divan::{Bencher, black_box};
use zscape::latent::expr::{Compute, Context, Expr, Walk, evaluate, parse};
use zscape::latent::{Code, Direction, Lead, Space, SpaceShape};

fn main() {
    divan::main();
}

const DIM: usize = 512;

/// The expressions of everyday use, and a walk along every axis of z.
fn texts() -> [(&'static str, String); 4] {
    let mut axes = String::from("seed(1)");
    for axis in 0..DIM {
        // Writing to a String never fails.
        let _ = write!(axes, " + 0.25*dir(\"z{axis}\")");
    }
    [
        ("seed", "seed(42)".into()),
        ("slerp", "slerp(seed(3), seed(9), 0.4)".into()),
        (
            "steps",
            "truncate(mean(seed(1), seed(2), seed(3)), 0.7) + 1.2*dir(\"z7\") - 0.5*dir(\"z40\")"
                .into(),
        ),
        ("axes", axes),
    ]
}

const NAMES: [&str; 4] = ["seed", "slerp", "steps", "axes"];

fn text(name: &str) -> String {
    let found = texts().into_iter().find(|(known, _)| *known == name);
    found.expect("NAMES are those of texts()").1
}

fn expr(name: &str) -> Expr {
    parse(&text(name)).expect("the texts are expressions")
}

#[divan::bench(args = NAMES)]
fn parsing(bencher: Bencher, name: &str) {
    let text = text(name);
    bencher.bench(|| parse(black_box(&text)));
}

#[divan::bench(args = NAMES)]
fn printing(bencher: Bencher, name: &str) {
    let expr = expr(name);
    bencher.bench(|| black_box(&expr).to_string());
}

#[divan::bench(args = NAMES)]
fn evaluating(bencher: Bencher, name: &str) {
    let expr = expr(name);
    bencher.bench(|| evaluate(black_box(&expr), &mut Plain));
}

#[divan::bench(args = NAMES)]
fn walk_and_back(bencher: Bencher, name: &str) {
    let expr = expr(name);
    bencher.bench(|| Walk::from_expr(black_box(&expr)).to_expr());
}

/// A model with z of [`DIM`] numbers and nothing else.
struct Plain;

impl Context for Plain {
    fn model_name(&self) -> &str {
        "plain"
    }

    fn space(&self, space: Space) -> Option<SpaceShape> {
        (space == Space::Z).then_some(SpaceShape::Vector { dim: DIM })
    }

    fn lead(&self, _: Space) -> Option<Lead> {
        None
    }

    fn mean(&self, _: Space) -> Option<&[f32]> {
        None
    }

    fn named(&self, _: &str) -> Option<&Code> {
        None
    }

    fn direction(&self, _: &str) -> Option<&Direction> {
        None
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    fn directions(&self) -> Vec<String> {
        Vec::new()
    }

    fn can_encode(&self) -> bool {
        false
    }
}

impl Compute for Plain {
    fn map(&mut self, _: Space, _: Space, _: &[f32], _: &[f32]) -> Result<Vec<f32>, String> {
        Err("there is no other space".into())
    }

    fn encode(&mut self, _: &str) -> Result<Code, String> {
        Err("there is no encoder".into())
    }
}
