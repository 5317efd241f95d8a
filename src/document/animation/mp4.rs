//! MP4 by way of a program named `ffmpeg`, which gets the frames through a pipe.
//!
//! The program writes beside the place of the file and is killed, and what it wrote removed,
//! when the writer is dropped. It has a process group of its own where there is such a thing, so
//! that Ctrl+C reaches us alone and we decide.

use super::clock::ticks;
use super::{AnimationError, AnimationSpec, FrameWriter};
use crate::document::raster::Raster;
use crate::document::recipe::Recipe;
use crate::files::save::{self, SaveError};
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The program, looked for where programs are.
const PROGRAM: &str = "ffmpeg";

/// The colours of HDTV, in the frames and in what is said of them.
const COLOURS: &str = "scale=out_color_matrix=bt709:out_range=tv,\
    setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709";

/// Frames a second of an animation whose frames are not all shown for the same time: each is
/// then repeated as often as it takes.
const UNEVEN_RATE: u32 = 60;

/// The longest recipe that is handed over, in bytes: one argument of a process has up to 128 KiB.
const MAX_COMMENT: usize = 100_000;

/// What is kept of the program's complaints, in bytes.
const MAX_COMPLAINT: u64 = 4096;

pub struct Mp4Writer {
    path: PathBuf,
    encoder: Encoder,
    /// How many times each frame is handed over.
    repeats: std::vec::IntoIter<u32>,
}

impl Mp4Writer {
    pub fn create(path: &Path, spec: &AnimationSpec) -> Result<Self, AnimationError> {
        let (rate, repeats) = match even_rate(&spec.durations) {
            Some(rate) => (rate, vec![1; spec.durations.len()]),
            None => (UNEVEN_RATE.to_string(), ticks(&spec.durations, UNEVEN_RATE)),
        };
        let has_x264 = has_x264().map_err(|error| not_started(path, &error))?;
        // Where the name is a link, the file that it leads to is written.
        let target = save::place_for(path)?;
        let path = target.as_path();
        let part = Part::create(path)?;
        // Half as many places for colours in both directions ask for even sides.
        let size = spec.size.map(|side| side.next_multiple_of(2));
        let mut command = Command::new(PROGRAM);
        command
            .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24"])
            .args(["-video_size", &format!("{}x{}", size[0], size[1])])
            .args(["-framerate", &rate, "-i", "pipe:0"])
            // Said and done alike: players would otherwise guess the colours by the size.
            .args(["-vf", COLOURS])
            .args(["-pix_fmt", "yuv420p"]);
        if has_x264 {
            // Fine enough for pictures of large squares, which the default smears.
            command.args(["-c:v", "libx264", "-preset", "medium", "-crf", "16"]);
        } else {
            command.args(["-q:v", "2"]);
        }
        if let Some(comment) = comment(&spec.recipe) {
            command.args(["-metadata", &comment]);
        }
        // Players can begin before they have read all.
        command.args(["-movflags", "+faststart", "-f", "mp4"]);
        command.arg(&part.path);
        Ok(Self {
            path: path.to_owned(),
            encoder: Encoder::start(command, part).map_err(|error| not_started(path, &error))?,
            repeats: repeats.into_iter(),
        })
    }
}

