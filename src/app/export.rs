//! Writing the picture to a file, off the window's thread.

use crate::engine::{JobId, ModelId};
use crate::latent::expr::Expr;
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A picture and all that is needed to make exactly it again.
#[derive(Clone, PartialEq, Debug)]
pub struct PictureFile {
    pub path: PathBuf,
    pub model: ModelId,
    pub expression: Expr,
    pub image: ImageSpec,
    /// f32 `[C, H, W]` in 0..1.
    pub values: Vec<f32>,
}

/// Writes a picture; the error is for people and names the file.
pub type PictureWriter = Arc<dyn Fn(&PictureFile) -> Result<(), String> + Send + Sync>;

/// Called from another thread to have the window look at what came.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// More than a user starts by hand; a sender waits when nobody looks.
const WAITING_RESULTS: usize = 16;

/// Pictures on their way to files.
pub struct Export {
    writer: PictureWriter,
    wake: Wake,
    decoding: BTreeMap<JobId, (PathBuf, ModelId, Expr)>,
    results: Receiver<Result<PathBuf, String>>,
    report: SyncSender<Result<PathBuf, String>>,
}

impl Export {
    pub fn new(writer: PictureWriter, wake: Wake) -> Self {
        let (report, results) = sync_channel(WAITING_RESULTS);
        Self { writer, wake, decoding: BTreeMap::new(), results, report }
    }

    /// Remembers what the picture of a job is for.
    pub fn expect(&mut self, job: JobId, path: PathBuf, model: ModelId, expression: Expr) {
        self.decoding.insert(job, (path, model, expression));
    }

    /// Takes the picture of a job that is to be written.
    pub fn accept(&mut self, job: JobId, image: ImageSpec, values: &[f32]) {
        let Some((path, model, expression)) = self.decoding.remove(&job) else { return };
        let values = values.get(..image.len()).unwrap_or(values).to_vec();
        let file = PictureFile { path, model, expression, image, values };
        let (writer, wake, report) =
            (Arc::clone(&self.writer), Arc::clone(&self.wake), self.report.clone());
        let started = std::thread::Builder::new().name("zscape-export".to_owned()).spawn(move || {
            let result = writer(&file).map(|()| file.path);
            // The window is gone when nobody listens; the file is written all the same.
            report.send(result).ok();
            wake();
        });
        if let Err(err) = started {
            self.report.try_send(Err(format!("No thread to write the picture: {err}"))).ok();
        }
    }

    /// Forgets a job that failed. Returns the file that is not written.
    pub fn fail(&mut self, job: JobId) -> Option<PathBuf> {
        self.decoding.remove(&job).map(|(path, ..)| path)
    }

    /// The next file that was written, or why it was not.
    pub fn try_result(&self) -> Option<Result<PathBuf, String>> {
        self.results.try_recv().ok()
    }
}
