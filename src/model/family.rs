//! What each family of models can do: the one place that knows families apart. Everything else
//! asks for [`Capabilities`], so that a new family is a row here and a trainer, and no panel has
//! to hear of it.

use super::manifest::{Family, Manifest, Role};
use super::network_form::NetworkForm;
use crate::latent::{Space, SpaceShape, Vocabulary};

/// What the encoder of a family gives for a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// The family has no encoder, or its graph says what it gives.
    None,
    /// A code.
    Code,
    /// Mean and log variance of a normal distribution of codes.
    Distribution,
}

/// A row of the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FamilyTraits {
    /// As people read it, in the middle of a sentence.
    pub title: &'static str,
    /// The same of one that takes conditions.
    pub conditional_title: &'static str,
    /// The networks that a file must have.
    pub networks: &'static [Role],
    /// The networks that it may have besides; it has no others.
    pub optional: &'static [Role],
    /// Whether codes decode to pictures.
    pub generates: bool,
    /// Whether pictures get labels.
    pub classifies: bool,
    /// Whether seeds are drawn from a standard normal prior that the model was trained under.
    pub has_prior: bool,
    pub encoding: Encoding,
    /// Whether trainers of the family teach it conditions.
    pub learns_conditions: bool,
    /// Whether a mapping network leads from z to w, and a synthesis network takes w+.
    pub has_styles: bool,
    /// Whether a section `flow` describes all networks, so that a picture has a known density.
    pub has_likelihood: bool,
    /// Whether trainers of the family learn a codebook, whose entries are the codes.
    pub learns_codebook: bool,
    /// Whether trainers of the family learn what a label map is a picture of.
    pub translates: bool,
    /// Whether the manifest says which spaces there are; else it is z, and w and w+ with styles.
    pub has_any_spaces: bool,
}

impl FamilyTraits {
    /// Whether pictures are made in steps, by a sampler over a denoiser.
    pub fn takes_steps(&self) -> bool {
        self.networks.contains(&Role::Denoiser)
    }

    /// Whether trainers of the family learn an encoder and a decoder of real codes together.
    pub fn autoencodes(&self) -> bool {
        self.networks == [Role::Decoder, Role::Encoder] && !self.learns_codebook && !self.translates
    }

    /// Whether pictures are written place by place, each place after those before it.
    pub fn writes(&self) -> bool {
        self.networks.contains(&Role::Prior)
    }
}

impl Family {
    /// What models of this family can do.
    pub fn traits(self) -> FamilyTraits {
        let plain = FamilyTraits {
            title: "autoencoder",
            conditional_title: "conditional autoencoder",
            networks: &[Role::Decoder, Role::Encoder],
            optional: &[],
            generates: true,
            classifies: false,
            has_prior: false,
            encoding: Encoding::Code,
            learns_conditions: false,
            has_styles: false,
            has_likelihood: false,
            learns_codebook: false,
            translates: false,
            has_any_spaces: false,
        };
        match self {
            Self::Autoencoder => plain,
            Self::Vae => FamilyTraits {
                title: "VAE",
                learns_conditions: true,
                conditional_title: "conditional VAE",
                has_prior: true,
                encoding: Encoding::Distribution,
                ..plain
            },
            Self::Gan => FamilyTraits {
                title: "GAN",
                learns_conditions: true,
                conditional_title: "conditional GAN",
                networks: &[Role::Decoder],
                has_prior: true,
                encoding: Encoding::None,
                ..plain
            },
            Self::StyleGan => FamilyTraits {
                title: "style-based GAN",
                networks: &[],
                optional: &[Role::Decoder, Role::Encoder],
                has_prior: true,
                encoding: Encoding::Distribution,
                has_styles: true,
                ..plain
            },
            Self::Diffusion => FamilyTraits {
                title: "diffusion model",
                conditional_title: "conditional diffusion model",
                networks: &[Role::Denoiser],
                optional: &[Role::Decoder, Role::Encoder],
                has_prior: true,
                learns_conditions: true,
                encoding: Encoding::None,
                has_any_spaces: true,
                ..plain
            },
            Self::Flow => FamilyTraits {
                title: "flow",
                networks: &[],
                has_prior: true,
                has_likelihood: true,
                ..plain
            },
            Self::Vq => FamilyTraits {
                title: "VQ-VAE",
                learns_codebook: true,
                encoding: Encoding::Code,
                has_any_spaces: true,
                ..plain
            },
            Self::Autoregressive => FamilyTraits {
                title: "autoregressive model",
                conditional_title: "conditional autoregressive model",
                networks: &[Role::Decoder, Role::Encoder, Role::Prior],
                has_prior: true,
                learns_conditions: true,
                encoding: Encoding::Code,
                has_any_spaces: true,
                ..plain
            },
            Self::Translation => FamilyTraits {
                title: "image-to-image GAN",
                has_prior: true,
                translates: true,
                has_any_spaces: true,
                ..plain
            },
            Self::Classifier => FamilyTraits {
                title: "classifier",
                networks: &[Role::Classifier],
                generates: false,
                classifies: true,
                encoding: Encoding::None,
                ..plain
            },
            Self::Graph => FamilyTraits {
                title: "graph network",
                conditional_title: "conditional graph network",
                networks: &[Role::Decoder],
                optional: &[Role::Encoder],
                has_prior: true,
                encoding: Encoding::None,
                has_any_spaces: true,
                ..plain
            },
        }
    }
}

