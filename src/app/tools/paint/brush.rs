//! What a stroke does to the expression.

use super::{Cx, Mode, Paint};
use crate::app::tools::ToolView;
use crate::app::{Edit, Workspace};
use crate::latent::expr::Expr;
use crate::latent::painting::Painting;
use crate::latent::{Mask, SamplerPart};
use crate::model::IndexGrid;
use std::sync::Arc;

impl ToolView<'_, Paint> {
    /// The cells that are painted.
    pub fn painted(&self) -> Arc<Mask> {
        let Some(grid) = self.grid() else {
            return Arc::default();
        };
        let expression = self.workspace.position.expression();
        let key = (expression.clone(), grid);
        self.tool
            .painted
            .get(key, || painting(self.workspace, grid).painted())
    }

    /// The code that cells are copied from: one in the space of grids.
    pub fn source(&self) -> Expr {
        let code = self.settings.from.clone();
        match self.grid() {
            Some(grid) if self.workspace.space_of(&code) != Some(grid.space) => {
                Expr::Map(code.into(), grid.space)
            }
            _ => code,
        }
    }

    /// The picture that cells are copied from, as the condition of the current one draws it.
    pub fn other(&self) -> Expr {
        let given = self.workspace.position.given();
        match given.is_empty() {
            true => self.source(),
            false => Expr::Given(self.source().into(), given.clone()),
        }
    }

    /// Whether painting writes the grid of the picture out first: what its seed gives by itself is another
    /// one, for the settings of the sampler or the mask of what is redrawn are no part of a code.
    pub fn begins_with_grid(&self) -> bool {
        let workspace = self.workspace;
        let Some(grid) = self.grid() else {
            return false;
        };
        let writes = workspace.model().is_some_and(|it| it.manifest.writes());
        let (usual, part) = (SamplerPart::default(), workspace.sampler().first_part());
        let is_usual = part.temperature == usual.temperature
            && (part.guidance == usual.guidance || workspace.position.given().is_empty());
        let is_redrawn = workspace.position.edited().is_some();
        if !writes || (is_usual && !is_redrawn) {
            return false;
        }
        let painting = painting(workspace, grid);
        let is_noise = workspace.space_of(painting.base()) != Some(grid.space);
        painting.painted().is_empty() && is_noise
    }
}

fn painting(workspace: &Workspace, grid: IndexGrid) -> Painting {
    let is_grid = |code: &Expr| workspace.space_of(code) == Some(grid.space);
    Painting::of(
        workspace.position.expression(),
        grid.space,
        grid.size,
        is_grid,
    )
}

impl Paint {
    /// Paints cells as the brush does now.
    pub fn paint(&mut self, cx: &mut Cx<'_>, cells: &Mask) {
        match cx.settings().mode {
            Mode::Entry => {
                let entry = cx.view(self).entry();
                self.change(cx, |painting| painting.fill(entry, cells));
            }
            Mode::Picture => {
                let source = cx.view(self).source();
                self.change(cx, |painting| painting.take(&source, cells));
            }
            Mode::Erase => self.take_off(cx, cells),
        }
    }

    /// Paints one place with an entry.
    pub fn paint_place(&mut self, cx: &mut Cx<'_>, place: usize, entry: u32) {
        let Some(grid) = cx.view(self).grid() else {
            return;
        };
        let next = place.saturating_add(1);
        let cells = Mask::of_ranges(grid.size, std::slice::from_ref(&(place..next)));
        self.change(cx, |painting| painting.fill(entry, &cells));
    }

    /// Takes the entry of a place for the brush.
    pub fn pick(&mut self, cx: &mut Cx<'_>, place: usize) {
        self.picks = false;
        let view = cx.view(self);
        let found = view.indices().and_then(|grid| grid.get(place)).copied();
        if let Some(entry) = found {
            cx.edit(|settings| {
                settings.entry = entry;
                settings.mode = Mode::Entry;
            });
        }
    }

    /// Brings back the picture as it was before painting.
    pub(super) fn remove_all(&mut self, cx: &mut Cx<'_>) {
        let all = cx.view(self).painted();
        self.take_off(cx, &all);
    }

    /// Where nothing is painted, nothing changes: no grid is written out for that.
    fn take_off(&mut self, cx: &mut Cx<'_>, cells: &Mask) {
        if !cx.view(self).painted().is_empty() {
            self.change(cx, |painting| painting.erase(cells));
        }
    }

    fn change(&mut self, cx: &mut Cx<'_>, change: impl FnOnce(&mut Painting)) {
        let view = cx.view(self);
        let Some(grid) = view.grid() else {
            return;
        };
        let mut painting = painting(view.workspace, grid);
        if view.begins_with_grid() {
            // It comes within a moment of the picture; until then there is nothing to paint on.
            let Some(indices) = self.watch.settled(cx.workspace) else {
                return;
            };
            painting.begin_with(&indices);
        }
        change(&mut painting);
        cx.show(Edit::Expression(painting.to_expr()));
    }
}
