//! Directions in closed form, against NumPy.

use serde::Deserialize;
use zscape::latent::sefa::sefa;

#[derive(Deserialize)]
struct Reference {
    dim: usize,
    weights: Vec<f32>,
    axes: Vec<f32>,
    eigenvalues: Vec<f64>,
}

/// Made by `tests/data/make_sefa_reference.py`.
#[test]
fn directions_of_weights_are_what_numpy_gives() {
    let text = include_str!("../../data/sefa_reference.json");
    let reference: Reference = serde_json::from_str(text).expect("it is JSON");
    let (axes, strengths) = sefa(&reference.weights, reference.dim).expect("sound weights");
    assert_eq!(axes.len(), reference.dim);
    for (number, wanted) in reference.axes.chunks_exact(reference.dim).enumerate() {
        for (found, wanted) in axes[number].iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 1e-5,
                "direction {number}: {found}, not {wanted}"
            );
        }
        let (found, wanted) = (strengths[number], reference.eigenvalues[number]);
        assert!((found / wanted - 1.0).abs() < 1e-5, "{found}, not {wanted}");
    }
}
