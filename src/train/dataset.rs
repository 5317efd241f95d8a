//! Data sets of labelled pictures.

use super::TrainError;
use super::dolls::{Character, Described, Doll, Heroes};
use super::idx::{self, Content};
use super::layout::LayoutSettings;
use super::task::Batch;
use crate::model::manifest::{DataSource, Entry, ImageSpec, LabelKind};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A data set that recipes can name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetName {
    Mnist,
    FashionMnist,
    /// Characters put together from layers, any number of them.
    Heroes,
    /// A folder of this name with a `doll.toml`.
    Doll(String),
}

/// Characters that stand for a whole part of the data, where a fixed number is needed.
const TRAIN_CHARACTERS: usize = 60_000;
const TEST_CHARACTERS: usize = 10_000;

/// The names of the classes by label.
const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const CLOTHES: &[&str] = &[
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
];

/// Which part of a data set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Train,
    Test,
}

/// What the pictures of a data set look like, and what their labels say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataForm {
    pub image: ImageSpec,
    pub kind: LabelKind,
    /// The names of the labels.
    pub labels: Vec<String>,
    /// Labels that speak of one thing, where the data knows.
    pub groups: Vec<LabelGroup>,
    /// What the labels of label maps stand for; empty without such maps.
    pub entries: Vec<Entry>,
}

/// Labels that speak of one part of a picture, such as its mouth, and how they go together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelGroup {
    pub name: String,
    /// Indices of labels.
    pub labels: Vec<usize>,
    /// Every combination of them that a picture can have: for each of the labels whether it holds.
    pub combinations: BTreeSet<Vec<bool>>,
}

/// Labelled pictures, in memory or made when they are asked for.
pub struct Dataset {
    pub form: DataForm,
    source: Source,
}

enum Source {
    Stored {
        /// `[count, channels * height * width]`, 0 to 255.
        pixels: Vec<u8>,
        /// One class for each picture.
        labels: Vec<u8>,
    },
    /// What stands for pictures.
    Encoded {
        codes: Vec<f32>,
        labels: Vec<u8>,
        count: usize,
    },
    /// The pictures of a part; `count` of them stand for the data where that matters.
    Composed {
        doll: Box<dyn Doll>,
        part: Part,
        count: usize,
    },
}

impl DatasetName {
    /// Where the pictures come from, where the program knows it.
    pub fn source(&self) -> Option<DataSource> {
        let (name, licence) = match self {
            Self::Mnist => ("MNIST (LeCun, Cortes, Burges)", "CC BY-SA 3.0"),
            Self::FashionMnist => ("Fashion-MNIST (Xiao, Rasul, Vollgraf)", "MIT"),
            Self::Heroes => ("Dungeon Crawl Stone Soup paper dolls", "CC0 1.0"),
            Self::Doll(_) => return None,
        };
        Some(DataSource {
            name: name.to_owned(),
            licence: licence.to_owned(),
        })
    }

    /// Reads one part from a folder with the four original files, packed or not, or with the
    /// layers of characters, or from a folder that holds such a folder under the data set's name
    /// or as torchvision leaves it, `MNIST/raw`.
    ///
    /// # Errors
    /// When a file is missing, cut short, or of another kind.
    pub fn read(&self, folder: &Path, part: Part) -> Result<Dataset, TrainError> {
        let (name, classes) = match self {
            Self::Mnist => ("mnist", DIGITS),
            Self::FashionMnist => ("fashion-mnist", CLOTHES),
            Self::Heroes => return Ok(composed(Box::new(Heroes::read(folder)?), part)),
            Self::Doll(name) => {
                let doll = Described::read(folder, name)?;
                return Ok(composed(Box::new(doll), part));
            }
        };
        let folders = folders(folder, name);
        let prefix = match part {
            Part::Train => "train",
            Part::Test => "t10k",
        };
        let pictures_path = idx::find(&folders, prefix, Content::Pictures);
        let pictures = idx::read(&pictures_path, Content::Pictures)?;
        let labels_path = idx::find(&folders, prefix, Content::Labels);
        let labels = idx::read(&labels_path, Content::Labels)?;
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
            form: DataForm {
                image,
                kind: LabelKind::Classes,
                labels: classes.iter().map(|&name| name.to_owned()).collect(),
                groups: Vec::new(),
                entries: Vec::new(),
            },
            source: Source::Stored {
                pixels: pictures.bytes,
                labels: labels.bytes,
            },
        })
    }
}

/// Where the files of a data set may lie below a folder.
fn folders(folder: &Path, name: &str) -> Vec<PathBuf> {
    let torchvision = match name {
        "mnist" => "MNIST",
        _ => "FashionMNIST",
    };
    [name, "", torchvision]
        .iter()
        .flat_map(|inner| [folder.join(inner), folder.join(inner).join("raw")])
        .collect()
}

