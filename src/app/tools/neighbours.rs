//! What the map and "Where am I" share: the encoded data nearest to the current code, and the code
//! in the space that they lie in.

use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{ByAddress, Derived, Workspace};
use crate::engine::{Frame, ModelInfo};
use crate::latent::Space;
use crate::latent::expr::Expr;
use crate::latent::neighbours::{self, Neighbour};
use std::sync::Arc;

/// Data that lie nearest to the current code, as the model draws them.
pub const NEIGHBOURS: SetKey = SetKey("map neighbours");
/// The current code in w, where the expression leaves it in z and the map lies in w.
pub const CURRENT: SetKey = SetKey("map current");
/// How many of the nearest data are shown.
pub const NEIGHBOUR_COUNT: usize = 5;

/// The nearest data, kept for the picture that they were found for.
#[derive(Default, Debug)]
pub struct Neighbours(Derived<(ByAddress<ModelInfo>, u64), Vec<Neighbour>>);

impl Neighbours {
    /// The encoded data nearest to the current code, the nearest first; at most
    /// [`NEIGHBOUR_COUNT`].
    pub fn find(&self, workspace: &Workspace) -> Arc<Vec<Neighbour>> {
        let (Some(model), Some(frame)) = (workspace.models.current(), frame_at_start(workspace))
        else {
            return Arc::default();
        };
        let key = (ByAddress::new(model), frame.generation);
        self.0.get(key, || {
            neighbours::nearest(frame.code.values.reals(), rows(model), NEIGHBOUR_COUNT)
        })
    }

    /// The pictures of the nearest data, and the code in w that belongs to the current one.
    pub(super) fn requests(&self, workspace: &Workspace, model: &ModelInfo) -> [PictureRequest; 2] {
        let near = self.find(workspace);
        let near = near.iter().map(|near| datum(model, near.row));
        let current = current_in_w(workspace, model);
        [
            PictureRequest::with_gaps(NEIGHBOURS, model, near),
            PictureRequest::new(CURRENT, model, current),
        ]
    }
}

/// A datum as an expression.
pub(super) fn datum(model: &ModelInfo, row: usize) -> Option<Expr> {
    let (code, _) = model.encoded.get(row)?;
    Some(Expr::Vector(code.clone()))
}

/// The codes of the encoded data.
pub(super) fn rows(model: &ModelInfo) -> impl Iterator<Item = &[f32]> {
    model.encoded.iter().map(|(row, _)| row.as_slice())
}

/// The frame of a code in the space of seeds, where the encoded data lie.
fn frame_at_start(workspace: &Workspace) -> Option<&Frame> {
    let frame = workspace.preview.frame()?;
    (frame.code.space == workspace.model()?.start).then_some(frame)
}

/// The current code as one in w, where the model has a w and the expression is where seeds are drawn.
fn current_in_w(workspace: &Workspace, model: &ModelInfo) -> Option<Expr> {
    let current = workspace.position.expression();
    let leads_to_w = model.editing_space() == Space::W && model.start != Space::W;
    let is_called_for = leads_to_w && workspace.space_of(current) == Some(model.start);
    is_called_for.then(|| Expr::w(current.clone()))
}

/// The numbers of the picture's code in a space that it is in or has been brought to: from z to w
/// while the map or "Where am I" is open, from w to every layer of w+.
pub fn current_code_in(workspace: &Workspace, space: Space) -> Option<Vec<f32>> {
    let model = workspace.model()?;
    let frame = workspace
        .preview
        .frame()
        .filter(|frame| frame.shot.model == model.id)?;
    let mapped = workspace.pictures.set(CURRENT);
    let code = match (frame.code.space, space) {
        (from, to) if from == to => &frame.code,
        (from, _) if from == model.start => &mapped.get(0)?.code,
        (Space::W, Space::W_PLUS) => &frame.code,
        _ => return None,
    };
    if code.space == Space::W && space == Space::W_PLUS {
        let len = model.manifest.spaces.get(&space)?.checked_len()?;
        return Some(code.values.reals().repeat(len / code.values.len().max(1)));
    }
    (code.space == space).then(|| code.values.reals().to_vec())
}
