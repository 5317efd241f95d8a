//! What the modules of an autoencoder of latent diffusion are called.

use super::super::group::Group;
use super::blocks::MAX_BLOCKS;

/// Whose names they have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    Diffusers,
    /// Those of taming-transformers, which CompVis' latent diffusion took over.
    CompVis,
}

/// Blocks of pictures of one size.
pub struct Stage {
    /// Residual blocks, each with the attention that may follow it.
    pub blocks: Vec<(String, String)>,
    /// The convolution that goes with the step to the next size.
    pub resampling: Option<String>,
}

impl Layout {
    /// That of a group, by a module in the middle of its decoder.
    pub fn of(group: &Group<'_>) -> Option<Self> {
        let all = [Self::Diffusers, Self::CompVis];
        all.into_iter().find(|layout| {
            let [first, ..] = layout.middle("decoder");
            group.has(&format!("{first}.conv1.weight"))
        })
    }

    /// What tells it from others, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Diffusers => "decoder.mid_block and decoder.up_blocks",
            Self::CompVis => "decoder.mid and decoder.up, as in taming-transformers",
        }
    }

    /// The prefixes of what trained beside the autoencoder.
    pub fn beside(self) -> &'static [&'static str] {
        match self {
            Self::Diffusers => &[],
            Self::CompVis => &["loss.", "model_ema."],
        }
    }

    /// A residual block, attention and another one, of an encoder or a decoder.
    pub fn middle(self, part: &str) -> [String; 3] {
        let names = match self {
            Self::Diffusers => [
                "mid_block.resnets.0",
                "mid_block.attentions.0",
                "mid_block.resnets.1",
            ],
            Self::CompVis => ["mid.block_1", "mid.attn_1", "mid.block_2"],
        };
        names.map(|name| format!("{part}.{name}"))
    }

    /// The last normalisation.
    pub fn norm(self, part: &str) -> String {
        match self {
            Self::Diffusers => format!("{part}.conv_norm_out"),
            Self::CompVis => format!("{part}.norm_out"),
        }
    }

    /// The stages of the encoder, the largest pictures first.
    pub fn downwards(self, group: &Group<'_>) -> Vec<Stage> {
        let names = match self {
            Self::Diffusers => ["encoder.down_blocks", "downsamplers.0.conv"],
            Self::CompVis => ["encoder.down", "downsample.conv"],
        };
        self.stages(group, names)
    }

    /// The stages of the decoder, the smallest pictures first.
    pub fn upwards(self, group: &Group<'_>) -> Vec<Stage> {
        match self {
            Self::Diffusers => self.stages(group, ["decoder.up_blocks", "upsamplers.0.conv"]),
            // They are counted by the size of their pictures.
            Self::CompVis => {
                let mut stages = self.stages(group, ["decoder.up", "upsample.conv"]);
                stages.reverse();
                stages
            }
        }
    }

    fn stages(self, group: &Group<'_>, [part, resampling]: [&str; 2]) -> Vec<Stage> {
        let [residual, attention] = match self {
            Self::Diffusers => ["resnets", "attentions"],
            Self::CompVis => ["block", "attn"],
        };
        let stages = (0..MAX_BLOCKS).map(|stage| {
            let stage = format!("{part}.{stage}");
            let names = (0..MAX_BLOCKS).map(|block| {
                let name = |kind: &str| format!("{stage}.{kind}.{block}");
                (name(residual), name(attention))
            });
            let is_there =
                |(residual, _): &(String, String)| group.has(&format!("{residual}.conv1.weight"));
            let resampling = format!("{stage}.{resampling}");
            Stage {
                blocks: names.filter(is_there).collect(),
                resampling: group
                    .has(&format!("{resampling}.weight"))
                    .then_some(resampling),
            }
        });
        let is_there = |stage: &Stage| !stage.blocks.is_empty() || stage.resampling.is_some();
        stages.filter(is_there).collect()
    }
}
