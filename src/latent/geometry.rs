//! Lengths, angles and planes among codes.
//!
//! All functions compute in `f64`; two codes should have the same length, and what lies beyond
//! the shorter one is left out.

use thiserror::Error;

/// Below this sine of the angle at the first point, three points count as lying on one line:
/// `f32` codes could not tell which plane goes through them.
const SMALLEST_SINE: f64 = 1e-6;

/// The sum of the products, `a . b`.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum()
}

/// The Euclidean norm.
pub fn norm(values: &[f32]) -> f64 {
    dot(values, values).sqrt()
}

/// The Euclidean distance of two codes.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    // Sums side by side: one after the other, each addition waits for the one before, and a
    // search among 10,000 codes takes 1.9 ms instead of 0.3.
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let len = a.len().min(b.len());
    let (a, b) = (a[..len].chunks_exact(LANES), b[..len].chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder());
    let square = |a: f32, b: f32| (f64::from(a) - f64::from(b)).powi(2);
    let rest: f64 = rest.map(|(&a, &b)| square(a, b)).sum();
    for (a, b) in a.zip(b) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += square(a, b);
        }
    }
    (sums.iter().sum::<f64>() + rest).sqrt()
}

/// The angle between two codes in radians, 0 when one of them has no direction.
///
/// Kahan's formula `2 atan2(|u - v|, |u + v|)` for unit vectors ("How Futile are Mindless
/// Assessments of Roundoff in Floating-Point Computation?", 2006, section 12): unlike the arc
/// cosine of the dot product it stays exact for tiny angles and for nearly opposite codes.
pub fn angle(a: &[f32], b: &[f32]) -> f64 {
    let (norm_a, norm_b) = (norm(a), norm(b));
    if norm_a == 0.0 || norm_b == 0.0 || !(norm_a * norm_b).is_finite() {
        return 0.0;
    }
    let (mut difference, mut sum) = (0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (u, v) = (f64::from(a) / norm_a, f64::from(b) / norm_b);
        difference += (u - v) * (u - v);
        sum += (u + v) * (u + v);
    }
    2.0 * difference.sqrt().atan2(sum.sqrt())
}

/// The part of `a` that lies along `b`, `(a . b / b . b) * b`; zero when `b` has no direction.
pub fn projection(a: &[f32], b: &[f32]) -> Vec<f32> {
    let along = along(a, b);
    a.iter()
        .zip(b)
        .map(|(_, &b)| (along * f64::from(b)) as f32)
        .collect()
}

/// What remains of `a` without the part that lies along `b`: `a - (a . b / b . b) * b`, which
/// is at a right angle to `b`; all of `a` when `b` has no direction.
pub fn rejection(a: &[f32], b: &[f32]) -> Vec<f32> {
    let along = along(a, b);
    a.iter()
        .zip(b)
        .map(|(&a, &b)| (f64::from(a) - along * f64::from(b)) as f32)
        .collect()
}

/// How many times `b` the part of `a` along `b` is.
fn along(a: &[f32], b: &[f32]) -> f64 {
    let square = dot(b, b);
    if square > 0.0 {
        dot(a, b) / square
    } else {
        0.0
    }
}

/// Why codes span no plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PlaneError {
    #[error("the three codes have {0}, {1} and {2} numbers, and a plane needs as many in each")]
    Lengths(usize, usize, usize),
    #[error("a plane needs codes of two numbers or more")]
    TooFewNumbers,
    #[error("two of the three codes are the same, so many planes go through them")]
    SamePoint,
    #[error("the three codes lie on one line, so many planes go through them")]
    OneLine,
    #[error("the codes hold numbers that are not finite")]
    NotFinite,
}

/// A plane in a latent space: an origin and two axes of length 1 at a right angle.
#[derive(Clone, PartialEq, Debug)]
pub struct Plane {
    origin: Vec<f64>,
    axes: [Vec<f64>; 2],
}

