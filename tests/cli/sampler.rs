//! `zscape sampler`: arrays in and out, the steps as JSON, and what it refuses.

use crate::support::{Folder, Run, read_npy, run};
use serde_json::Value;
use zscape::latent::seed::seed_code;

/// Noise in a file of NumPy's.
fn noise(folder: &Folder, shape: &str, values: &[f32]) -> String {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    folder.write("in.npy", bytes)
}

fn sampler(folder: &Folder, arguments: &[&str]) -> Run {
    let (from, to) = (folder.file("in.npy"), folder.file("out.npy"));
    let files = [
        "--denoiser",
        "gaussian:0.5,0.25",
        "--noise",
        &from,
        "-o",
        &to,
    ];
    run(&[&["sampler"], arguments, &files].concat())
}

#[test]
fn every_method_leads_noise_to_data() {
    let folder = Folder::new();
    noise(&folder, "(2, 500)", &seed_code(1, 1000));
    for method in [
        "ddpm",
        "ddim",
        "dpm-solver++",
        "unipc",
        "euler",
        "heun",
        "euler-ancestral",
        "flow",
    ] {
        for schedule in ["linear", "cosine"] {
            let arguments = [method, "--steps", "250", "--schedule", schedule, "--json"];
            let said = sampler(&folder, &arguments).succeeded().stdout;
            let said: Value = serde_json::from_str(&said).expect("JSON");
            assert_eq!(
                (&said["method"], &said["schedule"]),
                (&method.into(), &schedule.into())
            );
            let steps = said["steps"].as_array().expect("a list");
            assert_eq!(steps.len(), 251);
            let bars = steps.iter().map(|step| step["alpha_bar"].as_f64());
            let bars: Vec<f64> = bars.map(|bar| bar.expect("a number")).collect();
            assert!(bars.is_sorted() && bars[250] == 1.0, "{method} {schedule}");
            let (shape, values) = read_npy(&folder.read("out.npy"));
            assert_eq!(shape, [2, 500]);
            let mean = values.iter().sum::<f32>() / 1000.0;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 1000.0;
            let found = (mean, variance.sqrt());
            assert!(
                (found.0 - 0.5).abs() < 0.03,
                "{method} {schedule}: {found:?}"
            );
            assert!(
                (found.1 - 0.25).abs() < 0.03,
                "{method} {schedule}: {found:?}"
            );
        }
    }
}

#[test]
fn steps_are_those_of_training_and_the_last_is_where_it_ends() {
    let said = run(&[
        "sampler",
        "ddim",
        "--steps",
        "4",
        "--schedule",
        "linear",
        "--json",
    ]);
    let said: Value = serde_json::from_str(&said.succeeded().stdout).expect("JSON");
    let times: Vec<_> = said["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|step| step["t"].clone())
        .collect();
    assert_eq!(times, [999, 749, 499, 249, -1]);
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let folder = Folder::new();
    noise(&folder, "(3,)", &[-1.0, 0.0, 1.0]);
    let mut found = Vec::new();
    for arguments in [
        &["ddim", "--steps", "5", "--eta", "1", "--seed", "1"][..],
        &["ddim", "--steps", "5", "--eta", "1", "--seed", "1"],
        &["ddim", "--steps", "5", "--eta", "1", "--seed", "2"],
        &["ddim", "--steps", "5", "--eta", "0", "--seed", "1"],
        &["ddim", "--steps", "5"],
    ] {
        sampler(&folder, arguments).succeeded();
        found.push(folder.read("out.npy"));
    }
    assert_eq!(found[0], found[1]);
    assert_ne!(found[0], found[2]);
    assert_ne!(found[0], found[3]);
    assert_eq!(found[3], found[4]);
}

#[test]
fn what_cannot_be_sampled_is_refused_in_a_sentence() {
    let folder = Folder::new();
    noise(&folder, "(3,)", &[-1.0, 0.0, 1.0]);
    for (arguments, part) in [
        (&["ddim", "--steps", "0"][..], "1 to 1000 steps"),
        (&["ddim", "--steps", "10000000"], "1 to 1000 steps"),
        (&["ddim", "--steps", "-3"], "1 to 1000 steps"),
        (
            &["ddim", "--steps", "5", "--eta", "NaN"],
            "eta is a number from 0",
        ),
        (
            &["ddim", "--steps", "5", "--eta", "-1"],
            "eta is a number from 0",
        ),
        (&["ddmi", "--steps", "5"], "did you mean ddim?"),
        (&["magic", "--steps", "5"], "dpm-solver++"),
        (
            &["ddim", "--steps", "5", "--schedule", "cosin"],
            "did you mean cosine?",
        ),
    ] {
        sampler(&folder, arguments).refused(part);
    }
    assert_eq!(folder.names(), ["in.npy"]);
    let plain = ["ddim", "--steps", "5"];
    noise(&folder, "(2,)", &[f32::NAN, 0.0]);
    sampler(&folder, &plain).refused("it holds NaN");
    noise(&folder, "(0,)", &[]);
    sampler(&folder, &plain).refused("no numbers");
    noise(&folder, "(3,)", &[1.0]);
    sampler(&folder, &plain).refused("in.npy: it claims 3 numbers");
    folder.write("in.npy", b"\x89PNG\r\n\x1a\n");
    sampler(&folder, &plain).refused("in.npy: it is not a sound NumPy array");
    assert_eq!(folder.names(), ["in.npy"]);
    let from = noise(&folder, "(1,)", &[0.0]);
    let files = ["--noise", &from, "-o", &from];
    let data = ["sampler", "ddim", "--steps", "5", "--denoiser"];
    run(&[&data[..], &["gaussian:0.5,0.25"], &files].concat()).refused("in.npy");
    run(&[&data[..], &["gaussian:0.5,-1"], &files].concat()).refused("gaussian:MEAN,STD");
    run(&["sampler", "ddim", "--steps", "5"]).refused("--denoiser");
}
