//! The toy of a head.

use super::raw::RawToy;
use super::{Reader, keys};
use crate::learn::toy::play::MAX_TEXT;
use crate::learn::toy::{Kind, Play, Toy};
use toml::Spanned;

impl Reader<'_> {
    pub(super) fn toy(&mut self, found: &Spanned<RawToy>) -> Option<Toy> {
        let raw = found.get_ref();
        let known = keys(&Kind::ALL, |kind| kind.key());
        let kind = self.word(&raw.kind, "the kind of a toy", Kind::of_key, &known);
        let caption = self.words(&raw.caption, "the caption of a toy");
        let text = raw.text.get_ref();
        let line = self.line_of(&raw.text);
        let mut play = Play::new(kind?, text);
        if play.text() != text {
            let reason = format!(
                "the text of a toy is one line of up to {MAX_TEXT} characters without quotation marks"
            );
            self.fault(line, reason);
        }
        if let Some(reason) = play.kind().fault_of_text(text) {
            self.fault(line, reason);
        }
        if let Some(settings) = &raw.settings
            && let Err(reason) = play.adjust(settings.get_ref())
        {
            let line = self.line_of(settings);
            self.fault(line, reason);
        }
        Some(Toy {
            start: play,
            caption,
            line: self.line_of(found),
        })
    }
}
