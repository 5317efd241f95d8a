//! A second map beside the first: the same region of the space of another model.
//!
//! Only models whose space is a plane can be laid beside each other: their codes are two numbers, so
//! a place of one map is a place of the other.

use super::plane::is_flat;
use super::{Home, Map, MapPlane, MapTiles, Settings, Viewport};
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::tools::ToolContext;
use crate::app::tools::neighbours::current_code_in;
use crate::app::{Workspace, models};
use crate::engine::{ModelInfo, ModelSource};
use crate::latent::expr::Expr;
use std::sync::Arc;

/// The point of the map as the second model draws it.
pub const POINT: SetKey = SetKey("map beside");

/// The second map.
#[derive(Default, Debug)]
pub struct Beside {
    laid: Option<(Arc<ModelInfo>, MapPlane)>,
    tiles: MapTiles,
    why_not: Option<String>,
}

/// Which models can be laid beside a model; none where its own space is no plane.
pub fn choices(workspace: &Workspace, model: &ModelInfo) -> Vec<ModelSource> {
    let all = workspace.models.planes();
    let others = all.filter(|source| is_flat(model) && *source != model.source);
    others.collect()
}

impl Beside {
    /// The second model and its plane, once they are there.
    pub fn laid(&self) -> Option<(&ModelInfo, &MapPlane)> {
        self.laid.as_ref().map(|(model, plane)| (&**model, plane))
    }

    pub fn tiles(&self) -> &MapTiles {
        &self.tiles
    }

    pub(super) fn tiles_mut(&mut self) -> &mut MapTiles {
        &mut self.tiles
    }

    /// Why there is no second map although one was chosen.
    pub fn why_not(&self) -> Option<&str> {
        self.why_not.as_deref()
    }

    /// Where both maps are looked at first.
    pub(super) fn home(&self, first: Home) -> Home {
        let own = self.laid.as_ref().map(|(_, plane)| plane.home().half_span);
        Home {
            half_span: own.map_or(first.half_span, |own| own.max(first.half_span)),
            ..first
        }
    }

    fn clear(&mut self, workspace: &Workspace) {
        if self.laid.take().is_some() {
            self.tiles.clear(&workspace.engine);
        }
        self.why_not = None;
    }

    /// Lays the second plane as soon as its model is there. Returns whether it has just been laid.
    pub(super) fn follow(&mut self, cx: &mut ToolContext<'_, Map>, model: &ModelInfo) -> bool {
        let chosen = cx.settings().beside.clone();
        let chosen = chosen.filter(|source| is_flat(model) && *source != model.source);
        let Some(source) = chosen else {
            self.clear(cx.workspace);
            return false;
        };
        let is_laid = self
            .laid
            .as_ref()
            .is_some_and(|(it, _)| it.source == source);
        if is_laid {
            return false;
        }
        self.clear(cx.workspace);
        let found = match cx.workspace.need_model(&source) {
            Ok(None) => return false,
            Ok(Some(found)) if is_flat(&found) => MapPlane::flat(&Settings::default(), &found)
                .map(|plane| self.laid = Some((found, plane))),
            Ok(Some(_)) => Err(format!(
                "{} has no plane to lay beside this one",
                models::source_title(&source)
            )),
            Err(why) => Err(why),
        };
        self.why_not = found.err();
        self.laid.is_some()
    }

    /// Asks for the tiles in view.
    pub(super) fn ask(&mut self, cx: &mut ToolContext<'_, Map>, look: Viewport) {
        if let Some((model, plane)) = &self.laid {
            self.tiles.ask(cx, model, plane, look);
        }
    }

    /// The picture of the current point by the second model.
    pub(super) fn requests(&self, workspace: &Workspace) -> Option<PictureRequest> {
        let (model, plane) = self.laid.as_ref()?;
        let code = current_code_in(workspace, plane.space())?;
        Some(PictureRequest::new(POINT, model, [Expr::Vector(code)]))
    }
}
