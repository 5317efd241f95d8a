//! Writing the picture to a file, off the window's thread.

use crate::document::raster::Raster;
use crate::document::{ModelRef, Recipe, Subject, png, save};
use crate::engine::{JobId, ModelId};
use crate::latent::expr::Expr;
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A picture and all that is needed to make exactly it again.
struct PictureFile {
    path: PathBuf,
    model: ModelId,
    expression: Expr,
    image: ImageSpec,
    /// f32 `[C, H, W]` in 0..1.
    values: Vec<f32>,
}

/// Called from another thread to have the window look at what came.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// More than a user starts by hand; a sender waits when nobody looks.
const WAITING_RESULTS: usize = 16;

/// Pictures on their way to files.
pub struct Export {
    wake: Wake,
    decoding: BTreeMap<JobId, (PathBuf, ModelId, Expr)>,
    results: Receiver<Result<PathBuf, String>>,
    report: SyncSender<Result<PathBuf, String>>,
}

impl Export {
    pub fn new(wake: Wake) -> Self {
        let (report, results) = sync_channel(WAITING_RESULTS);
        Self {
            wake,
            decoding: BTreeMap::new(),
            results,
            report,
        }
    }

    /// Remembers what the picture of a job is for.
    pub fn expect(&mut self, job: JobId, path: PathBuf, model: ModelId, expression: Expr) {
        self.decoding.insert(job, (path, model, expression));
    }

    /// Takes the picture of a job that is to be written.
    pub fn accept(&mut self, job: JobId, image: ImageSpec, values: &[f32]) {
        let Some((path, model, expression)) = self.decoding.remove(&job) else {
            return;
        };
        let values = values.get(..image.len()).unwrap_or(values).to_vec();
        let file = PictureFile {
            path,
            model,
            expression,
            image,
            values,
        };
        let (wake, report) = (Arc::clone(&self.wake), self.report.clone());
        let started = std::thread::Builder::new()
            .name("zscape-export".to_owned())
            .spawn(move || {
                let result = write(&file).map(|()| file.path);
                // The window is gone when nobody listens; the file is written all the same.
                report.send(result).ok();
                wake();
            });
        if let Err(err) = started {
            self.report
                .try_send(Err(format!("No thread to write the picture: {err}")))
                .ok();
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

/// Writes the picture with its recipe, in the model's own size; the error is for people.
fn write(file: &PictureFile) -> Result<(), String> {
    let not_saved = |err: &dyn std::error::Error| {
        format!("The picture was not saved: {err}: {}", file.path.display())
    };
    let sides = [file.image.channels, file.image.height, file.image.width];
    let raster = Raster::from_planes(sides, &file.values).map_err(|err| not_saved(&err))?;
    let model = ModelRef {
        name: file.model.name.clone(),
        hash: file.model.hash.clone(),
    };
    let subject = Subject::Expression(file.expression.to_string());
    let recipe = Recipe::new(model, subject, raster.size());
    let bytes = png::encode(&raster, &recipe).map_err(|err| not_saved(&err))?;
    save::save(&file.path, &bytes).map_err(|err| format!("The picture was not saved: {err}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_tells_how_it_was_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = PictureFile {
            path: folder.path().join("seed0042.png"),
            model: ModelId {
                name: "digits-vae2".to_owned(),
                hash: "ab".to_owned(),
            },
            expression: Expr::Seed(42),
            image: ImageSpec {
                channels: 1,
                height: 2,
                width: 3,
            },
            values: vec![0.5; 6],
        };
        write(&file).expect("it can be written");
        let bytes = std::fs::read(&file.path).expect("it is there");
        let recipe = png::read_recipe(&bytes).expect("it carries a recipe");
        assert_eq!(recipe.subject, Subject::Expression("seed(42)".to_owned()));
        assert_eq!(recipe.size, [3, 2]);

        let nowhere = PictureFile {
            path: folder.path().join("no/such/folder.png"),
            ..file
        };
        let message = write(&nowhere).expect_err("there is no such folder");
        assert!(message.contains("folder.png"), "{message}");
    }
}
