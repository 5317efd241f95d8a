//! `bench` reports what it should; how fast it is, is for people to read. What a person waits for
//! has a bound that a busy machine keeps.

use crate::support::{Folder, GAN, Shown, VAE, run};
use std::time::{Duration, Instant};

#[test]
fn bench_reports_every_batch_size() {
    let output = run(&["bench", GAN, "--json", "--device", "cpu"])
        .succeeded()
        .stdout;
    assert_eq!(output.lines().count(), 1, "{output}");
    let report: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(report["model"], GAN);
    assert_eq!(report["backend"], "flex");
    let decode = report["decode"].as_array().expect("a list");
    let batches: Vec<_> = decode
        .iter()
        .map(|decode| decode["batch"].as_u64())
        .collect();
    assert_eq!(batches, [Some(1), Some(8), Some(64)]);
    for spread in decode.iter().chain([&report["request_to_frame"]]) {
        let time = |name: &str| spread[name].as_f64().expect("a time");
        let (median, p99) = (time("median_ms"), time("p99_ms"));
        assert!(median > 0.0 && p99 >= median, "{spread}");
    }
    assert!(report["request_to_frame"]["count"].as_u64() >= Some(200));
    let table = run(&["bench", GAN, "--device", "cpu"]).succeeded().stdout;
    assert!(
        table.contains("batch 64") && table.contains("request to frame"),
        "{table}"
    );
}

#[test]
fn an_animation_of_120_frames_is_there_in_seconds() {
    let folder = Folder::new();
    let out = folder.file("a.gif");
    let walk = [
        "animate", VAE, "[2, 0]", "[0, 2]", "[-2, 0]", "--loop", "--frames", "120",
    ];
    let look = ["--even", "--scale", "8", "-o", &out, "--device", "cpu"];
    let started = Instant::now();
    run(&[&walk[..], &look[..]].concat()).succeeded();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    let shown = Shown::read("a.gif", &folder.read("a.gif"));
    assert_eq!((shown.frames.len(), shown.size), (120, [224, 224]));
}
