//! What an architecture makes of a file: our manifest, and where each of our tensors comes from.

use super::net::{BuiltNet, Weight};
use crate::latent::{Space, SpaceShape, Vocabulary, VocabularyKind};
use crate::model::diffusion::DiffusionSpec;
use crate::model::manifest::{
    DataSource, FORMAT_VERSION, Family, ImageSpec, LabelKind, Manifest, MapSpec, Role,
    TrainingRecord,
};
use crate::model::network_form::NetworkForm;
use crate::model::style::StyleSpec;
use std::collections::BTreeMap;

/// What kind of model it is, for those who read its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// With an encoder that gives a distribution in z.
    Vae,
    Gan,
    /// Takes steps from noise to a picture.
    Diffusion,
    /// Any other generator.
    General,
}

/// A recognised model.
#[derive(Clone, PartialEq, Debug)]
pub struct Blueprint {
    pub kind: Kind,
    /// `[channels, height, width]`
    pub image: [usize; 3],
    pub spaces: BTreeMap<Space, SpaceShape>,
    pub decoder: Option<BuiltNet>,
    pub encoder: Option<BuiltNet>,
    pub denoiser: Option<BuiltNet>,
    /// What the denoiser was trained for.
    pub diffusion: Option<DiffusionSpec>,
    pub maps: Vec<(Space, Space, BuiltNet)>,
    pub style: Option<StyleSpec>,
    pub conditions: Option<Vocabulary>,
    /// Tensors beside those of its networks, by our names.
    pub more: BTreeMap<String, Weight>,
    /// By what it was recognised, as a part of a sentence.
    pub why: String,
    /// What was assumed, and what does not come along, as sentences.
    pub notes: Vec<String>,
}

impl Blueprint {
    /// A model of which nothing is known but its pictures.
    pub fn empty(kind: Kind, image: [usize; 3]) -> Self {
        Self {
            kind,
            image,
            spaces: BTreeMap::new(),
            decoder: None,
            encoder: None,
            denoiser: None,
            diffusion: None,
            maps: Vec::new(),
            style: None,
            conditions: None,
            more: BTreeMap::new(),
            why: String::new(),
            notes: Vec::new(),
        }
    }

    /// A model whose codes are vectors in z.
    pub fn of_vectors(kind: Kind, dim: usize, image: [usize; 3], decoder: BuiltNet) -> Self {
        Self {
            spaces: BTreeMap::from([(Space::Z, SpaceShape::Vector { dim })]),
            decoder: Some(decoder),
            ..Self::empty(kind, image)
        }
    }

    /// A model that takes steps from noise to a picture.
    pub fn of_denoiser(image: [usize; 3], denoiser: BuiltNet, diffusion: DiffusionSpec) -> Self {
        let [channels, height, width] = image;
        let picture = SpaceShape::Image {
            channels,
            height,
            width,
        };
        Self {
            spaces: BTreeMap::from([(Space::X, picture)]),
            denoiser: Some(denoiser),
            diffusion: Some(diffusion),
            ..Self::empty(Kind::Diffusion, image)
        }
    }

    /// Lets it be one of several classes, by these names or by numbers.
    pub fn with_classes(&mut self, count: usize, names: &[String]) {
        let words = (0..count).map(|index| match names.get(index) {
            Some(name) => name.clone(),
            None => index.to_string(),
        });
        let words: Vec<String> = words.collect();
        self.conditions = Some(Vocabulary {
            kind: VocabularyKind::Classes,
            default: words.first().cloned(),
            words,
            exclusive: Vec::new(),
        });
    }

    /// The manifest, and the source of each tensor by our name.
    pub fn into_parts(self, about: About) -> (Manifest, BTreeMap<String, Weight>) {
        let mut weights = self.more;
        let mut networks = BTreeMap::new();
        for (role, built) in [
            (Role::Decoder, self.decoder),
            (Role::Encoder, self.encoder),
            (Role::Denoiser, self.denoiser),
        ] {
            let Some(built) = built else { continue };
            let named = built.weights.into_iter();
            weights.extend(named.map(|(name, weight)| (format!("{}.{name}", role.name()), weight)));
            networks.insert(role, NetworkForm::Graph(built.graph));
        }
        let mut maps = Vec::new();
        for (from, to, built) in self.maps {
            let named = built.weights.into_iter();
            weights.extend(named.map(|(name, weight)| (format!("map.{from}.{to}.{name}"), weight)));
            maps.push(MapSpec {
                from,
                to,
                network: NetworkForm::Graph(built.graph),
            });
        }
        let has_encoder = networks.contains_key(&Role::Encoder);
        let [channels, height, width] = self.image;
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            name: about.name,
            title: about.title,
            summary: about.summary,
            family: match self.kind {
                // Without its encoder it is only a decoder.
                Kind::Vae if has_encoder => Family::Vae,
                Kind::Gan => Family::Gan,
                Kind::Diffusion => Family::Diffusion,
                Kind::Vae | Kind::General => Family::Graph,
            },
            image: ImageSpec {
                channels,
                height,
                width,
            },
            spaces: self.spaces,
            networks,
            maps,
            entries: Vec::new(),
            conditions: self.conditions,
            style: self.style,
            flow: None,
            diffusion: self.diffusion,
            labels: LabelKind::default(),
            classes: Vec::new(),
            data: about.data,
            training: TrainingRecord::default(),
            quality: BTreeMap::new(),
            directions: None,
        };
        (manifest, weights)
    }
}

/// What a model is called.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    pub name: String,
    pub title: String,
    pub summary: String,
    pub data: DataSource,
}
