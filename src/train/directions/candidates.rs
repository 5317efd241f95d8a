//! Directions before they are measured: probes, components, eigenvectors of weights.

use super::attributes::{AttributeClassifier, Predictions};
use super::effect::Candidate;
use crate::latent::Space;
use crate::latent::pca::Pca;
use crate::latent::probe::{Found, deviation_along};
use crate::latent::sefa::sefa;
use crate::model::directions::{Method, Rejected};
use crate::model::manifest::{LabelKind, LayerSpec, Role};
use crate::model::{ModelError, ModelFile};
use crate::train::TrainError;
use crate::train::probes::{self, Table};
use std::collections::BTreeMap;

/// Directions of each unsupervised method.
const OF_EACH: usize = 6;
/// How many directions come without labels at most, for each space.
pub const UNSUPERVISED: usize = 2 * OF_EACH;
/// Labels that are probed between two looks at Ctrl+C.
const PROBED_AT_ONCE: usize = 4;
/// The longest label in a name.
const MAX_LABEL: usize = 40;

/// Codes and the labels of their pictures.
pub struct Labelled {
    /// Codes of the prior in z and in w, and what is seen in their pictures.
    pub z: Vec<f32>,
    pub w: Option<Vec<f32>>,
    pub seen: Predictions,
    /// The codes in z that are probed, those in w being of the same samples; and their labels.
    pub probed_z: Vec<f32>,
    pub table: Table,
    /// Codes of data in z.
    pub encoded: Option<Vec<f32>>,
}

/// The probes of labels, to take one label out of the direction of another.
#[derive(Default)]
pub struct Probes(BTreeMap<(Space, usize), Probed>);

struct Probed {
    normal: Vec<f32>,
    pattern: Vec<f32>,
}

impl Probes {
    /// A direction with the patterns of other labels taken out of it, as far as their probes see it
    /// go along; `None` where none of them has a probe.
    pub fn conditional(&self, space: Space, step: &[f32], others: &[usize]) -> Option<Vec<f32>> {
        let known: Vec<&Probed> = others
            .iter()
            .filter_map(|&label| self.0.get(&(space, label)))
            .collect();
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
            products.sum()
        };
        let mut step = step.to_vec();
        // One after the other, and again, since taking out the one brings back a bit of the other.
        for probed in known.iter().chain(&known) {
            let along = dot(&probed.normal, &probed.pattern);
            if along.abs() < f64::EPSILON {
                continue;
            }
            let part = (dot(&probed.normal, &step) / along) as f32;
            for (value, pattern) in step.iter_mut().zip(&probed.pattern) {
                *value -= part * pattern;
            }
        }
        (!known.is_empty()).then_some(step)
    }
}

impl Labelled {
    /// Whether the probed codes of a space vary more in some directions than in others: those of w,
    /// and those that an encoder found, which leaves numbers alone that nothing is encoded in.
    pub fn is_uneven(&self, space: Space) -> bool {
        space == Space::W || self.encoded.is_some()
    }
}

/// A probe for each of some labels in each space.
///
/// # Errors
/// When `pause`, which is called now and then, says so.
pub fn supervised(
    attributes: &AttributeClassifier,
    labelled: &Labelled,
    labels: &[usize],
    left_out: &mut Vec<Rejected>,
    pause: &mut dyn FnMut() -> Result<(), TrainError>,
) -> Result<(Vec<Candidate>, Probes), TrainError> {
    let rows = labelled.table.rows().max(1);
    let mut known_probes = Probes::default();
    let spaces = [
        labelled.w.as_deref().map(|w| (Space::W, w)),
        Some((Space::Z, &labelled.probed_z[..])),
    ];
    let mut found = Vec::new();
    for (space, codes) in spaces.into_iter().flatten() {
        let dim = codes.len() / rows;
        for part in labels.chunks(PROBED_AT_ONCE) {
            let probes = probes::probe(codes, dim, &labelled.table, part);
            for (&label, probe) in part.iter().zip(probes) {
                let known = attributes.title(label);
                let candidate = |method, step, probe: &Found| Candidate {
                    name: name(attributes.kind(), &known, space, labelled.w.is_some()),
                    space,
                    method,
                    step,
                    label: Some(label),
                    accuracy: Some(probe.accuracy),
                    baseline: Some(probe.baseline),
                };
                match probe {
                    Ok(probe) => {
                        // Numbers drawn from the prior do not depend on each other and vary alike, so
                        // the two are the same there; of two the one with the better score is kept.
                        let mut pattern_step = probe.step.clone();
                        if labelled.is_uneven(space) {
                            pattern_step = pattern(codes, &probe.step);
                            let step = pattern_step.clone();
                            found.push(candidate(Method::ProbePattern, step, &probe));
                        }
                        found.push(candidate(Method::Probe, probe.step.clone(), &probe));
                        let probed = Probed {
                            normal: probe.step,
                            pattern: pattern_step,
                        };
                        known_probes.0.insert((space, label), probed);
                    }
                    Err(fault) => left_out.push(Rejected {
                        label: known,
                        reason: format!("in {space}: {fault}"),
                    }),
                }
            }
            pause()?;
        }
    }
    Ok((found, known_probes))
}

