//! Two values, number by number, with sides of 1 stretched.

use super::processor;
use super::strided::{AXES, strides};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Combine {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Two values of the shapes that a plan has checked.
#[derive(Debug)]
pub struct Binary {
    combine: Combine,
    sides: [usize; AXES],
    strides: [[usize; AXES]; 2],
}

impl Binary {
    /// `shape` is what is written; `a` and `b` have as many axes, some of them 1.
    pub fn new(combine: Combine, shape: &[usize], a: &[usize], b: &[usize]) -> Self {
        let stretched = |of: &[usize]| {
            let steps = strides(of).into_iter().zip(of);
            let steps = steps.map(|(stride, &side)| if side == 1 { 0 } else { stride });
            steps.collect::<Vec<_>>()
        };
        let (a, b) = (stretched(a), stretched(b));
        // Neighbouring axes that both values walk through alike become one.
        let mut joined: Vec<(usize, [usize; 2])> = Vec::new();
        for (&side, (a, b)) in shape.iter().zip(a.into_iter().zip(b)) {
            if side == 1 {
                continue;
            }
            match joined.last_mut() {
                Some((before, [x, y])) if *x == a * side && *y == b * side => {
                    *before *= side;
                    (*x, *y) = (a, b);
                }
                _ => joined.push((side, [a, b])),
            }
        }
        let mut sides = [1; AXES];
        let mut all = [[0; AXES]; 2];
        let first = AXES - joined.len().min(AXES);
        for (at, (side, steps)) in joined.into_iter().enumerate() {
            sides[first + at] = side;
            all[0][first + at] = steps[0];
            all[1][first + at] = steps[1];
        }
        Self {
            combine,
            sides,
            strides: all,
        }
    }

    pub fn run(&self, a: &[f32], b: &[f32], output: &mut [f32]) {
        match self.combine {
            Combine::Add => self.each(a, b, output, |a, b| a + b),
            Combine::Subtract => self.each(a, b, output, |a, b| a - b),
            Combine::Multiply => self.each(a, b, output, |a, b| a * b),
            Combine::Divide => self.each(a, b, output, |a, b| a / b),
        }
    }

    fn each(&self, a: &[f32], b: &[f32], output: &mut [f32], combine: impl Fn(f32, f32) -> f32) {
        let [first, second, third, last] = self.sides;
        let [a_steps, b_steps] = self.strides;
        let at = |steps: [usize; AXES], i: usize, j: usize, k: usize| {
            i * steps[0] + j * steps[1] + k * steps[2]
        };
        processor::vectorised(
            #[inline(always)]
            || {
                let mut rows = output.chunks_exact_mut(last);
                for i in 0..first {
                    for j in 0..second {
                        for k in 0..third {
                            let Some(row) = rows.next() else { return };
                            let (a, b) = (&a[at(a_steps, i, j, k)..], &b[at(b_steps, i, j, k)..]);
                            match (a_steps[3], b_steps[3]) {
                                (0, 0) => row.fill(combine(a[0], b[0])),
                                (0, _) => {
                                    for (value, &b) in row.iter_mut().zip(b) {
                                        *value = combine(a[0], b);
                                    }
                                }
                                (_, 0) => {
                                    for (value, &a) in row.iter_mut().zip(a) {
                                        *value = combine(a, b[0]);
                                    }
                                }
                                _ => {
                                    for (value, (&a, &b)) in row.iter_mut().zip(a.iter().zip(b)) {
                                        *value = combine(a, b);
                                    }
                                }
                            }
                        }
                    }
                }
            },
        );
    }
}
