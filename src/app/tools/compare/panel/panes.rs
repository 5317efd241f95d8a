//! The panes beside each other.

use super::fitting_title;
use crate::app::Edit;
use crate::app::models::source_title;
use crate::app::tools::compare::{Compare, LAID_OVER, Pane, PaneState};
use crate::ui::panels::tools::Stage;
use crate::ui::panels::tools::panes::{self, Hand, PaneContent, PaneView};
use eframe::egui::Ui;
use std::sync::Arc;

/// Paints all panes.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let count = stage.app.tools().compare().panes().len();
    // A code that is dropped on a pane stays in it; one that has its own does not follow the hand.
    let hand = Hand {
        walks: |app, index| app.tools().settings().compare.pane(index).code.is_none(),
        drop: |actions, index, code| match index {
            0 => actions.edit(Edit::Expression(code)),
            _ => actions.ask_tool(move |_: &mut Compare, cx| Compare::set_code(cx, index, code)),
        },
    };
    panes::ui_with(ui, stage, count, hand, |ui, stage, index, width| {
        let pane = stage.app.tools().compare().panes().get(index)?;
        Some(PaneView {
            title: fitting_title(ui, stage.app, index, width),
            text: pane.expression.to_string(),
            content: content(pane),
            numbers: numbers(pane, index),
            take: None,
        })
    });
}

fn content(pane: &Pane) -> PaneContent {
    match &pane.state {
        PaneState::Picture(picture) => PaneContent::Picture(Arc::clone(picture)),
        PaneState::Loading => {
            PaneContent::Waiting(format!("Loading {}", source_title(&pane.source)))
        }
        PaneState::Waiting => PaneContent::Waiting("Decoding".to_owned()),
        PaneState::Cannot(why) => PaneContent::Cannot(why.clone()),
    }
}

/// How far a pane is from the first.
fn numbers(pane: &Pane, index: usize) -> Option<String> {
    match (index, pane.picture()?, pane.difference) {
        (0, ..) => None,
        (_, _, Some(difference)) => Some(format!(
            "Differs from 1 by {:.4} on average, {:.4} at most",
            difference.mean, difference.max
        )),
        (_, picture, None) => Some(format!(
            "{}×{} pixels: {LAID_OVER}",
            picture.image.width, picture.image.height
        )),
    }
}
