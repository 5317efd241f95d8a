//! The folder of one's own models: the files in it can be chosen like those that are built in.
//!
//! It is read on a thread of its own, since a disk may take its time; what is in a file is only looked at
//! when it is opened.

use super::Wake;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// More files than these are not listed.
const MAX_LISTED: usize = 100;
/// How long a list counts as new, in seconds.
const FRESH_SECS: f64 = 1.0;
/// The endings of files that models come in.
const ENDINGS: [&str; 8] = [
    "safetensors",
    "pt",
    "pth",
    "ckpt",
    "bin",
    "pkl",
    "npz",
    "onnx",
];

/// A folder, and what was in it when it was last looked at.
#[derive(Default)]
pub struct ModelFolder {
    path: Option<PathBuf>,
    listed: Vec<PathBuf>,
    /// A list on its way.
    looking: Option<Receiver<Vec<PathBuf>>>,
    looked_at: Option<f64>,
}

impl ModelFolder {
    pub fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    /// The folder, where there is a place for one. It need not exist.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The model files in it, by name.
    pub fn listed(&self) -> &[PathBuf] {
        &self.listed
    }

    /// Whether what is known of it may be out of date.
    pub fn is_stale(&self, now_secs: f64) -> bool {
        let is_fresh = |at: f64| now_secs - at < FRESH_SECS;
        self.path.is_some() && self.looking.is_none() && !self.looked_at.is_some_and(is_fresh)
    }

    /// Has it looked through, unless that is under way; the window is woken when it is done.
    pub(super) fn look(&mut self, now_secs: f64, wake: &Wake) {
        let Some(path) = self.path.clone().filter(|_| self.looking.is_none()) else {
            return;
        };
        self.looked_at = Some(now_secs);
        let (sender, receiver) = sync_channel(1);
        let wake = Arc::clone(wake);
        let thread = std::thread::Builder::new().name("zscape-models".to_owned());
        // Not joined: it only reads, and a disk that does not answer must not hold the end of the
        // program.
        let started = thread.spawn(move || {
            // The window is gone when nobody listens.
            let _ = sender.send(models_in(&path));
            wake();
        });
        self.looking = started.is_ok().then_some(receiver);
    }

    /// Takes a list that has come.
    pub(super) fn take_list(&mut self) {
        let Some(looking) = &self.looking else {
            return;
        };
        match looking.try_recv() {
            Ok(listed) => self.listed = listed,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => {}
        }
        self.looking = None;
    }
}

/// The files of a folder that may be models, by name; none where it cannot be read.
fn models_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut models: Vec<PathBuf> = paths.filter(|path| is_model(path)).collect();
    models.sort();
    models.truncate(MAX_LISTED);
    models
}

fn is_model(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let is_hidden = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'));
    ENDINGS.iter().any(|known| ending == *known) && !is_hidden && path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_model_files_are_listed_and_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "b.pth",
            "a.SAFETENSORS",
            "notes.txt",
            ".hidden.pt",
            "c.onnx",
        ] {
            crate::files::save::save(&folder.path().join(name), b"x").expect("a file");
        }
        std::fs::create_dir(folder.path().join("folder.pt")).expect("a folder");
        let found = models_in(folder.path());
        let names = found
            .iter()
            .map(|path| path.file_name().unwrap_or_default());
        assert!(names.eq(["a.SAFETENSORS", "b.pth", "c.onnx"]));
        assert!(models_in(&folder.path().join("not there")).is_empty());
    }
}
