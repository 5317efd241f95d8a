//! Densities as numbers of bits, for pictures whose pixels have 256 values.

/// Values that a pixel has.
pub const VALUES: f32 = 256.0;

/// How many bits a number of a picture takes, by the natural logarithm of the picture's density and
/// how many numbers it has. From one value to the next it is 1/255, so a density over values is one over
/// 0..1 divided by 255 for each number.
pub fn bits_per_dimension(log_density: f64, dimensions: usize) -> f64 {
    let steps = f64::from(VALUES - 1.0);
    steps.log2() - log_density / (dimensions as f64 * std::f64::consts::LN_2)
}

/// A pixel in 0..1 of 256 values as one of any value, half way to the next one at most: `share` is in
/// 0..1 and says how much of the way between the two halves it has gone.
pub fn dequantised(pixel: f32, share: f32) -> f32 {
    let value = (pixel * (VALUES - 1.0)).round();
    (value + share - 0.5) / (VALUES - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_of_one_for_each_value_takes_no_bits() {
        let dimensions = 784;
        let density = 255.0_f64.ln() * dimensions as f64;
        assert!(bits_per_dimension(density, dimensions).abs() < 1e-9);
        // Half as dense in each of two numbers is one bit more in each.
        let bits = bits_per_dimension(2.0 * (255.0_f64 / 2.0).ln(), 2);
        assert!((bits - 1.0).abs() < 1e-9, "{bits}");
    }

    #[test]
    fn values_meet_half_way() {
        assert_eq!(dequantised(0.0, 0.5), 0.0);
        assert_eq!(dequantised(1.0, 0.5), 1.0);
        assert_eq!(dequantised(0.0, 1.0), dequantised(1.0 / 255.0, 0.0));
        assert_eq!(dequantised(100.3 / 255.0, 0.5), 100.0 / 255.0);
    }
}
