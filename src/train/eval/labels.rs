//! What the labels that a judge gives say of pictures as a whole: how often each holds, and
//! whether those of one part go together.

use crate::model::quality::Quality;
use crate::train::dataset::LabelGroup;

/// A judge is sure of a label whose probability is at least this, or at most 1 minus it.
const SURE: f32 = 0.8;
/// The share of a label that is rarer is not compared.
const RARE: f64 = 0.01;

/// Whether one can tell a part of a picture: the judge is sure of every label of the group, and
/// what it says is a combination that a picture can have.
fn is_readable(group: &LabelGroup, probabilities: &[f32]) -> bool {
    let found = group.labels.iter().map(|&label| probabilities[label]);
    let is_sure = |p: f32| p >= SURE || p <= 1.0 - SURE;
    let holds: Vec<bool> = found.clone().map(|p| p > 0.5).collect();
    found.into_iter().all(is_sure) && group.combinations.contains(&holds)
}

/// The part of the pictures on which each group can be read, and on which all can; the
/// probabilities are rows of `labels`.
pub fn readable(groups: &[LabelGroup], probabilities: &[f32], labels: usize) -> Quality {
    let rows = || probabilities.chunks_exact(labels.max(1));
    let count = rows().len().max(1) as f64;
    let part = |holds: &dyn Fn(&[f32]) -> bool| rows().filter(|row| holds(row)).count() as f64;
    let mut quality = Quality::new();
    for group in groups {
        let found = part(&|row| is_readable(group, row)) / count;
        quality.insert(format!("readable_{}", group.name), found);
    }
    if groups.len() > 1 {
        let all = |row: &[f32]| groups.iter().all(|group| is_readable(group, row));
        quality.insert("readable_in_all".to_owned(), part(&all) / count);
    }
    quality
}

/// The share of each label beside that in the data, and by what factor the worst of them differ.
pub fn shares(names: &[String], samples: &[f64], data: &[f64]) -> Quality {
    let mut quality = Quality::new();
    let mut worst = 1.0f64;
    for ((name, &found), &wanted) in names.iter().zip(samples).zip(data) {
        quality.insert(format!("share_of_{name}"), found);
        quality.insert(format!("share_in_data_of_{name}"), wanted);
        if wanted >= RARE {
            // A label that never comes up is as bad as one sample in ten thousand.
            let found = found.max(1e-4);
            worst = worst.max(found / wanted).max(wanted / found);
        }
    }
    quality.insert("largest_factor_of_label_shares".to_owned(), worst);
    quality
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, labels: &[usize], combinations: &[&[bool]]) -> LabelGroup {
        LabelGroup {
            name: name.to_owned(),
            labels: labels.to_vec(),
            combinations: combinations.iter().map(|c| c.to_vec()).collect(),
        }
    }

    #[test]
    fn a_part_is_readable_where_the_judge_is_sure_and_right_to_be() {
        let groups = [
            group("mouth", &[0, 1], &[&[true, false], &[false, true]]),
            group("hat", &[2], &[&[true], &[false]]),
        ];
        let rows = [
            [0.99, 0.01, 0.0],
            [0.1, 0.9, 1.0],
            // Neither, both, and one that might be.
            [0.0, 0.0, 1.0],
            [0.95, 0.95, 1.0],
            [0.7, 0.1, 1.0],
            // A sure mouth under what may be a hat.
            [0.99, 0.01, 0.5],
            [f32::NAN, 0.01, 0.0],
            [0.99, 0.01, 0.0],
        ];
        let found = readable(&groups, rows.concat().as_slice(), 3);
        let wanted = [
            ("readable_mouth", 0.5),
            ("readable_hat", 0.875),
            ("readable_in_all", 0.375),
        ];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(found, Quality::from(wanted));
        assert!(readable(&[], &[], 0).is_empty());
    }

    #[test]
    fn the_worst_share_counts_in_either_direction() {
        let names = ["a", "b", "c"].map(str::to_owned);
        for (samples, data, worst) in [
            ([0.5, 0.2, 0.1], [0.5, 0.2, 0.1], 1.0),
            ([0.5, 0.1, 0.1], [0.25, 0.3, 0.1], 3.0),
            ([0.5, 0.0, 0.1], [0.5, 0.2, 0.1], 2000.0),
            // What the data hardly has is left alone.
            ([0.5, 0.2, 0.1], [0.5, 0.2, 0.001], 1.0),
        ] {
            let found = shares(&names, &samples, &data);
            let found_worst = found["largest_factor_of_label_shares"];
            assert!(
                (found_worst - worst).abs() < 1e-9,
                "{found_worst}, not {worst}"
            );
            assert_eq!(found["share_of_b"], samples[1]);
            assert_eq!(found["share_in_data_of_b"], data[1]);
        }
    }
}
