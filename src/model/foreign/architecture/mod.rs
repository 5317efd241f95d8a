//! Architectures that are known by the names and the shapes of their tensors. One file for each, and
//! one line in [`ALL`].

mod autoencoder_kl;
mod biggan;
mod blocks;
mod burgess;
mod convolutional;
mod glow;
mod layout;
mod linear;
mod lucidrains;
mod real_nvp;
mod stack;
mod style_mapping;
mod stylegan2;
mod stylegan3;
mod symmetric;
mod taesd;
mod unet;
mod written;

pub use linear::square;
pub use written::layers_so_far;

use super::blueprint::Blueprint;
use super::group::Group;
use super::hints::Hints;

/// A kind of model that others publish.
pub trait Architecture: Sync {
    /// What people call it, in the middle of a sentence.
    fn title(&self) -> &'static str;

    /// Looks at the tensors of a group. `None` where they are not of this kind; a sentence where they
    /// are and cannot be used. All that it uses it takes ([`Group::take`]): what is left over means
    /// that the group is something else.
    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>>;
}

/// All of them. The first that recognises a group has it, so what is known by names stands before
/// what is known by shapes alone.
pub const ALL: &[&dyn Architecture] = &[
    &written::Written,
    &burgess::Burgess,
    &taesd::Taesd,
    &stylegan2::StyleGan2,
    &stylegan3::StyleGan3,
    &lucidrains::Lucidrains,
    &biggan::BigGan,
    &glow::Glow,
    &real_nvp::RealNvp,
    &autoencoder_kl::VqModel,
    &autoencoder_kl::AutoencoderKl,
    &unet::Unet,
    &linear::LinearVae,
    &linear::LinearGenerator,
    &convolutional::ConvVae,
    &convolutional::Dcgan,
];
