//! What an entry of a codebook looks like: its colour where it has a name, else the middle of a picture that
//! is made of it alone.

use crate::app::tools::palette::PALETTE;
use crate::app::{AppState, DecodedPicture};
use crate::engine::ModelInfo;
use crate::model::IndexGrid;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, tokens};
use eframe::egui::{Align2, Color32, Rect, Ui, pos2};
use std::sync::Arc;

/// Cells of such a picture that are shown, along a side.
const SHOWN: f32 = 2.0;

/// Paints entries of the codebook of a model.
pub struct Swatches<'a> {
    app: &'a AppState,
    pub model: &'a ModelInfo,
    pub grid: IndexGrid,
    textures: &'a mut PictureTextures,
}

impl<'a> Swatches<'a> {
    pub fn new(
        app: &'a AppState,
        model: &'a ModelInfo,
        grid: IndexGrid,
        textures: &'a mut PictureTextures,
    ) -> Self {
        Self {
            app,
            model,
            grid,
            textures,
        }
    }

    /// The colour of an entry that has a name.
    #[expect(
        clippy::disallowed_methods,
        reason = "the file of a model says it, and it is the same on any ground"
    )]
    pub fn colour(&self, index: u32) -> Option<Color32> {
        let entry = self.model.manifest.entries.get(index as usize)?;
        let [red, green, blue] = entry.colour;
        Some(Color32::from_rgb(red, green, blue))
    }

    /// The picture of an entry, if it has come.
    pub fn picture(&self, index: u32) -> Option<&'a Arc<DecodedPicture>> {
        let picture = self.app.pictures().set(PALETTE).get(index as usize)?;
        (picture.model == self.model.id).then_some(picture)
    }

    /// Paints an entry.
    pub fn paint(&mut self, ui: &Ui, rect: Rect, index: u32) {
        let painter = ui.painter();
        if let Some(colour) = self.colour(index) {
            painter.rect_filled(rect, size::RADIUS_SMALL, colour);
            return;
        }
        let tokens = tokens(ui);
        painter.rect_filled(rect, size::RADIUS_SMALL, tokens.field);
        let picture = self.picture(index);
        let texture = picture.and_then(|picture| self.textures.whole(ui.ctx(), picture));
        match texture {
            Some(texture) => {
                let part = self
                    .grid
                    .size
                    .map(|side| (SHOWN / side.max(1) as f32).min(1.0) / 2.0);
                let uv = Rect::from_min_max(
                    pos2(0.5 - part[0], 0.5 - part[1]),
                    pos2(0.5 + part[0], 0.5 + part[1]),
                );
                painter.image(texture, rect, uv, PLAIN_TINT);
            }
            None => {
                let font = TextRole::Small.font();
                let number = index.to_string();
                painter.text(
                    rect.center(),
                    Align2::CENTER_CENTER,
                    number,
                    font,
                    tokens.text_muted,
                );
            }
        }
    }

    /// How different two entries look, for sorting.
    pub fn distance(&self, a: u32, b: u32) -> f32 {
        if let (Some(a), Some(b)) = (self.colour(a), self.colour(b)) {
            let parts = a.to_array().into_iter().zip(b.to_array());
            return parts
                .map(|(a, b)| (f32::from(a) - f32::from(b)).powi(2))
                .sum();
        }
        match (self.picture(a), self.picture(b)) {
            (Some(a), Some(b)) => middles_apart(a, b),
            // What has no picture yet comes last.
            _ => f32::MAX,
        }
    }
}

/// The squared difference of the middles of two pictures of one size.
fn middles_apart(a: &DecodedPicture, b: &DecodedPicture) -> f32 {
    let image = a.image;
    if image != b.image {
        return f32::MAX;
    }
    let middle = |side: usize| side * 3 / 8..(side * 5 / 8).max(side * 3 / 8 + 1).min(side);
    let mut sum = 0.0;
    for channel in 0..image.channels {
        for y in middle(image.height) {
            let row = (channel * image.height + y) * image.width;
            for x in middle(image.width) {
                let at = |picture: &DecodedPicture| picture.values.get(row + x).copied();
                let [a, b] = [at(a), at(b)].map(Option::unwrap_or_default);
                sum += (a - b).powi(2);
            }
        }
    }
    sum
}