/// How codes change on average when they lie one standard deviation further along `normal`: the
/// pattern that goes with the weights of a linear model, `C n / sqrt(n^T C n)` with `C` the
/// covariance of the codes (Haufe et al. 2014). Where codes spread unevenly, a normal prefers the
/// directions in which they hardly spread, and a step along it alone shows little.
fn pattern(codes: &[f32], normal: &[f32]) -> Vec<f32> {
    let dim = normal.len().max(1);
    let rows = codes.chunks_exact(dim);
    let count = rows.len().max(1) as f64;
    let mut mean = vec![0.0f64; dim];
    for row in rows.clone() {
        for (mean, &value) in mean.iter_mut().zip(row) {
            *mean += f64::from(value) / count;
        }
    }
    let mut sum = vec![0.0f64; dim];
    let mut square = 0.0;
    for row in rows {
        let centred = || {
            row.iter()
                .zip(&mean)
                .map(|(&value, mean)| f64::from(value) - mean)
        };
        let along: f64 = centred().zip(normal).map(|(v, &n)| v * f64::from(n)).sum();
        square += along * along / count;
        for (sum, value) in sum.iter_mut().zip(centred()) {
            *sum += value * along / count;
        }
    }
    let sigma = square.sqrt();
    if sigma > 0.0 {
        sum.into_iter()
            .map(|value| (value / sigma) as f32)
            .collect()
    } else {
        normal.to_vec()
    }
}

/// What the direction of a label is called. A name in an expression stands in quotation marks and
/// must not be that of a raw dimension, such as z3.
pub fn name(kind: LabelKind, label: &str, space: Space, has_w: bool) -> String {
    let clean = label
        .chars()
        .map(|c| if c == '"' || c.is_control() { ' ' } else { c });
    let label: String = clean.take(MAX_LABEL).collect();
    let what = match kind {
        LabelKind::Flags if crate::latent::expr::raw_axis(&label).is_none() => label,
        _ => format!("towards {label}"),
    };
    if has_w && space == Space::Z {
        format!("{what} in z")
    } else {
        what
    }
}

/// Components of codes, and eigenvectors of weights.
///
/// # Errors
/// When the codes or the weights have too many numbers.
pub fn unsupervised(file: &ModelFile, labelled: &Labelled) -> Result<Vec<Candidate>, ModelError> {
    let z_dim = file.z_dim().unwrap_or(0).max(1);
    let mut found = Vec::new();
    let stored = file.tensors.get("encoded.codes").map(|codes| &codes.values);
    let encoded = labelled.encoded.as_ref().or(stored);
    match (&labelled.w, encoded) {
        (Some(w), _) => {
            let dim = w.len() / (labelled.z.len() / z_dim).max(1);
            found.extend(components(w, dim, Space::W)?);
        }
        // The codes of a prior have no components; those of data have.
        (None, Some(codes)) => found.extend(components(codes, z_dim, Space::Z)?),
        (None, None) => {}
    }
    if let Some((weights, dim)) = first_weights(file) {
        let (space, codes) = match &labelled.w {
            Some(w) => (Space::W, w),
            None => (Space::Z, &labelled.z),
        };
        let rows: Vec<&[f32]> = codes.chunks_exact(dim.max(1)).collect();
        let fault = |fault: crate::latent::sefa::SefaError| ModelError(fault.to_string());
        let (axes, strengths) = sefa(&weights, dim).map_err(fault)?;
        let ranked = axes.into_iter().zip(strengths).take(OF_EACH).enumerate();
        for (number, (axis, _)) in ranked.filter(|(_, (_, strength))| *strength > 0.0) {
            let unit: Vec<f64> = axis.iter().map(|&value| f64::from(value)).collect();
            let sigma = deviation_along(&rows, &unit);
            found.push(unlabelled(
                format!("sefa {}", number + 1),
                space,
                Method::Sefa,
                unit.iter().map(|value| (value * sigma) as f32).collect(),
            ));
        }
    }
    // A direction along which no code varies leads nowhere.
    found.retain(|candidate| candidate.step.iter().any(|&value| value != 0.0));
    Ok(found)
}

fn unlabelled(name: String, space: Space, method: Method, step: Vec<f32>) -> Candidate {
    Candidate {
        name,
        space,
        method,
        step,
        label: None,
        accuracy: None,
        baseline: None,
    }
}

