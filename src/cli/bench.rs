//! `bench`: how fast a model is on this machine.

use super::args::BenchArgs;
use super::error::CliError;
use super::session::Session;
use super::{say, source};
use crate::document::recipe::program;
use crate::engine::{BenchTarget, Class, DirectionSource, InvertOptions, Job, ModelInfo};
use crate::latent::Shot;
use crate::latent::expr::Expr;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The batch sizes that are timed.
const BATCHES: [usize; 3] = [1, 8, 64];
/// How long batches of one size are decoded before they are timed, and how long they are, in milliseconds: for less
/// time than that clocks, caches and second threads are still coming up.
const UNTIMED_MS: f64 = 200.0;
const TIMED_MS: f64 = 500.0;
/// Batches that are timed even where they take longer.
const BATCHES_TIMED: usize = 20;
/// Codes that are mapped at once, and how often.
const MAPPED: usize = 10_000;
const MAPPINGS: usize = 9;
/// Requests that are not counted: caches fill, and clocks rise.
const WARM_UP: usize = 30;
/// Requests that are counted.
const REQUESTS: usize = 400;

/// How long one thing is timed at most, in milliseconds, if that is a few times.
const MOST_MS: f64 = 10_000.0;
const FEWEST: usize = 3;

/// Requests of a hand while the engine is busy, and the time between them: a frame of a window.
const BUSY_REQUESTS: usize = 300;
const BETWEEN: Duration = Duration::from_millis(16);
/// The pictures of the file that is drawn meanwhile.
const FILE: u32 = 10_000;

/// What was measured; times in milliseconds.
#[derive(Debug, Serialize)]
struct Report {
    program: String,
    model: String,
    hash: String,
    /// `flex` or `wgpu`.
    backend: String,
    adapter: String,
    decode: Vec<Decode>,
    /// From z to w, where there is a mapping network.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<Mapping>,
    request_to_frame: Spread,
    /// The same while three long jobs run.
    #[serde(skip_serializing_if = "Option::is_none")]
    busy: Option<Busy>,
}

#[derive(Debug, Serialize)]
struct Busy {
    #[serde(flatten)]
    spread: Spread,
    worst_ms: f64,
}

#[derive(Debug, Serialize)]
struct Mapping {
    codes: usize,
    #[serde(flatten)]
    spread: Spread,
}

#[derive(Debug, Serialize)]
struct Decode {
    batch: usize,
    #[serde(flatten)]
    spread: Spread,
}

/// The middle and the slow end of many times.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
struct Spread {
    median_ms: f64,
    p99_ms: f64,
    count: usize,
}

impl Spread {
    /// Of times in milliseconds; zero where there are none.
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        // The smallest time that at least this share of all times does not exceed.
        let quantile = |share: f64| {
            let rank = (share * times.len() as f64).ceil() as usize;
            times.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        Self {
            median_ms: quantile(0.5),
            p99_ms: quantile(0.99),
            count: times.len(),
        }
    }
}

/// `zscape bench`
pub fn bench(args: &BenchArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let mut session = Session::open(source, args.device.into())?;
    let mut decode = Vec::new();
    let mut of_one_ms = 0.0;
    for batch in BATCHES {
        // A batch that takes longer than all timings together says nothing more.
        if of_one_ms * batch as f64 > MOST_MS {
            continue;
        }
        let what = BenchTarget::Decode { batch };
        let first = Spread::of(session.bench(what, 1)?).median_ms;
        of_one_ms = first / batch as f64;
        let untimed = session.bench(what, repeats_within(UNTIMED_MS, first))?;
        let warm = Spread::of(untimed).median_ms;
        let repeats = repeats_within(TIMED_MS, warm).max(repeats_of(warm, BATCHES_TIMED));
        let times = session.bench(what, repeats)?;
        decode.push(Decode {
            batch,
            spread: Spread::of(times),
        });
    }
    let mapping = if session.model().maps_z_to_w() {
        let what = BenchTarget::Map { codes: MAPPED };
        let first = Spread::of(session.bench(what, 1)?).median_ms;
        let spread = Spread::of(session.bench(what, repeats_of(first, MAPPINGS))?);
        Some(Mapping {
            codes: MAPPED,
            spread,
        })
    } else {
        None
    };
    let request_to_frame = Spread::of(request_times(&mut session)?);
    let busy = match args.busy {
        true => Some(busy(&mut session)?),
        false => None,
    };
    let device = session.device();
    let report = Report {
        program: program(),
        model: session.model().id.name.clone(),
        hash: session.model().id.hash.clone(),
        backend: device.map_or_else(String::new, |device| device.backend.to_owned()),
        adapter: device.map_or_else(String::new, |device| device.adapter.clone()),
        decode,
        mapping,
        request_to_frame,
        busy,
    };
    if args.json {
        let text =
            serde_json::to_string(&report).map_err(|fault| CliError::Failed(fault.to_string()))?;
        say(&text)
    } else {
        say(&table(&report))
    }
}