fn composed(doll: Box<dyn Doll>, part: Part) -> Dataset {
    let count = match part {
        Part::Train => TRAIN_CHARACTERS,
        Part::Test => TEST_CHARACTERS,
    };
    Dataset {
        form: doll.form(),
        source: Source::Composed { doll, part, count },
    }
}

impl Dataset {
    pub fn len(&self) -> usize {
        match &self.source {
            Source::Stored { labels, .. } => labels.len(),
            Source::Composed { count, .. } | Source::Encoded { count, .. } => *count,
        }
    }

    /// The same data with a label map for each picture.
    ///
    /// # Errors
    /// A sentence when its pictures are not made of layers that fit the labels.
    pub fn laid_out(mut self, layout: &LayoutSettings) -> Result<Self, String> {
        match &mut self.source {
            Source::Composed { doll, .. } => doll.lay_out(layout)?,
            Source::Stored { .. } | Source::Encoded { .. } => {
                return Err("has a layout, but its data is not a paper doll".to_owned());
            }
        }
        if let Source::Composed { doll, .. } = &self.source {
            self.form = doll.form();
        }
        Ok(self)
    }

    /// The same data as codes, with a row of labels for each of `count` pictures.
    pub fn replaced_by_codes(&self, codes: Vec<f32>, labels: Vec<u8>, count: usize) -> Self {
        Self {
            form: self.form.clone(),
            source: Source::Encoded {
                codes,
                labels,
                count,
            },
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are pictures beyond [`Self::len`], without end.
    pub fn is_endless(&self) -> bool {
        matches!(self.source, Source::Composed { .. })
    }

    /// The pictures of `indices` in 0..1, one after the other, or their codes.
    pub fn pictures(&self, indices: impl IntoIterator<Item = usize>) -> Vec<f32> {
        let len = self.form.image.len();
        let indices = indices.into_iter();
        match &self.source {
            Source::Stored { pixels, .. } => {
                let rows = indices.map(|index| row(pixels, index, len));
                rows.flat_map(|row| row.iter().map(grey)).collect()
            }
            Source::Composed { .. } => {
                let drawn = self.characters(indices).into_iter();
                drawn.flat_map(|it| it.pixels).map(|it| grey(&it)).collect()
            }
            Source::Encoded { codes, count, .. } => {
                let len = codes.len() / count.max(&1);
                let rows = indices.flat_map(|index| row(codes, index, len));
                rows.copied().collect()
            }
        }
    }

    /// The labels of `indices`: one class each, or a row of 0 and 1 each.
    pub fn labels(&self, indices: impl IntoIterator<Item = usize>) -> Vec<u8> {
        let indices = indices.into_iter();
        match &self.source {
            Source::Stored { labels, .. } => indices.map(|index| labels[index]).collect(),
            Source::Encoded { labels, count, .. } => {
                let len = labels.len() / count.max(&1);
                let rows = indices.flat_map(|index| row(labels, index, len));
                rows.copied().collect()
            }
            Source::Composed { .. } => {
                let drawn = self.characters(indices).into_iter();
                drawn.flat_map(|it| it.labels).collect()
            }
        }
    }

    /// A batch of pictures with their labels, and their label maps where they have any.
    pub fn batch(&self, step: u64, indices: impl Iterator<Item = usize> + Clone) -> Batch {
        let mut batch = Batch {
            step,
            ..Batch::default()
        };
        if !self.is_endless() {
            batch.pictures = self.pictures(indices.clone());
            batch.labels = self.labels(indices);
            return batch;
        }
        for character in self.characters(indices) {
            batch.pictures.extend(character.pixels.iter().map(grey));
            batch.labels.extend(character.labels);
            batch.layouts.extend(character.layout);
        }
        batch
    }

    /// Draws the characters of a doll on all cores: a training on a GPU waits for them.
    fn characters(&self, indices: impl Iterator<Item = usize>) -> Vec<Character> {
        let Source::Composed { doll, part, .. } = &self.source else {
            return Vec::new();
        };
        let indices: Vec<usize> = indices.collect();
        let drawn = indices.par_iter();
        drawn
            .map(|&index| doll.character(*part, index as u64))
            .collect()
    }

    /// The class of every picture, where each has one.
    pub fn classes(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Stored { labels, .. } => Some(labels),
            Source::Composed { .. } | Source::Encoded { .. } => None,
        }
    }
}

fn grey(pixel: &u8) -> f32 {
    f32::from(*pixel) / 255.0
}

/// One row of a table of rows of `len`.
fn row<T>(table: &[T], index: usize, len: usize) -> &[T] {
    &table[index * len..(index + 1) * len]
}
