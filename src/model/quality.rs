//! What was measured of a model, as a person reads it. Files and JSON hold the numbers whole.

use std::collections::BTreeMap;

/// Measures by name, as manifests hold them.
pub type Quality = BTreeMap<String, f64>;

/// Whether a measure is that of a single label, as `accuracy_of_hat`.
pub fn is_of_label(measure: &str) -> bool {
    let of_label = [
        "accuracy",
        "accuracy_w",
        "accuracy_z",
        "commoner_answer",
        "condition_obeyed",
        "label_kept",
        "share",
        "share_in_data",
        "word_obeyed",
    ];
    of_label
        .iter()
        .any(|of| measure.contains(&format!("{of}_of_")))
}

/// A value in five significant digits, at most four of them behind the point.
pub fn shown(value: f64) -> String {
    let before_point = value.abs().max(1.0).log10().floor();
    let decimals = (4.0 - before_point).clamp(0.0, 4.0) as usize;
    format!("{value:.decimals$}")
}

/// A line for every measure, names and values in columns.
pub fn lines(quality: &Quality) -> Vec<String> {
    let rows: Vec<(&str, String)> = quality
        .iter()
        .map(|(measure, value)| (measure.as_str(), shown(*value)))
        .collect();
    let names = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let values = rows.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
    rows.into_iter()
        .map(move |(name, value)| format!("{name:<names$}  {value:>values$}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Quality, lines, shown};

    #[test]
    fn values_have_the_digits_that_mean_something() {
        for (value, text) in [
            (619.632_126_476, "619.63"),
            (0.839_031_25, "0.8390"),
            (0.024, "0.0240"),
            (4.871_818_2, "4.8718"),
            (127_210.290_587, "127210"),
            (-135.912_34, "-135.91"),
            (0.0, "0.0000"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(shown(value), text);
        }
    }

    #[test]
    fn lines_stand_in_columns() {
        let quality = Quality::from([("fd".to_owned(), 619.632), ("recall".to_owned(), 0.024)]);
        assert_eq!(lines(&quality), ["fd      619.63", "recall  0.0240"]);
        assert!(lines(&Quality::new()).is_empty());
    }
}
