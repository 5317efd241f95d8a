//! What the window remembers between runs, in a file of its own.
//!
//! The hazard here is half a file: eframe writes its own in place, so that a kill or a full disk
//! leaves nothing of it. Here the file is replaced whole or not at all, on a thread, so that a slow
//! disk does not hold the window. Of two windows the one that closes last is remembered.

use super::service::{Reports, Service};
use crate::files::load;
use crate::files::save::save;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// The name of the file in the folder of the window's data.
pub const MEMORY_FILE: &str = "window.json";

/// The largest file that is read.
const MAX_BYTES: u64 = 4 << 20;

type Texts = BTreeMap<String, String>;

/// Texts under names.
#[derive(Default)]
pub struct Memory {
    texts: Texts,
    path: Option<PathBuf>,
    is_changed: bool,
    /// Started with the first change.
    thread: Option<Service<Texts, ()>>,
}

impl Memory {
    /// What a file holds; nothing where there is none or it cannot be read. Without a path nothing
    /// is kept.
    pub fn open(path: Option<PathBuf>) -> Self {
        let texts = path.as_ref().and_then(|path| {
            let bytes = load::read(path, MAX_BYTES).ok()?;
            serde_json::from_slice(&bytes)
                .inspect_err(|error| log::warn!("{}: {error}", path.display()))
                .ok()
        });
        Self {
            texts: texts.unwrap_or_default(),
            path,
            ..Self::default()
        }
    }

    /// Whether nothing was ever kept.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, text: String) {
        if self.texts.get(name) != Some(&text) {
            self.texts.insert(name.to_owned(), text);
            self.is_changed = true;
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.is_changed |= self.texts.remove(name).is_some();
    }

    /// Has the file written, if something was changed since the last time.
    pub fn flush(&mut self) {
        if !std::mem::take(&mut self.is_changed) {
            return;
        }
        let Some(path) = &self.path else { return };
        if self.thread.is_none() {
            self.thread = start(path.clone());
        }
        if let Some(thread) = &mut self.thread {
            // The newest holds all of the older ones.
            thread.waiting_mut().clear();
            thread.send(self.texts.clone());
        }
    }

    /// Waits until the file is written.
    pub fn close(&mut self) {
        if let Some(thread) = &mut self.thread {
            thread.close();
        }
    }
}

fn start(path: PathBuf) -> Option<Service<Texts, ()>> {
    let serve = move |inbox: &Receiver<Texts>, _: Reports<()>| {
        while let Ok(texts) = inbox.recv() {
            // Texts always have a JSON form.
            let bytes = serde_json::to_vec_pretty(&texts).unwrap_or_default();
            if let Some(folder) = path.parent()
                && let Err(error) = std::fs::create_dir_all(folder)
            {
                log::warn!("{}: {error}", folder.display());
            }
            if let Err(error) = save(&path, &bytes) {
                log::warn!("{error}");
            }
        }
    };
    Service::start("zscape-memory", 1, Arc::new(|| ()), serve)
        .inspect_err(|error| log::warn!("no thread to remember the window: {error}"))
        .ok()
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests write the broken files that the program has to survive"
)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/window.json");
        let mut memory = Memory::open(Some(path.clone()));
        assert!(memory.is_empty());
        for number in 0..20 {
            memory.set("number", number.to_string());
            memory.set("text", "\"写真\"\n".to_owned());
            memory.flush();
        }
        memory.close();
        let again = Memory::open(Some(path.clone()));
        assert_eq!(again.get("number"), Some("19"));
        assert_eq!(again.get("text"), Some("\"写真\"\n"));
        // Nothing is left beside it.
        let files = std::fs::read_dir(folder.path().join("new")).expect("it is there");
        assert_eq!(files.count(), 1);

        let mut next = Memory::open(Some(path.clone()));
        next.remove("number");
        next.flush();
        next.close();
        assert_eq!(Memory::open(Some(path)).get("number"), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_as_if_there_were_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("window.json");
        for nonsense in ["", "[1]", "{\"a\": 1}", "{\"a\": \"b\"", "\u{0}"] {
            std::fs::write(&path, nonsense).expect("the folder is there");
            assert!(Memory::open(Some(path.clone())).is_empty(), "{nonsense}");
        }
        assert!(Memory::open(Some(folder.path().to_owned())).is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("window.json");
        std::fs::create_dir(&path).expect("the folder is empty");
        let mut memory = Memory::open(Some(path.clone()));
        memory.set("a", "b".to_owned());
        memory.flush();
        memory.close();
        assert!(path.is_dir(), "what stands there is not ours");
    }
}
