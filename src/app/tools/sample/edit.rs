//! A picture that is redrawn: which, where, and in how many ways at once.

use super::Sample;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::tools::ToolContext;
use crate::app::{Edit, Workspace};
use crate::engine::ModelInfo;
use crate::latent::Mask;
use crate::latent::expr::{Expr, Redraw};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The most fillings at once.
pub const MAX_FILLINGS: usize = 4;
/// Radius of the brush, as a part of the longer side.
pub const BRUSH: RangeInclusive<f32> = 0.01..=0.25;

/// The picture that is redrawn, as it is.
pub const ORIGINAL: SetKey = SetKey("sample original");
/// What becomes of it with some noises.
pub const FILLINGS: [SetKey; MAX_FILLINGS] = [
    SetKey("sample filling 1"),
    SetKey("sample filling 2"),
    SetKey("sample filling 3"),
    SetKey("sample filling 4"),
];

/// What is set for the brush and the fillings.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct EditSettings {
    pub brush: f32,
    /// Whether the brush takes cells out of the mask.
    pub erases: bool,
    /// How many noises are tried at once.
    fillings: usize,
}

impl Default for EditSettings {
    fn default() -> Self {
        Self {
            brush: 0.07,
            erases: false,
            fillings: 2,
        }
    }
}

impl EditSettings {
    /// One to four, whatever a file says.
    pub fn fillings(&self) -> usize {
        self.fillings.clamp(1, MAX_FILLINGS)
    }

    pub fn set_fillings(&mut self, count: usize) {
        self.fillings = count.clamp(1, MAX_FILLINGS);
    }

    pub(super) fn set_brush(&mut self, radius: f32) {
        self.brush = radius.clamp(*BRUSH.start(), *BRUSH.end());
    }
}

/// What a filling begins with: `None` for the noise of the current picture.
pub fn seed_of(workspace: &Workspace, filling: usize) -> Option<u32> {
    let step = u32::try_from(filling).ok().filter(|step| *step > 0)?;
    Some(workspace.position.last_seed().wrapping_add(step))
}

/// The expression of a filling.
pub fn filling(workspace: &Workspace, index: usize) -> Expr {
    match seed_of(workspace, index) {
        None => workspace.position.expression().clone(),
        Some(seed) => workspace.edited(Edit::Seed(seed)),
    }
}

/// The pictures of the view: the original with its fillings, or the current picture alone.
pub(super) fn requests(
    workspace: &Workspace,
    settings: &EditSettings,
    model: &ModelInfo,
) -> Vec<PictureRequest> {
    let edited = workspace.position.edited();
    let original = edited.map(|(picture, _)| {
        Expr::Edit(
            Box::new(Expr::Seed(0)),
            Box::new(picture.clone()),
            Redraw {
                strength: 0.0,
                cells: Vec::new(),
            },
        )
    });
    let count = if original.is_some() {
        settings.fillings()
    } else {
        1
    };
    let original = original.map(|original| PictureRequest::new(ORIGINAL, model, [original]));
    let fillings = FILLINGS.into_iter().enumerate().take(count);
    let fillings =
        fillings.map(|(index, key)| PictureRequest::new(key, model, [filling(workspace, index)]));
    original.into_iter().chain(fillings).collect()
}

/// What is chosen to be redrawn; none of the cells where all of the picture is. `None` where none is.
pub fn mask(workspace: &Workspace) -> Option<Mask> {
    let (_, redraw) = workspace.position.edited()?;
    let cells = workspace.model()?.cells()?;
    Some(Mask::of_ranges(cells, &redraw.cells))
}

/// The change that redraws the cells of a mask; all of them where that has none.
pub fn masked(workspace: &Workspace, mask: &Mask) -> Option<Edit> {
    let (picture, redraw) = workspace.position.edited()?;
    let redraw = Redraw {
        strength: redraw.strength,
        cells: mask.ranges(),
    };
    Some(Edit::Redraw(Some((picture.clone(), redraw))))
}

/// Changes the mask.
pub(super) fn change_mask(cx: &mut ToolContext<'_, Sample>, change: impl FnOnce(&mut Mask)) {
    let Some(mut mask) = mask(cx.workspace) else {
        return;
    };
    change(&mut mask);
    if let Some(edit) = masked(cx.workspace, &mask) {
        cx.workspace.edit(edit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_file_stay_in_their_ranges() {
        let read: EditSettings =
            serde_json::from_str(r#"{"brush":0.1,"erases":true,"fillings":99}"#).unwrap();
        assert_eq!(read.fillings(), MAX_FILLINGS);
        let mut settings = EditSettings::default();
        settings.set_fillings(0);
        settings.set_brush(9.0);
        assert_eq!((settings.fillings(), settings.brush), (1, *BRUSH.end()));
    }
}
