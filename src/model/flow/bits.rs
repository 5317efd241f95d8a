//! Densities as numbers of bits, for pictures whose pixels have 256 values.

/// Values that a pixel has.
pub const VALUES: f32 = 256.0;

/// How many bits a number of a picture takes, by the natural logarithm of the picture's density and
/// how many numbers it has: a density over 0..1 is that over 256 values times 256 for each number.
pub fn bits_per_dimension(log_density: f64, dimensions: usize) -> f64 {
    f64::from(VALUES.log2()) - log_density / (dimensions as f64 * std::f64::consts::LN_2)
}

/// The middle of the part of 0..1 that belongs to the value of a pixel in 0..1.
pub fn middle(pixel: f32) -> f32 {
    ((pixel * (VALUES - 1.0)).round() + 0.5) / VALUES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_which_nothing_is_known_take_eight_bits() {
        assert_eq!(bits_per_dimension(0.0, 784), 8.0);
        // Twice as dense in each of two numbers is one bit less in each.
        assert_eq!(bits_per_dimension(2.0 * 2.0_f64.ln(), 2), 7.0);
    }

    #[test]
    fn every_value_has_a_middle_of_its_own() {
        assert_eq!([middle(0.0), middle(1.0)], [0.5 / 256.0, 255.5 / 256.0]);
        assert_eq!(middle(100.0 / 255.0), 100.5 / 256.0);
    }
}