fn components(codes: &[f32], dim: usize, space: Space) -> Result<Vec<Candidate>, ModelError> {
    let rows: Vec<&[f32]> = codes.chunks_exact(dim.max(1)).collect();
    let pca = Pca::of(&rows).map_err(|fault| ModelError(fault.to_string()))?;
    let steps = (0..OF_EACH).filter_map(|number| Some((number, pca.step(number)?)));
    Ok(steps
        .map(|(number, step)| {
            let name = format!("{space} pca {}", number + 1);
            unlabelled(name, space, Method::Pca, step)
        })
        .collect())
}

/// The rows of the first affine maps that a code goes through, and the length of a row: those
/// from w to the styles of all layers, or the first matrix of a decoder.
fn first_weights(file: &ModelFile) -> Option<(Vec<f32>, usize)> {
    let matrices: Vec<_> = match &file.manifest.style {
        Some(_) => file
            .tensors
            .iter()
            .filter(|(name, _)| name.ends_with(".style.weight"))
            .map(|(_, tensor)| tensor)
            .collect(),
        None => {
            let decoder = file.manifest.networks.get(&Role::Decoder)?.layers()?;
            if !matches!(decoder.layers.first(), Some(LayerSpec::Dense { .. })) {
                return None;
            }
            vec![file.network_tensor(Role::Decoder, "0.weight")?]
        }
    };
    // All are stored as `[dim, outputs]`.
    let dim = *matrices.first()?.shape.first()?;
    let mut rows = Vec::new();
    for matrix in matrices {
        let outputs = matrix.values.len() / dim.max(1);
        rows.extend(
            (0..outputs).flat_map(|output| {
                (0..dim).map(move |input| matrix.values[input * outputs + output])
            }),
        );
    }
    Some((rows, dim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::style::random_model;

    #[test]
    fn names_are_words_of_the_language() {
        let flags = |label: &str, space, has_w| name(LabelKind::Flags, label, space, has_w);
        assert_eq!(flags("shield", Space::W, true), "shield");
        assert_eq!(flags("shield", Space::Z, true), "shield in z");
        assert_eq!(flags("shield", Space::Z, false), "shield");
        assert_eq!(flags("z3", Space::Z, false), "towards z3");
        assert_eq!(flags("a\"b", Space::Z, false), "a b");
        let class = name(LabelKind::Classes, "7", Space::Z, false);
        assert_eq!(class, "towards 7");
    }

    #[test]
    fn a_pattern_takes_along_what_goes_with_a_normal() {
        // The second number is three times the first, the third has nothing to do with them.
        let codes: Vec<f32> = (0..300)
            .flat_map(|row| {
                let (a, b) = ((row % 10) as f32 - 4.5, (row / 10 % 10) as f32 - 4.5);
                [a, 3.0 * a, b]
            })
            .collect();
        let sigma = 8.25_f32.sqrt();
        let found = pattern(&codes, &[1.0, 0.0, 0.0]);
        for (found, wanted) in found.iter().zip([sigma, 3.0 * sigma, 0.0]) {
            assert!((found - wanted).abs() < 1e-4, "{found}, not {wanted}");
        }
        // The length of the normal does not matter.
        let longer = pattern(&codes, &[5.0, 0.0, 0.0]);
        assert!((longer[1] - found[1]).abs() < 1e-4);
    }

    #[test]
    fn a_conditional_direction_leaves_the_probe_of_the_other_alone() {
        let probed = |normal: [f32; 3], pattern: [f32; 3]| Probed {
            normal: normal.to_vec(),
            pattern: pattern.to_vec(),
        };
        let probes = Probes(BTreeMap::from([
            ((Space::W, 0), probed([0.0, 1.0, 0.0], [0.5, 2.0, 0.0])),
            ((Space::W, 1), probed([0.0, 0.0, 3.0], [0.0, 0.0, 0.25])),
        ]));
        let step = [1.0, 1.0, 4.0];
        let found = probes
            .conditional(Space::W, &step, &[0, 1])
            .expect("probes");
        assert_eq!(found, [0.75, 0.0, 0.0]);
        assert_eq!(probes.conditional(Space::W, &step, &[7]), None);
        assert_eq!(probes.conditional(Space::Z, &step, &[0]), None);
    }

    #[test]
    fn style_weights_are_stacked_row_after_row() {
        let file = ModelFile::from_bytes(&random_model(1).expect("sound")).expect("sound");
        let (rows, dim) = first_weights(&file).expect("it has styles");
        assert_eq!(dim, 32);
        // Seven convolutions with 16, 16, 16, 16, 12, 12, 8 inputs, four picture layers.
        assert_eq!(rows.len(), dim * (96 + 52));
        let picture = &file.tensors["picture.0.style.weight"];
        // Names in order: the pictures come first.
        assert_eq!(rows[1], picture.values[16], "input 1 of output 0");
        assert_eq!(rows[dim], picture.values[1], "input 0 of output 1");
    }
}
