//! Data sets of labelled pictures.

use super::{TrainError, idx};
use crate::model::manifest::{DataSource, ImageSpec};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A data set that recipes can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetName {
    Mnist,
    FashionMnist,
}

/// Which part of a data set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Train,
    Test,
}

/// Labelled pictures in memory.
#[derive(Debug)]
pub struct Dataset {
    pub image: ImageSpec,
    /// `[count, channels * height * width]`, 0 to 255.
    pixels: Vec<u8>,
    pub labels: Vec<u8>,
}

impl DatasetName {
    /// Class names by label.
    pub fn classes(self) -> Vec<String> {
        let names: [&str; 10] = match self {
            Self::Mnist => ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            Self::FashionMnist => [
                "T-shirt",
                "Trousers",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ],
        };
        names.map(str::to_owned).to_vec()
    }

    pub fn source(self) -> DataSource {
        let (name, licence) = match self {
            Self::Mnist => ("MNIST (LeCun, Cortes, Burges)", "CC BY-SA 3.0"),
            Self::FashionMnist => ("Fashion-MNIST (Xiao, Rasul, Vollgraf)", "MIT"),
        };
        DataSource {
            name: name.to_owned(),
            licence: licence.to_owned(),
        }
    }

    /// Reads one part from a folder with the four original `.gz` files, or from a folder that
    /// holds such a folder under the data set's name.
    ///
    /// # Errors
    /// When a file is missing, cut short, or of another kind.
    pub fn read(self, folder: &Path, part: Part) -> Result<Dataset, TrainError> {
        let name = match self {
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
        };
        let inner = folder.join(name);
        let folder = if inner.is_dir() {
            inner.as_path()
        } else {
            folder
        };
        let prefix = match part {
            Part::Train => "train",
            Part::Test => "t10k",
        };
        let pictures_path = folder.join(format!("{prefix}-images-idx3-ubyte.gz"));
        let pictures = idx::read(&pictures_path, 3)?;
        let labels_path = folder.join(format!("{prefix}-labels-idx1-ubyte.gz"));
        let labels = idx::read(&labels_path, 1)?;
        let [count, height, width] = pictures.dims[..] else {
            return Err(TrainError::Data {
                path: pictures_path,
                fault: "has no three dimensions".to_owned(),
            });
        };
        if labels.bytes.len() != count || count == 0 {
            return Err(TrainError::Data {
                path: labels_path,
                fault: format!("has {} labels for {count} pictures", labels.bytes.len()),
            });
        }
        if let Some(label) = labels.bytes.iter().find(|&&label| label > 9) {
            return Err(TrainError::Data {
                path: labels_path,
                fault: format!("has a label {label}; labels are 0 to 9"),
            });
        }
        let image = ImageSpec {
            channels: 1,
            height,
            width,
        };
        Ok(Dataset {
            image,
            pixels: pictures.bytes,
            labels: labels.bytes,
        })
    }
}

impl Dataset {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pictures of `indices` in 0..1, one after the other.
    pub fn pictures(&self, indices: impl IntoIterator<Item = usize>) -> Vec<f32> {
        let len = self.image.len();
        indices
            .into_iter()
            .flat_map(|index| &self.pixels[index * len..(index + 1) * len])
            .map(|&pixel| f32::from(pixel) / 255.0)
            .collect()
    }
}
