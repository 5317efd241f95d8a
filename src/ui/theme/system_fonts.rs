//! Fonts of the system, for names in writings that the built-in fonts lack.
//!
//! The hazard here is a window that waits: fonts that cover Chinese are large, and a system has
//! thousands. So nothing is looked for until a character is to be shown that no font has, and
//! then on a thread; meanwhile such characters are empty boxes.

use crate::files::fonts::{self, Font};
use eframe::egui::mutex::Mutex;
use eframe::egui::{
    Context, FallbackRequest, FontData, FontInsert, FontPriority, FontProvider, InsertFontFamily,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most fonts that are held, since each may have some twenty megabytes.
const MAX_FONTS: usize = 4;

/// Finds a font of the system that draws a character.
type Find = fn(char) -> Option<Font>;

/// The fonts of the system, as far as they were needed.
#[derive(Clone)]
pub struct SystemFonts(Arc<Provider>);

impl SystemFonts {
    /// Has `ctx` ask for fonts.
    pub fn install(ctx: &Context) -> Self {
        Self::install_with(ctx, fonts::covering)
    }

    fn install_with(ctx: &Context, find: Find) -> Self {
        let provider = Provider {
            find,
            search: Mutex::default(),
        };
        let fonts = Self(Arc::new(provider));
        ctx.set_font_providers(vec![Arc::clone(&fonts.0) as _]);
        fonts
    }

    /// Once a frame, after everything is laid out: looks for what turned out to be missing, and
    /// shows what was found.
    pub fn end_frame(&self, ctx: &Context) {
        let mut search = self.0.search.lock();
        if std::mem::take(&mut search.has_news) {
            drop(search);
            // egui asks for each character only once; this makes it forget the answers.
            ctx.set_font_providers(vec![Arc::clone(&self.0) as _]);
        } else if !search.is_running
            && search.found.len() < MAX_FONTS
            && let Some(wanted) = search.wanted.pop_first()
        {
            search.is_running = true;
            self.start(ctx.clone(), wanted);
        }
    }

    fn start(&self, ctx: Context, wanted: char) {
        let provider = Arc::clone(&self.0);
        let thread = std::thread::Builder::new().name("zscape-fonts".to_owned());
        // Not joined: it only reads.
        let started = thread.spawn(move || {
            let found = (provider.find)(wanted);
            log::debug!(
                "for {wanted:?}: {:?}",
                found.as_ref().map(|font| &font.name)
            );
            provider.search.lock().end(wanted, found);
            ctx.request_repaint();
        });
        if let Err(error) = started {
            // Then they stay boxes.
            log::warn!("no thread to look for fonts: {error}");
        }
    }
}

/// What egui asks. It holds no `Context`, which would then hold itself.
struct Provider {
    find: Find,
    search: Mutex<Search>,
}

#[derive(Default)]
struct Search {
    found: Vec<Font>,
    /// Characters that no font had so far.
    wanted: BTreeSet<char>,
    /// Those that none has.
    given_up: BTreeSet<char>,
    is_running: bool,
    /// Whether something was found that egui does not know yet.
    has_news: bool,
}

impl Search {
    fn end(&mut self, wanted: char, found: Option<Font>) {
        self.is_running = false;
        match found {
            Some(font) => {
                self.wanted.retain(|character| !font.covers(*character));
                self.found.push(font);
                self.has_news = true;
            }
            None => drop(self.given_up.insert(wanted)),
        }
    }
}

impl FontProvider for Provider {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let character = request.cluster.chars().next()?;
        let mut search = self.search.lock();
        let font = search.found.iter().find(|font| font.covers(character));
        let Some(font) = font else {
            if !search.given_up.contains(&character) {
                search.wanted.insert(character);
            }
            return None;
        };
        let bytes = Arc::clone(&font.bytes);
        Some(FontInsert {
            name: font.name.clone(),
            data: FontData::from_blob(bytes, font.index),
            families: vec![InsertFontFamily {
                family: request.family.clone(),
                priority: FontPriority::Lowest,
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme;
    use eframe::egui::FontId;

    /// A system whose one font draws Greek and more.
    fn greek(character: char) -> Option<Font> {
        let font = Font {
            name: "Greek.ttf".to_owned(),
            bytes: Arc::new(dejavu::sans::regular().to_vec()),
            index: 0,
        };
        font.covers(character).then_some(font)
    }

    /// Lays out a text, as a window would.
    fn show(ctx: &Context, fonts: &SystemFonts, text: &str) {
        let output = ctx.run_ui(Default::default(), |ui| {
            ui.label(text);
            fonts.end_frame(ui.ctx());
        });
        output.drop_without_applying_deltas();
    }

    /// Shows a text until no search for it runs any more.
    fn settle(ctx: &Context, fonts: &SystemFonts, text: &str) {
        show(ctx, fonts, text);
        while fonts.0.search.lock().is_running {
            std::thread::yield_now();
        }
        for _ in 0..3 {
            show(ctx, fonts, text);
        }
    }

    #[test]
    fn fonts_are_looked_for_only_when_a_character_is_in_none() {
        let ctx = Context::default();
        theme::apply(&ctx);
        let fonts = SystemFonts::install_with(&ctx, |_| panic!("it is not needed"));
        show(
            &ctx,
            &fonts,
            "Encode: Grüße, café №7 → ½ ∈ ℝ, Жук, λ, smile 😀",
        );
        let search = fonts.0.search.lock();
        assert!(search.wanted.is_empty() && !search.is_running);
    }

    #[test]
    fn a_font_that_was_found_is_used_and_one_that_was_not_is_not_looked_for_again() {
        let ctx = Context::default();
        // Without the fonts of the window, so that the test needs none of the system.
        ctx.set_fonts(eframe::egui::FontDefinitions::default());
        let fonts = SystemFonts::install_with(&ctx, greek);
        let text = "∮ 写";
        settle(&ctx, &fonts, text);
        settle(&ctx, &fonts, text);
        let has = |text: &str| {
            let id = FontId::proportional(14.0);
            ctx.fonts_mut(|fonts| fonts.has_glyphs(&id, text))
        };
        assert!(has("∮"));
        assert!(!has("写"));
        let search = fonts.0.search.lock();
        assert_eq!(search.found.len(), 1);
        assert!(search.given_up.contains(&'写') && search.wanted.is_empty());
    }
}