/// What one model can do, from its manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// The family, in the middle of a sentence.
    pub title: &'static str,
    pub generates: bool,
    pub classifies: bool,
    /// Whether the space of seeds has a standard normal prior: then a code is measured against it.
    pub has_prior: bool,
    /// Whether pictures can be encoded.
    pub encodes: bool,
    /// Whether the encoder gives a distribution of codes.
    pub encodes_distribution: bool,
    /// How many style inputs the synthesis network has; `None` without styles.
    pub style_layers: Option<usize>,
    /// Whether the density of a picture is known.
    pub has_likelihood: bool,
    /// Whether decoding adds noise, so that it matters which.
    pub takes_noise: bool,
    /// Whether pictures are made in steps, by a sampler.
    pub takes_steps: bool,
    /// The conditions that it takes; `None` where it takes none.
    pub conditions: Option<Vocabulary>,
    /// The spaces that codes may be in.
    pub spaces: Vec<Space>,
    /// The space of seeds; `None` where nothing is generated.
    pub start: Option<Space>,
}

impl Manifest {
    /// What the model can do.
    pub fn capabilities(&self) -> Capabilities {
        let traits = self.family.traits();
        let encoder = self.networks.get(&Role::Encoder);
        let encodes = self.encodes();
        let gives_two =
            matches!(encoder, Some(NetworkForm::Graph(graph)) if graph.outputs.len() > 1);
        let start = self.start_space();
        let start_shape = start.and_then(|start| self.spaces.get(&start));
        Capabilities {
            // An encoder beside a GAN has taught its generator.
            title: match (traits.has_styles, encodes) {
                (true, true) => "style-based VAE-GAN",
                _ if self.conditions.is_some() => traits.conditional_title,
                _ => traits.title,
            },
            generates: traits.generates,
            classifies: traits.classifies,
            has_prior: traits.has_prior && start_shape.is_some_and(|shape| shape.is_real()),
            encodes,
            encodes_distribution: encodes
                && (traits.encoding == Encoding::Distribution || gives_two),
            style_layers: match self.spaces.get(&Space::W_PLUS) {
                Some(SpaceShape::Layers { layers, .. }) => Some(*layers),
                _ => None,
            },
            has_likelihood: traits.has_likelihood || self.writes_pixels(),
            takes_noise: self.takes_noise(),
            takes_steps: self.takes_steps(),
            conditions: self.conditions.clone(),
            spaces: self.spaces.keys().copied().collect(),
            start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelFile, catalogue};

    #[test]
    fn what_a_model_can_do_fits_what_its_file_holds() {
        for entry in catalogue::entries() {
            let file = ModelFile::from_bytes(entry.bytes).expect("a built-in model is sound");
            let (manifest, can) = (&file.manifest, file.manifest.capabilities());
            let name = entry.name;
            let start = if can.takes_steps { Space::X } else { Space::Z };
            assert_eq!(
                can.generates,
                manifest.spaces.contains_key(&start),
                "{name}"
            );
            assert_ne!(can.generates, can.classifies, "{name}");
            assert_eq!(
                can.style_layers.is_some(),
                manifest.style.is_some(),
                "{name}"
            );
            let traits = manifest.family.traits();
            let may_encode = traits.encoding != Encoding::None;
            let must_encode = may_encode && !traits.optional.contains(&Role::Encoder);
            assert!(can.encodes || !must_encode, "{name}");
            assert!(may_encode || !can.encodes, "{name}");
            assert!(can.encodes || !can.encodes_distribution, "{name}");
        }
    }
}
