//! Every reader of files from outside is given broken files: sentences, never a panic, little
//! memory and little time.
//!
//! `cargo test` gives each a few hundred; `./dev fuzz MINUTES` goes on with new ones. The input that is
//! read lies in a file of its reader's name meanwhile, so that it is there even after an abort.

#![expect(
    clippy::print_stderr,
    reason = "what was read, and what took too long, is to be seen"
)]

mod files;
mod readers;

use crate::mutation::{Form, mutated};
use rand_mt::Mt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// The most memory that the process may ever have needed, for readers and tests together.
const MAX_MEMORY_KIB: u64 = 1 << 20;
/// The most time of the processor that one input may take, and the longest that it may take in all:
/// on a busy machine a second of work takes many.
const MAX_WORK: Duration = Duration::from_secs(10);
const MAX_TIME: Duration = Duration::from_secs(300);
/// How often the watch looks.
const GLANCE: Duration = Duration::from_millis(500);
/// Inputs of all readers in one round of [`at_length`].
const INPUTS_A_ROUND: usize = 100_000;

/// Something that reads files.
pub struct Reader {
    name: &'static str,
    /// Its part of a hundred inputs.
    share: usize,
    /// Sound files, each with what stands around its content.
    corpus: Vec<(Form, Vec<u8>)>,
    read: Box<Read>,
}

/// Reads one file: its bytes, where they lie, and which of the corpus they were made of. A refusal
/// is a sentence.
type Read = dyn Fn(&[u8], &Path, usize) -> Result<(), String>;

/// What became of inputs.
#[derive(Default)]
struct Counts {
    accepted: usize,
    refused: usize,
    slowest: Duration,
}

impl Reader {
    /// Gives it `inputs` broken files, drawn by `seed`.
    fn feed(&self, inputs: usize, seed: u32, folder: &Path, watch: &Watch) -> Counts {
        let mut random = Mt::new(seed);
        let mut counts = Counts::default();
        let path = folder.join(self.name.replace(' ', "-") + ".input");
        for index in 0..inputs {
            let number = index % self.corpus.len();
            let (form, original) = &self.corpus[number];
            let bytes = mutated(original, *form, &mut random);
            fs::write(&path, &bytes).expect("the folder can be written");
            watch.begin(&path);
            let started = Instant::now();
            let read = catch_unwind(AssertUnwindSafe(|| (self.read)(&bytes, &path, number)));
            counts.slowest = counts.slowest.max(started.elapsed());
            watch.end();
            let place = || {
                format!(
                    "{}: input {index} of seed {seed}, kept as {path:?}",
                    self.name
                )
            };
            match read {
                Ok(Ok(())) => counts.accepted += 1,
                Ok(Err(sentence)) => {
                    assert!(!sentence.is_empty(), "no word about {}", place());
                    counts.refused += 1;
                }
                Err(_) => panic!("{}", place()),
            }
        }
        counts
    }
}

/// Ends the process when an input takes too long, for nothing else could.
struct Watch(Option<SyncSender<Option<PathBuf>>>);

impl Watch {
    fn new() -> Self {
        let (sender, inbox) = sync_channel::<Option<PathBuf>>(2);
        let watch = move || {
            while let Ok(begun) = inbox.recv() {
                let Some(path) = begun else { continue };
                let (started, work) = (Instant::now(), work_so_far());
                while inbox.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                    let worked = work_so_far().zip(work).map(|(now, then)| now - then);
                    if worked.is_none_or(|work| work > MAX_WORK) && started.elapsed() > MAX_WORK
                        || started.elapsed() > MAX_TIME
                    {
                        eprintln!("it took too long: {}", path.display());
                        std::process::abort();
                    }
                }
            }
        };
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(watch)
            .expect("a thread");
        Self(Some(sender))
    }

    /// Short tests have no limit in time.
    fn none() -> Self {
        Self(None)
    }

    fn begin(&self, path: &Path) {
        self.tell(Some(path.to_owned()));
    }

    fn end(&self) {
        self.tell(None);
    }

    fn tell(&self, what: Option<PathBuf>) {
        if let Some(sender) = &self.0 {
            sender.send(what).expect("the watch runs");
        }
    }
}

/// The time of the processor that the process has had; only Linux says it.
fn work_so_far() -> Option<Duration> {
    // The ticks of Linux for programs are hundredths of a second.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * ticks()?.saturating_add(ticks()?))
}

/// The most memory that the process has needed, in KiB, since [`forget_peak`]; only Linux says it.
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn forget_peak() {
    // Where it cannot be forgotten it stands for all readers together.
    fs::write("/proc/self/clear_refs", "5").ok();
}

#[test]
fn broken_files_end_in_sentences() {
    let folder = tempfile::tempdir().expect("a folder");
    for reader in readers::all(folder.path()) {
        // The corpus itself is sound.
        for (number, (_, bytes)) in reader.corpus.iter().enumerate() {
            let path = folder.path().join("sound");
            fs::write(&path, bytes).expect("the folder can be written");
            let read = (reader.read)(bytes, &path, number);
            assert_eq!(read, Ok(()), "{}, file {number}", reader.name);
        }
        let counts = reader.feed(20 * reader.share, 1, folder.path(), &Watch::none());
        assert!(counts.refused > 0, "{}: nothing broke", reader.name);
    }
}

/// Rounds of a hundred thousand inputs until the minutes of `ZSCAPE_FUZZ_MINUTES` are over; with 0
/// one round.
#[test]
#[ignore = "it takes minutes; ./dev fuzz runs it"]
fn at_length() {
    let minutes = std::env::var("ZSCAPE_FUZZ_MINUTES").unwrap_or_default();
    let minutes: f64 = minutes.parse().unwrap_or(0.0);
    let folder = std::env::temp_dir().join(format!("zscape-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (started, watch) = (Instant::now(), Watch::new());
    let readers = readers::all(&folder);
    assert_eq!(
        readers.iter().map(|reader| reader.share).sum::<usize>(),
        100
    );
    // Another start, other files; the number is in what a failure says.
    let seconds = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let first = seconds.map_or(0, |since| since.as_secs() as u32);
    for round in 0.. {
        println!("reader               accepted  refused  slowest ms  peak MiB");
        for reader in &readers {
            forget_peak();
            let inputs = INPUTS_A_ROUND / 100 * reader.share;
            let seed = first.wrapping_add(round);
            let counts = reader.feed(inputs, seed, &folder, &watch);
            let peak = peak_kib().unwrap_or_default();
            println!(
                "{:<20} {:>8} {:>8} {:>11.1} {:>9}",
                reader.name,
                counts.accepted,
                counts.refused,
                counts.slowest.as_secs_f64() * 1e3,
                peak >> 10
            );
            assert!(peak < MAX_MEMORY_KIB, "{}: {} MiB", reader.name, peak >> 10);
        }
        if started.elapsed().as_secs_f64() >= 60.0 * minutes {
            break;
        }
    }
    fs::remove_dir_all(&folder).expect("it is ours");
}
