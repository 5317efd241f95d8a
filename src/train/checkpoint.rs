//! Checkpoints: the whole state of a run in one safetensors file beside the output.

use super::TrainError;
use atomic_write_file::AtomicWriteFile;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The state of a run after `step` steps.
pub struct Checkpoint {
    pub step: u64,
    /// The recipe's text; a resumed run must have the same.
    pub recipe: String,
    pub state: BTreeMap<String, Vec<f32>>,
}

/// Where the checkpoint of an output lies.
pub fn path_beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".checkpoint");
    PathBuf::from(name)
}

impl Checkpoint {
    /// Writes beside and renames, so a kill leaves the checkpoint before it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let write = |source| TrainError::Write {
            path: path.to_owned(),
            source,
        };
        let mut views = Vec::with_capacity(self.state.len());
        for (name, values) in &self.state {
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(Dtype::F32, vec![values.len()], bytes)
                .map_err(|error| write(std::io::Error::other(error)))?;
            views.push((name.as_str(), view));
        }
        let metadata = HashMap::from([
            ("step".to_owned(), self.step.to_string()),
            ("recipe".to_owned(), self.recipe.clone()),
        ]);
        let bytes = safetensors::serialize(views, Some(metadata))
            .map_err(|error| write(std::io::Error::other(error)))?;
        let mut file = AtomicWriteFile::open(path).map_err(write)?;
        file.write_all(&bytes).map_err(write)?;
        file.commit().map_err(write)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// When there is no sound checkpoint.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let fault = |fault: String| TrainError::Checkpoint {
            path: path.to_owned(),
            fault,
        };
        let bytes =
            std::fs::read(path).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let broken = |error| fault(format!("is broken: {error}"));
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
        let metadata = metadata.metadata().clone().unwrap_or_default();
        let step = metadata.get("step").and_then(|step| step.parse().ok());
        let (Some(step), Some(recipe)) = (step, metadata.get("recipe").cloned()) else {
            return Err(fault("does not say how far it had come".to_owned()));
        };
        let state = SafeTensors::deserialize(&bytes)
            .map_err(broken)?
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                let bytes = view.data().chunks_exact(4);
                let values = bytes
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect();
                (name, values)
            })
            .collect();
        Ok(Self {
            step,
            recipe,
            state,
        })
    }
}
