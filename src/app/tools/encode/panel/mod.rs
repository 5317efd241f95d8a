//! Encode: the picture and its options at the left, what the model makes of it in the middle.

mod controls;
mod panes;
mod plots;
mod retouch;

use super::Source;
use crate::ui::panels::tools::brush::Pen;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, below_picture};
use crate::ui::picture::{rgba_image, texture_options};
use eframe::egui::{CentralPanel, Context, Pos2, TextureHandle, TextureId, TextureOptions, Ui};

/// In a lower window the pictures have all the room, in points.
const MIN_HEIGHT_FOR_PLOTS: f32 = 440.0;

/// What the panel keeps between frames besides the state.
#[derive(Default)]
pub struct View {
    /// What is typed as the name of the code; empty takes the suggestion.
    name: String,
    /// Where a crop was begun on the original, in its pixels.
    cropping_from: Option<Pos2>,
    original: Painted,
    input: Painted,
    reconstruction: Painted,
    difference: Painted,
    pen: Pen,
}

/// A texture and the number of what is on it.
#[derive(Default)]
struct Painted {
    of: Option<(u64, TextureOptions)>,
    texture: Option<TextureHandle>,
}

impl Painted {
    /// The texture of `of`, made of RGBA bytes when it is another one than before.
    fn show(
        &mut self,
        ctx: &Context,
        of: u64,
        [width, height]: [usize; 2],
        rgba: impl FnOnce() -> Vec<u8>,
    ) -> Option<TextureId> {
        let options = texture_options(ctx, [width, height]);
        if self.of != Some((of, options)) {
            let pixels = rgba_image([width, height], &rgba())?;
            match &mut self.texture {
                Some(texture) => texture.set(pixels, options),
                None => self.texture = Some(ctx.load_texture("encode", pixels, options)),
            }
            self.of = Some((of, options));
        }
        self.texture.as_ref().map(TextureHandle::id)
    }
}

/// An error as a number with four decimals, or by its power of ten where these were all zero.
fn error_words(error: f32) -> String {
    match error {
        error if error > 0.0 && error < 0.000_5 => format!("{error:.1e}"),
        error => format!("{error:.4}"),
    }
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls::ui(ui, controls.app, controls.actions, controls.model, self);
    }

    /// Paints the pictures with the plots below.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        let has_room = ui.available_height() > MIN_HEIGHT_FOR_PLOTS;
        if has_room && stage.app.tools().settings().encode.source != Source::None {
            below_picture(ui, "encode plots", 220.0, |ui| plots::ui(ui, stage));
        }
        CentralPanel::no_frame().show(ui, |ui| panes::ui(ui, stage, self));
    }
}
