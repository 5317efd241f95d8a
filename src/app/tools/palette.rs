//! What the entries of a codebook look like, for every tool that shows them.

use crate::app::pictures::{PictureRequest, SetKey};
use crate::engine::ModelInfo;
use crate::latent::Sampler;
use crate::latent::expr::Expr;
use crate::model::IndexGrid;

/// A picture for each entry: a grid that has it everywhere.
pub const PALETTE: SetKey = SetKey("codebook");

/// The most that pictures of entries may take in memory, in bytes.
const MOST_BYTES: usize = 64 << 20;

/// How many entries of a codebook have a picture: as many as there is room for, from the first on. Those with
/// names have colours instead.
fn pictured(model: &ModelInfo, grid: IndexGrid) -> u32 {
    if !model.manifest.entries.is_empty() {
        return 0;
    }
    let bytes = model.manifest.image.len().saturating_mul(size_of::<f32>());
    let room = MOST_BYTES / bytes.max(1);
    grid.levels.min(u32::try_from(room).unwrap_or(u32::MAX))
}

/// The pictures of the entries, where these have no names.
pub(super) fn request(model: &ModelInfo, grid: IndexGrid) -> Option<PictureRequest> {
    let count = pictured(model, grid);
    let entry = |index| Expr::Fill(grid.space, index);
    // No setting of the sampler changes them.
    let usual = Sampler::default();
    (count > 0)
        .then(|| PictureRequest::new(PALETTE, model, (0..count).map(entry)).drawn_with(usual))
}
