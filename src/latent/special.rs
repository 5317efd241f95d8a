//! The incomplete gamma function, from which the distributions of norms and tails follow.

/// Where the Stirling series is exact to `f64` with the terms that are written out below.
const STIRLING_FROM: f64 = 10.0;
/// Terms of a series or a continued fraction; both need about `9 sqrt(a)`, and `a` is at most
/// half the length of a code.
const MAX_TERMS: usize = 1_000_000;

/// The natural logarithm of the gamma function, for `x` above 0.
///
/// Stirling's series (Abramowitz and Stegun 1964, 6.1.41), from smaller arguments up by
/// `gamma(x + 1) = x gamma(x)`.
pub(super) fn ln_gamma(x: f64) -> f64 {
    let (mut product, mut x) = (1.0, x);
    while x < STIRLING_FROM {
        product *= x;
        x += 1.0;
    }
    (x - 0.5) * x.ln() - x + half_ln_two_pi() + stirling_correction(x) - product.ln()
}

fn half_ln_two_pi() -> f64 {
    0.5 * std::f64::consts::TAU.ln()
}

/// What the Stirling series adds to `(x - 1/2) ln x - x + ln(2 pi)/2`.
fn stirling_correction(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    let inverse_square = 1.0 / (x * x);
    let sum = COEFFICIENTS
        .iter()
        .rev()
        .fold(0.0, |sum, coefficient| sum * inverse_square + coefficient);
    sum / x
}

/// The regularised incomplete gamma functions `P(a, x)` and `Q(a, x) = 1 - P(a, x)`, for `a`
/// above 0 and `x` of 0 or more; each is exact also where it is tiny.
///
/// The series of `P` below `a + 1` and the continued fraction of `Q` above (Abramowitz and
/// Stegun 1964, 6.5.29 and 6.5.31), the latter by the method of Lentz, as Thompson and Barnett
/// (1986) changed it.
pub(super) fn gamma_p_q(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    let factor = density_factor(a, x);
    if x < a + 1.0 {
        let mut term = 1.0 / a;
        let mut sum = term;
        for n in 1..MAX_TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * f64::EPSILON / 4.0 {
                break;
            }
        }
        let p = (factor * sum).min(1.0);
        (p, 1.0 - p)
    } else {
        // Keeps a denominator from being zero.
        const TINY: f64 = 1e-300;
        let mut b = x + 1.0 - a;
        let mut c = 1.0 / TINY;
        let mut d = 1.0 / b;
        let mut fraction = d;
        for n in 1..MAX_TERMS {
            let n = n as f64;
            let numerator = -n * (n - a);
            b += 2.0;
            d = numerator * d + b;
            c = b + numerator / c;
            if d.abs() < TINY {
                d = TINY;
            }
            if c.abs() < TINY {
                c = TINY;
            }
            d = 1.0 / d;
            fraction *= d * c;
            if (d * c - 1.0).abs() < f64::EPSILON {
                break;
            }
        }
        let q = (factor * fraction).min(1.0);
        (1.0 - q, q)
    }
}

/// `x^a e^-x / gamma(a)`.
fn density_factor(a: f64, x: f64) -> f64 {
    if a < STIRLING_FROM {
        return (a * x.ln() - x - ln_gamma(a)).exp();
    }
    // The large numbers of the logarithms cancel here before they are rounded.
    let off = (x - a) / a;
    let exponent = a * (off.ln_1p() - off);
    (exponent + 0.5 * a.ln() - half_ln_two_pi() - stirling_correction(a)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_of_whole_and_half_numbers() {
        let mut factorial = 1.0_f64;
        for n in 1..30 {
            let found = ln_gamma(f64::from(n));
            assert!(
                (found - factorial.ln()).abs() < 1e-13 * found.abs().max(1.0),
                "{n}"
            );
            factorial *= f64::from(n);
        }
        let half = ln_gamma(0.5);
        assert!(
            (half - 0.5 * std::f64::consts::PI.ln()).abs() < 1e-14,
            "{half}"
        );
    }

    #[test]
    fn one_degree_is_the_exponential() {
        for x in [1e-9, 0.1, 1.0, 1.9, 2.1, 30.0, 600.0] {
            let (p, q) = gamma_p_q(1.0, x);
            assert!((q / (-x).exp() - 1.0).abs() < 1e-12, "{x}: {q}");
            assert!((p / -(-x).exp_m1() - 1.0).abs() < 1e-12, "{x}: {p}");
        }
        assert_eq!(gamma_p_q(3.0, 0.0), (0.0, 1.0));
        assert_eq!(gamma_p_q(3.0, f64::INFINITY), (1.0, 0.0));
    }

    #[test]
    fn both_ways_meet_where_one_takes_over() {
        for a in [0.5, 4.0, 32.0, 256.0, 5e5] {
            let below = gamma_p_q(a, (a + 1.0) * (1.0 - 1e-12));
            let above = gamma_p_q(a, (a + 1.0) * (1.0 + 1e-12));
            let tolerance = 1e-12 * a.sqrt().max(1.0) * 10.0;
            assert!(
                (below.0 - above.0).abs() < tolerance,
                "{a}: {below:?} {above:?}"
            );
        }
    }
}
