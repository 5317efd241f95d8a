//! Retouching: the picture of the window as what is encoded, and a brush over its pixels.
//!
//! The hazard here is a circle. What is encoded becomes the current picture, so the picture that is taken is that of
//! an expression, as it was when it was taken, and not whatever is current now.

use super::{Encode, INK, Settings, Source, Stroke, Taken, ToolContext, drawing};
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::tools::{ToolNumber, ToolView};
use crate::app::{Param, Scale};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;

/// The picture that was taken.
pub const TAKEN: SetKey = SetKey("encode taken");

/// The brightness of the ink, for pictures that have no colours.
pub(super) const INK_NUMBER: ToolNumber<Encode> = ToolNumber {
    name: INK.name,
    numbers: None,
    row: |view, id| {
        let model = view.workspace.model()?;
        let brightness = |[level, ..]: [u8; 3]| f32::from(level);
        (model.manifest.image.channels == 1).then(|| {
            Param::new(
                id.into(),
                [
                    "Ink",
                    "Brightness of the ink",
                    "What the brush makes of the pixels under it, from black at 0 to white at 255",
                ],
                0.0..=f32::from(u8::MAX),
                brightness(drawing::LIGHT),
                brightness(view.settings.ink),
            )
            .scaled(Scale::Whole)
        })
    },
    set: |_, cx, _, value| {
        let level = value.clamp(0.0, f32::from(u8::MAX)).round() as u8;
        cx.edit(|settings| settings.ink = [level; 3]);
    },
};

/// The picture that is to be taken, where that is the source.
pub(super) fn request(view: ToolView<'_, Encode>, model: &ModelInfo) -> Option<PictureRequest> {
    match &view.settings.source {
        Source::Shot(expression) => Some(PictureRequest::new(TAKEN, model, [expression.clone()])),
        _ => None,
    }
}

impl Settings {
    /// Takes the picture that the model draws of an expression.
    pub fn take_shot(&mut self, expression: Expr) {
        self.take(Source::Shot(expression));
        self.round += 1;
    }

    /// Puts the brush down on the picture; the place in parts of its sides.
    pub fn begin_retouch(&mut self, at: [f32; 2]) {
        if drawing::points(&self.retouches) < drawing::MAX_POINTS {
            self.retouches.push(Stroke {
                radius: self.brush,
                points: vec![at],
                ink: self.ink,
            });
        }
    }

    /// Paints on to here.
    pub fn retouch_to(&mut self, at: [f32; 2]) {
        if drawing::points(&self.retouches) < drawing::MAX_POINTS
            && let Some(stroke) = self.retouches.last_mut()
            && stroke.points.last() != Some(&at)
        {
            stroke.points.push(at);
        }
    }
}

impl Encode {
    /// Takes the picture on the window.
    pub fn take_current(cx: &mut ToolContext<'_, Self>) {
        let expression = cx.workspace.position.expression().clone();
        cx.edit(|settings| settings.take_shot(expression));
    }

    /// The picture of the expression in the model's size; `None` while it is on its way.
    ///
    /// # Errors
    /// A sentence on why the model draws none.
    pub(super) fn taken(
        cx: &ToolContext<'_, Self>,
        model: &ModelInfo,
        expression: &Expr,
    ) -> Result<Option<Taken>, String> {
        if let Some(fault) = cx.workspace.fault_of(expression) {
            return Err(fault);
        }
        let set = cx.workspace.pictures.set(TAKEN);
        let picture = set.get(0).filter(|it| it.draws(&model.id, expression));
        match (picture, set.failure()) {
            (Some(picture), _) => Ok(Some(Taken(picture.clone()))),
            (None, Some(why)) if set.is_complete() => Err(why.to_owned()),
            (None, _) => Ok(None),
        }
    }
}
