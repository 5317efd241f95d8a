//! Pictures from files, in the form that an encoder takes.

use crate::document::photo::{self, PrepareOptions, prepare};
use crate::model::foreign;
use crate::model::manifest::ImageSpec;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Pictures that are kept: a walk between a few photos reads each of them once, not once a frame.
const KEPT: usize = 8;

/// Pictures that were read lately, for one model.
#[derive(Debug, Default)]
pub struct PictureFiles {
    recent: Mutex<Vec<Recent>>,
}

#[derive(Debug)]
struct Recent {
    file: FileState,
    values: Arc<[f32]>,
}

/// A file as it was when it was read.
#[derive(PartialEq, Debug)]
pub struct FileState {
    path: PathBuf,
    len: u64,
    modified: SystemTime,
}

impl FileState {
    /// `None` where the file system does not say when a file was changed.
    pub fn of(path: &Path) -> Option<Self> {
        let found = path.metadata().ok()?;
        Some(Self {
            path: path.to_owned(),
            len: found.len(),
            modified: found.modified().ok()?,
        })
    }
}

/// The files of a model as they were when it was read.
#[derive(PartialEq, Debug)]
pub struct FileStates(Vec<FileState>);

impl FileStates {
    /// Those of a model file and of the hints beside it, where it is one of another program. `None`
    /// where the file system does not say when a file was changed.
    pub fn of_model(path: &Path) -> Option<Self> {
        let hints = foreign::hints_beside(path).filter(|hints| hints.exists());
        let files = std::iter::once(path.to_owned()).chain(hints);
        let states: Option<Vec<FileState>> = files.map(|file| FileState::of(&file)).collect();
        states.map(Self)
    }
}

impl PictureFiles {
    /// Reads a picture of any common format and brings it to the model's size: f32 `[C, H, W]`
    /// in 0..1. What has other proportions is cut to the model's, and transparent parts are
    /// black.
    ///
    /// # Errors
    /// A sentence that names the file and the fault.
    pub fn read(&self, path: &Path, image: ImageSpec) -> Result<Arc<[f32]>, String> {
        let file = FileState::of(path);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent
            .iter()
            .find(|recent| Some(&recent.file) == file.as_ref());
        if let Some(known) = known {
            return Ok(Arc::clone(&known.values));
        }
        let values = read(path, image)?;
        if let Some(file) = file {
            if recent.len() == KEPT {
                recent.remove(0);
            }
            let values = Arc::clone(&values);
            recent.push(Recent { file, values });
        }
        Ok(values)
    }
}

fn read(path: &Path, image: ImageSpec) -> Result<Arc<[f32]>, String> {
    let photo = photo::read(path).map_err(|error| error.to_string())?;
    let target = [image.channels, image.height, image.width];
    let values = prepare(&photo, target, &PrepareOptions::default())
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(values.into())
}