impl FrameWriter for Mp4Writer {
    fn push(&mut self, frame: &Raster) -> Result<(), AnimationError> {
        let bytes = even_rgb(frame);
        for _ in 0..self.repeats.next().unwrap_or(0) {
            if let Err(error) = self.encoder.write(&bytes) {
                let fault = self.encoder.complaint(&error.to_string());
                return Err(AnimationError::encoder(&self.path, fault));
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), AnimationError> {
        if let Err(error) = self.encoder.wait() {
            let fault = self.encoder.complaint(&error.to_string());
            return Err(AnimationError::encoder(&self.path, fault));
        }
        let part = &self.encoder.part.path;
        fs::rename(part, &self.path).map_err(|error| AnimationError::write(&self.path, error))
    }
}

/// The sentence about a program that does not start.
fn not_started(path: &Path, error: &io::Error) -> AnimationError {
    let fault = match error.kind() {
        io::ErrorKind::NotFound => "MP4 needs the program ffmpeg, which is not on this machine; \
             install it, or choose GIF, APNG or WebP"
            .to_owned(),
        _ => format!("the program ffmpeg cannot be started: {error}"),
    };
    AnimationError::encoder(path, fault)
}

/// Whether the program has the good encoder; others come with their own defaults.
fn has_x264() -> io::Result<bool> {
    let output = Command::new(PROGRAM)
        .args(["-hide_banner", "-h", "encoder=libx264"])
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.contains("Encoder libx264"))
}

/// The recipe as an argument, unless it is too long for one.
fn comment(recipe: &Recipe) -> Option<String> {
    let comment = format!("comment={}", recipe.to_ascii_json());
    (comment.len() <= MAX_COMMENT).then_some(comment)
}

/// Frames a second as a fraction, when all frames are shown for the same time to a microsecond.
fn even_rate(durations: &[Duration]) -> Option<String> {
    let (shortest, longest) = (durations.iter().min()?, durations.iter().max()?);
    if *longest - *shortest > Duration::from_micros(1) {
        return None;
    }
    let total: Duration = durations.iter().sum();
    let (frames, micros) = (durations.len() as u128 * 1_000_000, total.as_micros());
    let divisor = greatest_common_divisor(frames, micros.max(1));
    Some(format!("{}/{}", frames / divisor, micros / divisor))
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The bytes of a frame in RGB over black; an odd last row or column is there twice.
fn even_rgb(frame: &Raster) -> Vec<u8> {
    let flat = frame.to_rgb([0; 3]);
    let row_bytes = 3 * flat.width();
    let mut bytes = Vec::with_capacity(flat.bytes().len() + row_bytes);
    for row in flat.bytes().chunks_exact(row_bytes) {
        bytes.extend_from_slice(row);
        if flat.width() % 2 == 1 {
            bytes.extend_from_slice(&row[row_bytes - 3..]);
        }
    }
    if flat.height() % 2 == 1 {
        let row_bytes = 3 * flat.width().next_multiple_of(2);
        bytes.extend_from_within(bytes.len() - row_bytes..);
    }
    bytes
}

/// A file beside the place of another, removed unless it was renamed.
struct Part {
    path: PathBuf,
}

impl Part {
    fn create(path: &Path) -> Result<Self, AnimationError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let fault = |error| AnimationError::Save(SaveError::create(path, error));
        save::remove_old_parts(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let part = format!(".{name}.{}-{count}.part", std::process::id());
        let part = path.with_file_name(part);
        // Now, so that a bad path is known before the first frame is made.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        options.open(&part).map_err(fault)?;
        // An argument that begins with a dash or has a colon would mean something else.
        let path = std::path::absolute(&part).map_err(fault)?;
        Ok(Self { path })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        match fs::remove_file(&self.path) {
            Ok(()) => {}
            // It was renamed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => log::warn!("{}: it cannot be removed: {error}", self.path.display()),
        }
    }
}

/// The running program.
struct Encoder {
    child: Child,
    /// Collects what the program says; its pipe must not fill up.
    complaint: Option<JoinHandle<String>>,
    /// Dropped after the program was killed.
    part: Part,
}

impl Encoder {
    fn start(mut command: Command, part: Part) -> io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut encoder = Self {
            child: command.spawn()?,
            complaint: None,
            part,
        };
        if let Some(stderr) = encoder.child.stderr.take() {
            let thread = std::thread::Builder::new().name("zscape ffmpeg".to_owned());
            encoder.complaint = Some(thread.spawn(move || collect(stderr))?);
        }
        Ok(encoder)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.child.stdin {
            Some(pipe) => pipe.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Ends the input and waits for the program.
    fn wait(&mut self) -> io::Result<()> {
        self.child.stdin = None;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(status.to_string()))
        }
    }

    /// The sentence about what went wrong, once the program has ended.
    fn complaint(&mut self, otherwise: &str) -> String {
        self.kill();
        let said = self.complaint.take().and_then(|thread| thread.join().ok());
        let said = said.unwrap_or_default();
        let line = said.lines().find(|line| !line.trim().is_empty());
        format!("ffmpeg failed: {}", line.unwrap_or(otherwise).trim())
    }

    fn kill(&mut self) {
        self.child.stdin = None;
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The beginning of what a program says; the rest is read and forgotten.
fn collect(mut stderr: ChildStderr) -> String {
    let mut said = Vec::new();
    (&mut stderr)
        .take(MAX_COMPLAINT)
        .read_to_end(&mut said)
        .ok();
    io::copy(&mut stderr, &mut io::sink()).ok();
    String::from_utf8_lossy(&said).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::animation::even_durations;
    use crate::document::raster::Pixels;

    #[test]
    fn rates_are_exact_fractions() {
        for (frames, milliseconds, rate) in [
            (30, 1000, "30/1"),
            (120, 4800, "25/1"),
            (7, 2000, "7/2"),
            (2997, 100_000, "2997/100"),
        ] {
            let durations = even_durations(frames, Duration::from_millis(milliseconds));
            assert_eq!(even_rate(&durations).as_deref(), Some(rate));
        }
        let uneven = [Duration::from_millis(40), Duration::from_millis(80)];
        assert_eq!(even_rate(&uneven), None);
        assert_eq!(ticks(&uneven, UNEVEN_RATE).iter().sum::<u32>(), 7);
    }

    #[test]
    fn odd_sides_are_made_even() {
        let frame = Raster::new(Pixels::Grey, 3, 1, vec![1, 2, 3]).expect("three pixels");
        assert_eq!(
            even_rgb(&frame),
            [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3].repeat(2)
        );
        let frame = Raster::new(Pixels::Rgb, 2, 2, (0..12).collect()).expect("four pixels");
        assert_eq!(even_rgb(&frame), frame.bytes());
    }
}
