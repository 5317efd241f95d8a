//! Norms and tails against SciPy.

use serde_json::Value;
use zscape::latent::prior::{Shell, two_sided_tail};

/// Whether two numbers agree to a relative error; SciPy's own lie within 1e-12 or so.
#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1e-290);
    assert!(
        (found - expected).abs() <= tolerance * scale,
        "{found:e} is not {expected:e}"
    );
}

#[test]
fn norms_and_tails_are_those_of_scipy() {
    let data: Value = serde_json::from_str(include_str!("../../data/scipy_chi.json")).unwrap();
    let number = |case: &Value, key: &str| case[key].as_f64().unwrap();
    let list = |case: &Value, key: &str| case[key].as_array().unwrap().clone();
    let mut checked = 0;
    for case in list(&data, "chi") {
        let shell = Shell::new(case["dim"].as_u64().unwrap() as usize);
        assert_close(shell.mean(), number(&case, "mean"), 1e-11);
        assert_close(shell.sigma(), number(&case, "sigma"), 1e-9);
        for at in list(&case, "norms") {
            let norm = number(&at, "norm");
            assert_close(shell.share_within(norm), number(&at, "within"), 1e-9);
            assert_close(shell.share_beyond(norm), number(&at, "beyond"), 1e-9);
            checked += 1;
        }
        for at in list(&case, "quantiles") {
            let norm = shell.quantile(number(&at, "share"));
            assert_close(norm, number(&at, "norm"), 1e-9);
        }
    }
    for case in list(&data, "tails") {
        assert_close(
            two_sided_tail(number(&case, "z")),
            number(&case, "tail"),
            1e-11,
        );
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}
