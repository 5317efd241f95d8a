//! Zhao et al. 2023, "UniPC: a unified predictor-corrector framework for fast sampling of diffusion
//! models": of second order, predicting data, with `B(h) = exp(h) - 1` (`bh2`).

use super::super::combine;
use super::{Move, Point, Solver};

/// A multistep method whose every step is corrected by what the network says at its end, at no more
/// evaluations: the same one begins the next step.
#[derive(Default)]
pub struct UniPc {
    /// The step before.
    before: Option<Before>,
}

struct Before {
    /// Where it began, corrected.
    x: Vec<f32>,
    /// What the network said there.
    data: Vec<f32>,
    /// How far it went in lambda.
    step: f64,
    /// The step before that one, if it counted: the data and how far that went.
    earlier: Option<(Vec<f32>, f64)>,
    /// `sigma` at its end over `sigma` at its beginning, and `alpha` at its end.
    of_x: f64,
    alpha: f64,
}

impl Before {
    /// Where it should have led, now that the network was asked there too.
    fn corrected(&self, there: &[f32]) -> Vec<f32> {
        let scale = -self.alpha * (-self.step).exp_m1();
        let (of_earlier, of_there, ratio) = match &self.earlier {
            None => (0.0, 0.5, 1.0),
            Some((_, step)) => {
                let ratio = -step / self.step;
                let [first, second] = moments(self.step);
                let of_earlier = (second - first) / (ratio - 1.0);
                (of_earlier, first - of_earlier, ratio)
            }
        };
        let earlier = self.earlier.as_ref().map_or(&self.data, |(data, _)| data);
        let slope = of_earlier / ratio;
        combine(&[
            (self.of_x, &self.x),
            (scale * (1.0 - slope - of_there), &self.data),
            (scale * slope, earlier),
            (scale * of_there, there),
        ])
    }
}

/// The right side of the corrector's equations for a step of `step` in lambda.
fn moments(step: f64) -> [f64; 2] {
    let h = -step;
    let all = h.exp_m1();
    let first = all / h - 1.0;
    let second = first / h - 0.5;
    [first / all, 2.0 * second / all]
}

impl Solver for UniPc {
    fn advance(&mut self, point: &Point<'_>, _: &mut dyn FnMut(&mut [f32])) -> Move {
        let Point {
            estimate, from, to, ..
        } = point;
        let data = &estimate.data;
        let before = self.before.take();
        let x = match &before {
            Some(before) => before.corrected(data),
            None => point.x.to_vec(),
        };
        let step = to.lambda() - from.lambda();
        let of_x = to.sigma / from.sigma;
        let of_data = -to.alpha * (-step).exp_m1();
        let earlier = before
            .filter(|_| !point.is_last())
            .map(|before| (before.data, before.step));
        let moved = match &earlier {
            Some((earlier, step_before)) => {
                let slope = 0.5 * step / step_before;
                combine(&[
                    (of_x, &x),
                    (of_data * (1.0 + slope), data),
                    (-of_data * slope, earlier),
                ])
            }
            None => combine(&[(of_x, &x), (of_data, data)]),
        };
        self.before = Some(Before {
            x,
            data: data.clone(),
            step,
            earlier,
            of_x,
            alpha: to.alpha,
        });
        Move::To(moved)
    }
}
