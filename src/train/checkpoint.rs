//! Checkpoints: the whole state of a run in one safetensors file beside the output.

use super::TrainError;
use crate::files::{load, save};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The largest checkpoint that is read: a model of the largest size with two moments of each number.
const MAX_BYTES: u64 = 12 << 30;
/// The most steps that a run can have made.
const MAX_STEPS: u64 = 1 << 40;

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
        let fault = |error: safetensors::SafeTensorError| {
            let error = std::io::Error::other(error);
            TrainError::Save(save::SaveError::write(path, error))
        };
        let mut views = Vec::with_capacity(self.state.len());
        for (name, values) in &self.state {
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(Dtype::F32, vec![values.len()], bytes).map_err(fault)?;
            views.push((name.as_str(), view));
        }
        let metadata = HashMap::from([
            ("step".to_owned(), self.step.to_string()),
            ("recipe".to_owned(), self.recipe.clone()),
        ]);
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(fault)?;
        Ok(save::save(path, &bytes)?)
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
        let bytes = load::read(path, MAX_BYTES)
            .map_err(|error| fault(format!("cannot be read: {}", error.fault)))?;
        let broken = |error| fault(format!("is broken: {error}"));
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
        let metadata = metadata.metadata().clone().unwrap_or_default();
        let step = metadata.get("step").and_then(|step| step.parse().ok());
        let (Some(step), Some(recipe)) = (step, metadata.get("recipe").cloned()) else {
            return Err(fault("does not say how far it had come".to_owned()));
        };
        if step > MAX_STEPS {
            return Err(fault(format!("claims {step} steps, which no run makes")));
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(broken)?.tensors();
        if let Some((name, view)) = tensors.iter().find(|(_, view)| view.dtype() != Dtype::F32) {
            let found = view.dtype();
            return Err(fault(format!("holds {name:?} as {found:?}, not as F32")));
        }
        let state = tensors
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
