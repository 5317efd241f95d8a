//! Files dropped on the window.

use crate::app::{Action, Actions, LearningAction, SessionAction};
use crate::document::session_file;
use crate::engine::ModelSource;
use crate::ui::dialogs::PICTURE_ENDINGS;
use crate::ui::theme::{TextRole, tokens_of};
use eframe::egui;
use eframe::egui::{Align2, Context, Id, LayerId, Order, Stroke, StrokeKind};
use lucide_icons::Icon;
use std::path::{Path, PathBuf};

/// A kind of file that can be dropped.
struct Kind {
    /// As in "Drop a … here".
    words: &'static str,
    /// How the names of its files end, in small letters and without the dot.
    endings: &'static [&'static str],
    action: fn(PathBuf) -> Action,
}

/// Every kind, each with what it obviously means.
const KINDS: &[Kind] = &[
    Kind {
        words: ".safetensors model",
        endings: &["safetensors"],
        action: |path| Action::LoadModel(ModelSource::File(path)),
    },
    Kind {
        words: "picture",
        endings: &PICTURE_ENDINGS,
        action: Action::OpenPicture,
    },
    Kind {
        words: "file of codes (.npz, .npy)",
        endings: &["npz", "npy"],
        action: Action::OpenCodes,
    },
    Kind {
        words: ".zscape session",
        endings: &[session_file::ENDING],
        action: |path| Action::Session(SessionAction::Open(path)),
    },
    Kind {
        words: "question file (.md) or folder of them",
        endings: &["md"],
        action: |path| Action::Learn(LearningAction::AddQuestions(path)),
    },
];

/// What a dropped file means; a sentence for one that means nothing.
fn action_for(path: &Path) -> Action {
    if path.is_dir() {
        return Action::Learn(LearningAction::AddQuestions(path.to_owned()));
    }
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let kind = KINDS
        .iter()
        .find(|kind| kind.endings.contains(&ending.as_str()));
    match kind {
        Some(kind) => (kind.action)(path.to_owned()),
        None => Action::Report(format!(
            "{} cannot be opened: it is no {}",
            path.display(),
            list_of_kinds()
        )),
    }
}

/// `.safetensors model or .zscape session`
fn list_of_kinds() -> String {
    let words: Vec<&str> = KINDS.iter().map(|kind| kind.words).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// Says what may be dropped while a file hovers over the window.
pub fn drop_zone(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = tokens_of(ctx);
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("drop zone")));
    let window = ctx.content_rect();
    painter.rect_filled(window, 0.0, tokens.veil);
    let frame = window.shrink(24.0);
    painter.rect_stroke(
        frame,
        12.0,
        Stroke::new(2.0, tokens.accent),
        StrokeKind::Inside,
    );
    let words = format!("Drop a {}", list_of_kinds());
    let galley = painter.layout(
        words,
        TextRole::Heading.font(),
        tokens.text_strong,
        window.width() - 96.0,
    );
    let width = (galley.size().x + 48.0).max(360.0);
    let card =
        egui::Rect::from_center_size(window.center(), egui::vec2(width, 104.0 + galley.size().y));
    painter.rect_filled(card, 12.0, tokens.raised);
    painter.text(
        card.center() - egui::vec2(0.0, 24.0),
        Align2::CENTER_CENTER,
        char::from(Icon::FileInput),
        TextRole::IconLarge.font(),
        tokens.accent,
    );
    let at = Align2::CENTER_CENTER
        .anchor_size(card.center() + egui::vec2(0.0, 24.0), galley.size())
        .min;
    painter.galley(at, galley, tokens.text_strong);
}

/// Queues what dropped files mean; of several the last one stays.
pub fn take_dropped_files(ctx: &Context, actions: &mut Actions) {
    let files = ctx.input(|input| input.raw.dropped_files.clone());
    for file in &files {
        actions.push(action_for(file.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_file_has_its_meaning() {
        let path = PathBuf::from("a/b.SafeTensors");
        let source = ModelSource::File(path.clone());
        assert!(matches!(action_for(&path), Action::LoadModel(it) if it == source));
        let path = PathBuf::from("a/b.zscape");
        let open = SessionAction::Open(path.clone());
        assert!(matches!(action_for(&path), Action::Session(it) if it == open));
        for path in ["a/notes.txt", "a/none", "a/.zscape"] {
            let Action::Report(sentence) = action_for(Path::new(path)) else {
                panic!("{path} means nothing");
            };
            assert!(sentence.contains(path), "{sentence}");
        }
    }
}