impl Plane {
    /// The plane through three codes: `a` is the origin, the first axis points to `b`, and the
    /// second to the side on which `c` lies (Gram-Schmidt).
    ///
    /// # Errors
    /// When the codes span no plane.
    pub fn through(a: &[f32], b: &[f32], c: &[f32]) -> Result<Self, PlaneError> {
        if a.len() != b.len() || a.len() != c.len() {
            return Err(PlaneError::Lengths(a.len(), b.len(), c.len()));
        }
        let from_a = |to: &[f32]| -> Vec<f64> {
            let pairs = to.iter().zip(a);
            pairs
                .map(|(&to, &a)| f64::from(to) - f64::from(a))
                .collect()
        };
        Self::spanned(
            a.iter().copied().map(f64::from).collect(),
            from_a(b),
            from_a(c),
        )
    }

    /// The plane through `origin` along two directions of any length, such as two raw axes or
    /// two principal components. The first axis is that of `first`.
    ///
    /// # Errors
    /// When the directions span no plane.
    pub fn along(origin: &[f32], first: &[f32], second: &[f32]) -> Result<Self, PlaneError> {
        if origin.len() != first.len() || origin.len() != second.len() {
            return Err(PlaneError::Lengths(origin.len(), first.len(), second.len()));
        }
        let wide = |values: &[f32]| values.iter().copied().map(f64::from).collect();
        Self::spanned(wide(origin), wide(first), wide(second))
    }

    fn spanned(origin: Vec<f64>, first: Vec<f64>, second: Vec<f64>) -> Result<Self, PlaneError> {
        let all = origin.iter().chain(&first).chain(&second);
        if all.into_iter().any(|value| !value.is_finite()) {
            return Err(PlaneError::NotFinite);
        }
        if origin.len() < 2 {
            return Err(PlaneError::TooFewNumbers);
        }
        let (length, second_length) = (norm_wide(&first), norm_wide(&second));
        if length == 0.0 || second_length == 0.0 {
            return Err(PlaneError::SamePoint);
        }
        let first: Vec<f64> = first.iter().map(|value| value / length).collect();
        let mut rest: Vec<f64> = second.iter().map(|value| value / second_length).collect();
        // Twice is enough: what rounding leaves of the first axis after the first pass is gone
        // after the second (Giraud, Langou and Rozložník 2005).
        for _ in 0..2 {
            let along = dot_wide(&rest, &first);
            for (rest, first) in rest.iter_mut().zip(&first) {
                *rest -= along * first;
            }
        }
        let sine = norm_wide(&rest);
        if sine < SMALLEST_SINE {
            return Err(PlaneError::OneLine);
        }
        let second = rest.iter().map(|value| value / sine).collect();
        Ok(Self {
            origin,
            axes: [first, second],
        })
    }

    /// How many numbers a code of the plane has.
    pub fn dim(&self) -> usize {
        self.origin.len()
    }

    /// The code at `(x, y)`, in the units of the codes.
    pub fn point(&self, x: f64, y: f64) -> Vec<f32> {
        let axes = self.axes[0].iter().zip(&self.axes[1]);
        self.origin
            .iter()
            .zip(axes)
            .map(|(origin, (first, second))| (origin + x * first + y * second) as f32)
            .collect()
    }

    /// Where the point of the plane that is nearest to a code lies.
    pub fn coordinates(&self, code: &[f32]) -> [f64; 2] {
        self.axes.each_ref().map(|axis| {
            code.iter()
                .zip(&self.origin)
                .zip(axis)
                .map(|((&code, origin), axis)| (f64::from(code) - origin) * axis)
                .sum()
        })
    }

    /// How far a code lies from the plane.
    pub fn distance(&self, code: &[f32]) -> f64 {
        let [x, y] = self.coordinates(code);
        let axes = self.axes[0].iter().zip(&self.axes[1]);
        code.iter()
            .zip(&self.origin)
            .zip(axes)
            .map(|((&code, origin), (first, second))| {
                (f64::from(code) - origin - x * first - y * second).powi(2)
            })
            .sum::<f64>()
            .sqrt()
    }

    /// The two axes, of length 1.
    pub fn axes(&self) -> [Vec<f32>; 2] {
        self.axes
            .each_ref()
            .map(|axis| axis.iter().map(|&value| value as f32).collect())
    }
}

