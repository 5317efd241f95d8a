//! Runs the program and looks at what it left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The smallest models, for what any model shows.
pub const AUTOENCODER: &str = "digits-ae2";
pub const VAE: &str = "digits-vae2";
pub const GAN: &str = "digits-gan";

/// The program, without a variable that would change what it does.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zscape"));
    command
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .env("NO_COLOR", "1");
    command
}

/// Runs the program with these arguments.
pub fn run(arguments: &[&str]) -> Run {
    let output = program()
        .args(arguments)
        .output()
        .expect("the program starts");
    Run::new(format!("zscape {}", arguments.join(" ")), &output)
}

/// Runs a command, sends it Ctrl+C after a while, and gives what it said and how long it went on.
#[cfg(unix)]
pub fn interrupt(what: &str, command: &mut Command, after: Duration) -> (Run, Duration) {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(after);
    let asked = Instant::now();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("the program ends");
    (Run::new(what.to_owned(), &output), asked.elapsed())
}

/// What a run said.
#[derive(Debug)]
pub struct Run {
    what: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn new(what: String, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut what = what;
        if let Some((end, _)) = what.char_indices().nth(200) {
            what.truncate(end);
        }
        Self {
            what,
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Asserts success without complaint.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}: {}", self.what, self.stderr);
        assert_eq!(self.stderr, "", "{}", self.what);
        self
    }

    /// Asserts that the input was refused in one line that contains `part`.
    #[track_caller]
    pub fn refused(self, part: &str) -> Self {
        assert_eq!(self.code, Some(2), "{}: {}", self.what, self.stderr);
        self.complained(part)
    }

    /// Asserts one line of complaint that contains `part`.
    #[track_caller]
    pub fn complained(self, part: &str) -> Self {
        let Self { what, stderr, .. } = &self;
        assert_eq!(stderr.lines().count(), 1, "{what}: {stderr}");
        assert!(stderr.starts_with("zscape: "), "{what}: {stderr}");
        assert!(stderr.contains(part), "{what}: {stderr:?} has no {part:?}");
        assert!(!stderr.contains("internal error"), "{what}: {stderr}");
        assert!(
            stderr.len() < 2000,
            "{what}: {} bytes of complaint",
            stderr.len()
        );
        assert_eq!(self.stdout, "", "{what}");
        self
    }
}

/// A folder for the files of one test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of a file in it, as an argument.
    pub fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    /// Writes a file and gives its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.file(name);
        fs::write(&path, bytes).expect("the test's folder can be written");
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// The names of all files in it, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path())
            .expect("the test's folder can be listed")
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Shape and numbers of an `.npy` file of little-endian f32.
pub fn read_npy(bytes: &[u8]) -> (Vec<u64>, Vec<f32>) {
    let file = npyz::NpyFile::new(bytes).expect("an array");
    assert_eq!(file.dtype().descr(), "'<f4'");
    assert_eq!(file.order(), npyz::Order::C);
    let shape = file.shape().to_vec();
    (shape, file.into_vec().expect("numbers"))
}

/// Size and bytes of a grey or RGB PNG of 8 bits.
pub fn read_png(bytes: &[u8]) -> ([u32; 2], Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .expect("a picture");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a sensible size")];
    reader.next_frame(&mut pixels).expect("pixels");
    let info = reader.info();
    ([info.width, info.height], pixels)
}

/// The frames of an animation: size, RGBA and milliseconds of each.
pub struct Shown {
    pub size: [u32; 2],
    pub frames: Vec<(Vec<u8>, u32)>,
}

impl Shown {
    /// Reads a GIF, APNG or WebP with decoders that know nothing of this program.
    pub fn read(name: &str, bytes: &[u8]) -> Self {
        use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
        use image::{AnimationDecoder as _, ImageDecoder as _};
        let cursor = || std::io::Cursor::new(bytes.to_vec());
        let ((width, height), frames) = match name.rsplit('.').next() {
            Some("gif") => {
                let decoder = GifDecoder::new(cursor()).expect("a GIF");
                (decoder.dimensions(), decoder.into_frames())
            }
            Some("webp") => {
                let decoder = WebPDecoder::new(cursor()).expect("a WebP");
                assert!(decoder.has_animation(), "{name}");
                (decoder.dimensions(), decoder.into_frames())
            }
            _ => {
                let decoder = PngDecoder::new(cursor()).expect("a PNG");
                let size = decoder.dimensions();
                (size, decoder.apng().expect("an APNG").into_frames())
            }
        };
        let frames = frames.collect_frames().expect("sound frames");
        let frames = frames.into_iter().map(|frame| {
            let (numerator, denominator) = frame.delay().numer_denom_ms();
            (frame.into_buffer().into_raw(), numerator / denominator)
        });
        Self {
            size: [width, height],
            frames: frames.collect(),
        }
    }

    pub fn milliseconds(&self) -> u32 {
        let times = self.frames.iter().map(|(_, milliseconds)| milliseconds);
        times.sum()
    }

    /// The root mean square difference of two frames, of values in 0..1.
    pub fn step(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.frames[a].0, &self.frames[b].0);
        let squares = a.iter().zip(b).map(|(a, b)| {
            let difference = (f64::from(*a) - f64::from(*b)) / 255.0;
            difference * difference
        });
        (squares.sum::<f64>() / a.len() as f64).sqrt()
    }
}

/// The recipe that `inspect` prints.
#[track_caller]
pub fn inspected(path: &str) -> serde_json::Value {
    let shown = run(&["inspect", path]).succeeded().stdout;
    serde_json::from_str(&shown).expect("a recipe is JSON")
}

/// The bytes of a built-in model.
pub fn model_bytes(name: &str) -> &'static [u8] {
    let entry = zscape::model::catalogue::entries()
        .iter()
        .find(|entry| entry.name == name);
    entry.expect("the model is built in").bytes
}

/// The training data of this project, where the repository lies beside it.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    path.is_dir().then_some(path)
}
