//! How everything looks, from one file of tokens.

use eframe::egui;
mod style;
mod system_fonts;
pub mod tokens;

pub use style::{TextRole, apply, set_text_scale};
pub use system_fonts::SystemFonts;
pub use tokens::{PAPER, PLAIN_TINT, Tokens, size, space, text};

use crate::app::Theme;

/// The tokens of the theme that `ui` is painted in.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    if ui.visuals().dark_mode {
        &tokens::DARK
    } else {
        &tokens::LIGHT
    }
}

/// The tokens of the theme that is chosen.
pub fn tokens_of(ctx: &egui::Context) -> &'static Tokens {
    match ctx.theme() {
        egui::Theme::Dark => &tokens::DARK,
        egui::Theme::Light => &tokens::LIGHT,
    }
}

/// Shows the whole window in another theme.
pub fn set_theme(ctx: &egui::Context, theme: Theme) {
    ctx.set_theme(match theme {
        Theme::Dark => egui::Theme::Dark,
        Theme::Light => egui::Theme::Light,
    });
}
