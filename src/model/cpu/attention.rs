//! Products of two activations: attention and plain matrices.

use super::axes::softmax;
use super::processor;
use super::step::Work;

/// Scaled dot-product attention: queries `[n, heads * d]`, keys `[m, heads * d]`, values
/// `[m, heads * v]`.
#[derive(Debug)]
pub struct Attention {
    pub heads: usize,
    pub causal: bool,
    /// Numbers of a query and of a value, all heads together.
    pub features: [usize; 2],
}

impl Attention {
    pub fn run(
        &self,
        [queries, keys, values]: [&[f32]; 3],
        output: &mut [f32],
        work: &mut Work,
        cores: usize,
    ) {
        let [all_d, all_v] = self.features;
        let (d, v) = (all_d / self.heads, all_v / self.heads);
        let count = keys.len() / all_d;
        let scale = 1.0 / (d as f32).sqrt();
        // The keys of each head turned over, so that scores are sums of long runs.
        let turned = &mut work.first;
        turned.resize(self.heads * d * count, 0.0);
        for (at, row) in turned.chunks_exact_mut(count).enumerate() {
            for (value, key) in row.iter_mut().zip(keys.chunks_exact(all_d)) {
                *value = key[at] * scale;
            }
        }
        let turned = &turned[..];
        let rows = queries.len() / all_d;
        let work = rows.saturating_mul(count).saturating_mul(all_d + all_v);
        let at_once = rows.div_ceil(super::parts_of(work, cores)).max(1);
        let parts = output.chunks_mut(at_once * all_v).enumerate();
        processor::each_part(parts, |(part, output)| {
            let mut scores = vec![0.0; count];
            let mut weights = vec![0.0; count];
            for (index, output) in output.chunks_exact_mut(all_v).enumerate() {
                let place = part * at_once + index;
                let query = &queries[place * all_d..][..all_d];
                let seen = if self.causal {
                    count.min(place + 1)
                } else {
                    count
                };
                for (head, output) in output.chunks_exact_mut(v).enumerate() {
                    let keys = &turned[head * d * count..][..d * count];
                    let (scores, weights) = (&mut scores[..seen], &mut weights[..seen]);
                    scores.fill(0.0);
                    let query = &query[head * d..][..d];
                    sum_rows(query, |at| &keys[at * count..][..seen], scores);
                    softmax(scores, weights);
                    output.fill(0.0);
                    sum_rows(weights, |at| &values[at * all_v + head * v..][..v], output);
                }
            }
        });
    }
}

/// Adds `factor * row` for each factor and its row.
fn sum_rows<'a>(factors: &[f32], row: impl Fn(usize) -> &'a [f32], output: &mut [f32]) {
    processor::vectorised(
        #[inline(always)]
        || {
            for (at, &factor) in factors.iter().enumerate() {
                for (sum, x) in output.iter_mut().zip(row(at)) {
                    *sum += factor * x;
                }
            }
        },
    );
}

/// `[..., n, k]` times `[..., k, m]`.
#[derive(Debug)]
pub struct MatMul {
    pub inner: usize,
    pub columns: usize,
}

impl MatMul {
    pub fn run(&self, a: &[f32], b: &[f32], output: &mut [f32]) {
        let (inner, columns) = (self.inner, self.columns);
        let stacks = b.len() / (inner * columns);
        let rows = a.len() / (inner * stacks);
        let stacks = output
            .chunks_exact_mut(rows * columns)
            .zip(a.chunks_exact(rows * inner))
            .zip(b.chunks_exact(inner * columns));
        for ((output, a), b) in stacks {
            for (output, a) in output.chunks_exact_mut(columns).zip(a.chunks_exact(inner)) {
                output.fill(0.0);
                sum_rows(a, |at| &b[at * columns..][..columns], output);
            }
        }
    }
}