/// How much of `b - a` and of `c - a` leads from `a` to the point `(x, y)` of the plane through
/// the three: the numbers `s` and `t` of `a + s*(b - a) + t*(c - a)`.
///
/// With them a point of the plane is a value of the language without its numbers written out.
///
/// # Errors
/// When the codes span no plane.
pub fn shares(a: &[f32], b: &[f32], c: &[f32], [x, y]: [f64; 2]) -> Result<[f64; 2], PlaneError> {
    let plane = Plane::through(a, b, c)?;
    // By construction `b` lies on the first axis, and `c` above it.
    let [b_x, _] = plane.coordinates(b);
    let [c_x, c_y] = plane.coordinates(c);
    let t = y / c_y;
    Ok([(x - t * c_x) / b_x, t])
}

fn dot_wide(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm_wide(values: &[f64]) -> f64 {
    // Scaled, because the difference of the largest codes squared is too large for f64.
    let most = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    if most == 0.0 {
        return 0.0;
    }
    let scaled: f64 = values.iter().map(|value| (value / most).powi(2)).sum();
    most * scaled.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_at_a_right_angle() {
        let (a, b) = ([3.0, 4.0, 5.0], [0.0, 2.0, 0.0]);
        assert_eq!(rejection(&a, &b), [3.0, 0.0, 5.0]);
        assert_eq!(projection(&a, &b), [0.0, 4.0, 0.0]);
        assert_eq!(rejection(&a, &[0.0; 3]), a);
        assert_eq!(projection(&a, &[0.0; 3]), [0.0; 3]);
    }

    #[test]
    fn angles_are_exact_where_the_arc_cosine_is_not() {
        assert_eq!(angle(&[1.0, 0.0], &[0.0, 3.0]), std::f64::consts::FRAC_PI_2);
        assert_eq!(angle(&[1.0, 0.0], &[-2.0, 0.0]), std::f64::consts::PI);
        assert_eq!(angle(&[1.0, 0.0], &[0.0, 0.0]), 0.0);
        // The cosine of this angle is 1 in f64.
        let tiny = angle(&[1.0, 0.0], &[1.0, 1e-10]);
        assert!((tiny / 1e-10 - 1.0).abs() < 1e-7, "{tiny}");
    }

    #[test]
    fn a_plane_through_three_codes() {
        let (a, b, c) = ([1.0, 1.0, 1.0], [3.0, 1.0, 1.0], [2.0, 4.0, 1.0]);
        let plane = Plane::through(&a, &b, &c).expect("they span a plane");
        assert_eq!(plane.dim(), 3);
        assert_eq!(plane.axes(), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
        assert_eq!(plane.coordinates(&a), [0.0, 0.0]);
        assert_eq!(plane.coordinates(&b), [2.0, 0.0]);
        assert_eq!(plane.coordinates(&c), [1.0, 3.0]);
        assert_eq!(plane.point(-1.0, 2.0), [0.0, 3.0, 1.0]);
        assert_eq!(plane.distance(&[5.0, 5.0, -3.0]), 4.0);
        assert_eq!(shares(&a, &b, &c, [2.0, 6.0]), Ok([0.0, 2.0]));
        assert_eq!(shares(&a, &b, &c, [1.0, 0.0]), Ok([0.5, 0.0]));
    }

    #[test]
    fn codes_that_span_no_plane_are_refused() {
        let through = |a: &[f32], b: &[f32], c: &[f32]| Plane::through(a, b, c).unwrap_err();
        let (a, b) = ([0.0, 1.0], [2.0, 3.0]);
        assert_eq!(through(&a, &a, &b), PlaneError::SamePoint);
        assert_eq!(through(&a, &b, &a), PlaneError::SamePoint);
        assert_eq!(through(&a, &b, &b), PlaneError::OneLine);
        assert_eq!(through(&a, &b, &[4.0, 5.0]), PlaneError::OneLine);
        assert_eq!(through(&a, &b, &[1.0]), PlaneError::Lengths(2, 2, 1));
        assert_eq!(through(&[0.0], &[1.0], &[2.0]), PlaneError::TooFewNumbers);
        assert_eq!(through(&a, &b, &[f32::NAN, 0.0]), PlaneError::NotFinite);
        let most = f32::MAX;
        assert!(Plane::through(&[-most, most], &[most, most], &[most, -most]).is_ok());
        assert_eq!(
            Plane::along(&a, &b, &[0.0, 0.0]).unwrap_err(),
            PlaneError::SamePoint
        );
    }
}
