//! What questions may say about models: names, spaces, named codes. No weights.

use super::index::Index;
use crate::latent::expr::{CheckError, Context, Expr, check};
use crate::latent::{Code, Direction, Lead, Space, SpaceShape, Vocabulary};
use crate::model::judge::classifies;
use crate::model::manifest::LabelKind;
use crate::model::{ModelFile, catalogue};
use std::collections::BTreeMap;

/// The models by name, those that are announced too.
#[derive(Clone, Debug, Default)]
pub struct Models(BTreeMap<String, ModelSketch>);

/// What expressions and measures may ask of a model.
#[derive(Clone, Debug)]
pub struct ModelSketch {
    pub name: String,
    pub spaces: BTreeMap<Space, SpaceShape>,
    /// The space of seeds.
    pub start: Space,
    /// What each space leads to.
    pub leads: BTreeMap<Space, Lead>,
    /// The conditions that it takes.
    pub vocabulary: Option<Vocabulary>,
    pub named: BTreeMap<String, Code>,
    pub directions: Vec<Direction>,
    pub has_encoder: bool,
    /// Whether a picture has a code, and in which space that is.
    pub takes_pictures: bool,
    pub encoded: Space,
    /// Whether it begins with noise, so that pictures can be redrawn.
    pub redrawn: Option<Space>,
    /// Whether the density of a picture is known.
    pub has_likelihood: bool,
    /// Whether the file holds encoded test data.
    pub has_encoded: bool,
    /// What the catalogue's classifier of its data sees, if there is one.
    pub judged: Option<(LabelKind, Vec<String>)>,
    /// Whether it is named before it is built in.
    pub is_announced: bool,
}

impl Models {
    /// The models of the catalogue, and those that the list announces.
    ///
    /// # Errors
    /// When a built-in file is not sound, which tests prevent.
    pub fn built_in() -> Result<Self, String> {
        let mut files = Vec::new();
        for entry in catalogue::entries() {
            let file = ModelFile::from_bytes(entry.bytes);
            files.push((
                entry.name,
                file.map_err(|e| format!("{}: {e}", entry.name))?,
            ));
        }
        let mut models = BTreeMap::new();
        for (name, file) in &files {
            let Some(start) = file.manifest.start_space() else {
                continue;
            };
            let spaces = file.manifest.spaces.keys();
            let leads = spaces.filter_map(|&space| Some((space, file.manifest.lead(space)?)));
            let sketch = ModelSketch {
                name: (*name).to_owned(),
                spaces: file.manifest.spaces.clone(),
                start,
                leads: leads.collect(),
                vocabulary: file.manifest.conditions.clone(),
                named: file.named_codes(),
                directions: file.directions(),
                has_encoder: file.manifest.encodes(),
                takes_pictures: file.manifest.takes_pictures(),
                encoded: file.manifest.encoded_space(),
                redrawn: file.manifest.redrawn_space(),
                has_likelihood: file.manifest.capabilities().has_likelihood,
                has_encoded: file.tensors.contains_key("encoded.codes"),
                judged: files
                    .iter()
                    .map(|(_, judge)| &judge.manifest)
                    .find(|judge| classifies(judge, &file.manifest))
                    .map(|judge| (judge.labels, judge.classes.clone())),
                is_announced: false,
            };
            models.insert((*name).to_owned(), sketch);
        }
        for announced in Index::built_in()?.announced {
            let sketch = ModelSketch {
                name: announced.model.clone(),
                spaces: announced.spaces(),
                start: Space::Z,
                leads: announced.leads(),
                vocabulary: None,
                named: BTreeMap::new(),
                directions: Vec::new(),
                has_encoder: announced.encoder,
                takes_pictures: announced.encoder,
                encoded: Space::Z,
                redrawn: None,
                has_likelihood: false,
                has_encoded: announced.encoder,
                judged: None,
                is_announced: true,
            };
            models.entry(announced.model).or_insert(sketch);
        }
        Ok(Self(models))
    }

    /// The model of a name.
    pub fn get(&self, name: &str) -> Option<&ModelSketch> {
        self.0.get(name)
    }

    /// All names, for sentences.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

impl ModelSketch {
    /// Whether a judge sees one class in each of its pictures.
    pub fn has_classes(&self) -> bool {
        matches!(self.judged, Some((LabelKind::Classes, _)))
    }

    /// Whether a judge knows a label.
    pub fn has_label(&self, label: Option<&str>) -> bool {
        let known = self.judged.iter().flat_map(|(_, labels)| labels);
        label.is_some_and(|label| known.into_iter().any(|known| known == label))
    }

    /// The space and the shape of an expression's value.
    ///
    /// # Errors
    /// What the language finds wrong with it.
    pub fn check(&self, expr: &Expr) -> Result<(Space, SpaceShape), CheckError> {
        check(expr, self)
    }

    /// The same with one more named code of a space.
    pub fn with_code(&self, name: &str, space: Space, shape: SpaceShape) -> Self {
        let mut sketch = self.clone();
        let values = vec![0.0; shape.checked_len().unwrap_or(0)];
        if let Ok(code) = Code::new(space, shape, values) {
            sketch.named.insert(name.to_owned(), code);
        }
        sketch
    }
}

impl Context for ModelSketch {
    fn model_name(&self) -> &str {
        &self.name
    }

    fn space(&self, space: Space) -> Option<SpaceShape> {
        self.spaces.get(&space).copied()
    }

    fn lead(&self, space: Space) -> Option<Lead> {
        self.leads.get(&space).copied()
    }

    fn start_space(&self) -> Space {
        self.start
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.vocabulary.as_ref()
    }

    fn mean(&self, _: Space) -> Option<&[f32]> {
        None
    }

    fn named(&self, name: &str) -> Option<&Code> {
        self.named.get(name)
    }

    fn direction(&self, name: &str) -> Option<&Direction> {
        self.directions.iter().find(|found| found.name == name)
    }

    fn names(&self) -> Vec<String> {
        self.named.keys().cloned().collect()
    }

    fn directions(&self) -> Vec<String> {
        let names = self.directions.iter().map(|found| found.name.clone());
        names.collect()
    }

    fn redrawn_space(&self) -> Option<Space> {
        self.redrawn
    }

    fn can_encode(&self) -> bool {
        self.takes_pictures
    }

    fn encoded_space(&self) -> Space {
        self.encoded
    }
}
