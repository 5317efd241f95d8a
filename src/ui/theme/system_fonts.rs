//! Fonts of the system, for names in writings that the built-in fonts lack.
//!
//! The hazard here is a window that waits: looking through the fonts of a system may take a second.
//! So nothing is looked for until a character is to be shown that no font has, and then on a
//! thread; until it is done, such characters are empty boxes. What the fonts are called and where
//! they lie on each platform is the library's knowledge.

use eframe::egui::mutex::Mutex;
use eframe::egui::{Context, FallbackRequest, FontFamily, FontInsert, FontProvider};
use egui_system_font_provider::SystemFontProvider;
use std::sync::Arc;

/// The fonts of the system, as far as they were needed.
#[derive(Clone)]
pub struct SystemFonts(Arc<Provider>);

impl SystemFonts {
    /// Has `ctx` ask for fonts.
    pub fn install(ctx: &Context) -> Self {
        let fonts = Self(Arc::default());
        ctx.set_font_providers(vec![Arc::clone(&fonts.0) as _]);
        fonts
    }

    /// Once a frame, after everything is laid out: starts the search when it turned out to be
    /// needed, and shows what it found.
    pub fn end_frame(&self, ctx: &Context) {
        let mut search = self.0.search.lock();
        match &mut *search {
            Search::Wanted { cluster, family } => {
                let wanted = (std::mem::take(cluster), std::mem::take(family));
                // Whatever comes of it, it is not tried again.
                *search = Search::Running;
                self.start(ctx.clone(), wanted);
            }
            Search::Found { is_new, .. } if *is_new => {
                *is_new = false;
                drop(search);
                // egui asks for each character only once; this makes it forget the answers.
                ctx.set_font_providers(vec![Arc::clone(&self.0) as _]);
            }
            Search::Unneeded | Search::Running | Search::Found { .. } => {}
        }
    }

    fn start(&self, ctx: Context, (cluster, family): (String, FontFamily)) {
        let provider = Arc::clone(&self.0);
        let thread = std::thread::Builder::new().name("zscape-fonts".to_owned());
        // Not joined: it only reads.
        let started = thread.spawn(move || {
            let fonts = SystemFontProvider::new();
            // Waits until all fonts are known, here and not in the window.
            let found = fonts.font_for(&FallbackRequest {
                cluster: &cluster,
                family: &family,
            });
            log::debug!("for {cluster:?}: {:?}", found.map(|font| font.name));
            let is_new = true;
            *provider.search.lock() = Search::Found { fonts, is_new };
            ctx.request_repaint();
        });
        if let Err(error) = started {
            log::warn!("no thread to look for fonts: {error}");
        }
    }
}

/// What egui asks. It holds no `Context`, which would then hold itself.
#[derive(Default)]
struct Provider {
    search: Mutex<Search>,
}

#[derive(Default)]
enum Search {
    /// Every character so far was in a font of ours.
    #[default]
    Unneeded,
    /// This was in none.
    Wanted {
        cluster: String,
        family: FontFamily,
    },
    Running,
    Found {
        fonts: SystemFontProvider,
        /// Whether egui does not know yet.
        is_new: bool,
    },
}

impl FontProvider for Provider {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let mut search = self.search.lock();
        match &*search {
            Search::Found { fonts, .. } => fonts.font_for(request),
            Search::Wanted { .. } | Search::Running => None,
            Search::Unneeded => {
                *search = Search::Wanted {
                    cluster: request.cluster.to_owned(),
                    family: request.family.clone(),
                };
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme;

    /// Lays out a text, as a window would.
    fn show(ctx: &Context, fonts: &SystemFonts, text: &str) {
        let output = ctx.run_ui(Default::default(), |ui| {
            ui.label(text);
            fonts.end_frame(ui.ctx());
        });
        output.drop_without_applying_deltas();
    }

    #[test]
    fn fonts_are_looked_for_only_when_a_character_is_in_none() {
        let ctx = Context::default();
        theme::apply(&ctx);
        let fonts = SystemFonts::install(&ctx);
        show(&ctx, &fonts, "Encode: Grüße, café №7 → ½ ∈ ℝ, smile 😀");
        assert!(matches!(*fonts.0.search.lock(), Search::Unneeded));
        // The window goes on meanwhile, and afterwards, with or without such a font.
        show(&ctx, &fonts, "Encode: 写真 ä.jpg");
        assert!(!matches!(*fonts.0.search.lock(), Search::Unneeded));
        while matches!(*fonts.0.search.lock(), Search::Running) {
            show(&ctx, &fonts, "Encode: 写真 ä.jpg");
            std::thread::yield_now();
        }
        let is_told = |search: &Search| matches!(search, Search::Found { is_new: false, .. });
        show(&ctx, &fonts, "Encode: 写真 ä.jpg");
        assert!(is_told(&fonts.0.search.lock()));
    }
}
