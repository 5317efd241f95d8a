//! What is set by number in Paint: its rows of the table of parameters.

use super::{Mode, Paint, SIZES, Settings};
use crate::app::tools::ToolNumber;
use crate::app::{Param, Scale, Tool, ToolParam};

/// Cells along the side of the brush.
pub const BRUSH_SIZE: ToolParam = ToolParam::new(Tool::Paint, "brush");
/// The entry of the codebook that the brush paints.
pub const ENTRY: ToolParam = ToolParam::new(Tool::Paint, "entry");

/// All rows.
pub(super) const ALL: &[ToolNumber<Paint>] = &[
    ToolNumber {
        name: BRUSH_SIZE.name,
        numbers: None,
        row: |view, id| {
            view.grid()?;
            let words = [
                "Brush",
                "Size of the brush",
                "Cells along the side of the brush; [ and ] make it smaller and larger",
            ];
            let range = *SIZES.start() as f32..=*SIZES.end() as f32;
            let usual = Settings::default().size() as f32;
            let size = view.settings.size() as f32;
            Some(Param::new(id.into(), words, range, usual, size).scaled(Scale::Whole))
        },
        set: |_, cx, _, size| cx.edit(|settings| settings.set_size(size.round().max(0.0) as usize)),
    },
    ToolNumber {
        name: ENTRY.name,
        numbers: None,
        row: |view, id| {
            let last = view
                .grid()?
                .levels
                .checked_sub(1)
                .filter(|last| *last > 0)?;
            let words = view.nouns().number;
            let entry = view.entry() as f32;
            let row = Param::new(id.into(), words, 0.0..=last as f32, 0.0, entry);
            Some(row.scaled(Scale::Whole))
        },
        set: |_, cx, _, entry| {
            cx.edit(|settings| {
                settings.entry = entry.round().max(0.0) as u32;
                settings.mode = Mode::Entry;
            });
        },
    },
];