/// How often something is timed that takes so long.
fn repeats_of(one_ms: f64, most: usize) -> usize {
    ((MOST_MS / one_ms.max(1e-3)) as usize).clamp(FEWEST.min(most), most)
}

/// How often something that takes so long is done within a time, at least once.
fn repeats_within(all_ms: f64, one_ms: f64) -> usize {
    ((all_ms / one_ms.max(1e-3)) as usize).max(1)
}

/// Milliseconds from asking the engine for the picture of a seed to holding it.
fn request_times(session: &mut Session) -> Result<Vec<f64>, CliError> {
    let mut seeds = 0..;
    let mut request = || {
        let asked = Instant::now();
        session.preview(Expr::Seed(seeds.next().unwrap_or(0)))?;
        Ok::<f64, CliError>(asked.elapsed().as_secs_f64() * 1e3)
    };
    let first = request()?;
    for _ in 1..repeats_of(first, WARM_UP) {
        request()?;
    }
    (0..repeats_of(first, REQUESTS))
        .map(|_| request())
        .collect()
}

/// As [`request_times`], sixty times a second, while a file, a search and an inversion run.
fn busy(session: &mut Session) -> Result<Busy, CliError> {
    let jobs = long_jobs(session.model());
    let requests = (WARM_UP + BUSY_REQUESTS) as u32;
    let mut times = session.previews_beside(&jobs, 0..requests, BETWEEN)?;
    times.drain(..WARM_UP);
    Ok(Busy {
        worst_ms: times.iter().copied().fold(0.0, f64::max),
        spread: Spread::of(times),
    })
}

fn long_jobs(model: &ModelInfo) -> [(Class, Job); 3] {
    let shot = |seed| Shot::new(model.id.clone(), Expr::Seed(seed));
    let file = Job::Decode {
        shots: (0..FILE).map(shot).collect(),
        names: Arc::default(),
    };
    let search = Job::Directions {
        model: model.id.clone(),
        source: DirectionSource::PictureChange { count: 64 },
    };
    let inversion = Job::Invert {
        model: model.id.clone(),
        picture: vec![0.5; model.manifest.image.len()].into(),
        options: InvertOptions {
            steps: 2000,
            ..InvertOptions::default()
        },
    };
    [file, search, inversion].map(|job| (Class::Background, job))
}

fn table(report: &Report) -> String {
    let mut lines = vec![
        format!(
            "{} on {} ({})",
            report.model, report.backend, report.adapter
        ),
        format!("{:<20}{:>12}{:>12}", "", "median ms", "p99 ms"),
    ];
    let mut row = |name: &str, spread: Spread| {
        lines.push(format!(
            "{name:<20}{:>12.3}{:>12.3}",
            spread.median_ms, spread.p99_ms
        ));
    };
    for decode in &report.decode {
        row(&format!("decode, batch {}", decode.batch), decode.spread);
    }
    if let Some(mapping) = &report.mapping {
        row(&format!("map {} codes", mapping.codes), mapping.spread);
    }
    row("request to frame", report.request_to_frame);
    if let Some(busy) = &report.busy {
        row("the same, busy", busy.spread);
        let worst = busy.worst_ms;
        lines.push(format!("{:<20}{worst:>12.3}", "the worst of these"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_times() {
        let spread = Spread::of((1..=200).rev().map(f64::from).collect());
        assert_eq!(
            (spread.median_ms, spread.p99_ms, spread.count),
            (100.0, 198.0, 200)
        );
        assert_eq!(
            [0.0, 25.0, 2e3, 1e6].map(|ms| repeats_of(ms, 400)),
            [400, 400, 5, 3]
        );
        assert_eq!(repeats_of(1e6, 1), 1);
        assert_eq!(Spread::of(vec![7.0]).p99_ms, 7.0);
        assert_eq!(Spread::of(Vec::new()).median_ms, 0.0);
    }
}
