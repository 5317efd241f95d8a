//! `bench` reports what it should; how fast it is, is for people to read.

use crate::support::{GAN, run};

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
