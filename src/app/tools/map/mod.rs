//! The map: a plane of the latent space as one live picture, with what is known of it on top.

mod beside;
pub(crate) mod panel;
mod plane;
mod tiles;

pub use beside::{Beside, POINT, choices};
pub use plane::{Home, MapPlane, PlaneKind};
pub use tiles::{CELLS, Chunk, ChunkKey, MapTiles};

use super::neighbours::{Neighbours, current_code_in, datum, rows};
use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolPart, ToolView};
use crate::app::pictures::{PictureRequest, SetKey, Tile};
use crate::app::{ByAddress, Derived};
use crate::engine::{Event, JobId, ModelInfo, ModelSource};
use crate::latent::expr::Expr;
use crate::latent::pca::{Pca, PcaError};
use crate::latent::{Code, Space};
use crate::learn::{Preset, Scene, ToolName};
use eframe::egui::Key;
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The codes that span the plane.
pub const MEMBERS: SetKey = SetKey("map members");
/// The datum under the pointer, as the model draws it.
pub const HOVERED: SetKey = SetKey("map hovered");
/// How many codes of the way are kept.
const TRAIL_LENGTH: usize = 400;

/// What the map shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub kind: PlaneKind,
    /// The two raw dimensions of [`PlaneKind::Axes`]; `None` takes those that change the picture most.
    pub axes: Option<[usize; 2]>,
    /// The two components of [`PlaneKind::Pca`], from 0.
    pub components: [usize; 2],
    /// The three codes of [`PlaneKind::Through`].
    pub through: [Option<Expr>; 3],
    pub pictures: bool,
    pub data: bool,
    pub density: bool,
    pub trail: bool,
    pub hidden_classes: BTreeSet<u8>,
    /// The model of a second map, where the spaces of both are planes.
    pub beside: Option<ModelSource>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: PlaneKind::Axes,
            axes: None,
            components: [0, 1],
            through: [const { None }; 3],
            pictures: true,
            data: true,
            density: true,
            trail: true,
            hidden_classes: BTreeSet::new(),
            beside: None,
        }
    }
}

/// Where one looks; no part of undo.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Viewport {
    /// The middle of the view, in plane units.
    pub centre: [f64; 2],
    /// From the middle to the nearer edges, in plane units.
    pub half_span: f64,
    /// The view on the screen, in pixels.
    pub size_px: [f32; 2],
    /// The encoded datum under the pointer.
    pub hovered: Option<usize>,
}

impl Viewport {
    /// Screen pixels for one unit of the plane.
    pub fn pixels_per_unit(&self) -> f64 {
        f64::from(self.size_px[0].min(self.size_px[1]).max(1.0)) / (2.0 * self.half_span)
    }
}

/// What the map keeps while the program runs.
#[derive(Default, Debug)]
pub struct Map {
    plane: Option<Arc<MapPlane>>,
    why_not: Option<String>,
    look: Option<Viewport>,
    tiles: MapTiles,
    beside: Beside,
    /// The codes of the way, oldest first, all in one space.
    trail: Vec<Vec<f32>>,
    trail_space: Option<Space>,
    /// Of the encoded data of a model: up to a second for many dimensions.
    pca: Derived<ByAddress<ModelInfo>, Result<Pca, PcaError>>,
    neighbours: Neighbours,
}

impl Map {
    pub fn plane(&self) -> Option<&Arc<MapPlane>> {
        self.plane.as_ref()
    }

    /// Why there is no plane to show.
    pub fn why_not(&self) -> Option<&str> {
        self.why_not.as_deref()
    }

    pub fn look(&self) -> Option<Viewport> {
        self.look
    }

    pub fn tiles(&self) -> &MapTiles {
        &self.tiles
    }

    /// The second map.
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// Where the map, or both of them, are looked at first.
    pub fn home(&self) -> Option<Home> {
        let plane = self.plane.as_ref()?;
        Some(self.beside.home(plane.home()))
    }

    /// The codes of the way, oldest first.
    pub fn trail(&self) -> &[Vec<f32>] {
        &self.trail
    }
}

impl Settings {
    /// The two raw dimensions that are shown for a model.
    pub fn axes_of(&self, model: &ModelInfo) -> [usize; 2] {
        let ranked = || match model.ranked_axes(model.editing_space()) {
            // A model with two dimensions is a plane, whichever of them matters more.
            [(first, _), (second, _), _, ..] => [*first, *second],
            _ => [0, 1],
        };
        self.axes.unwrap_or_else(ranked)
    }

    /// Chooses one of the two raw dimensions, which are `shown` now; they change places when both
    /// would be the same.
    pub fn set_axis(&mut self, shown: [usize; 2], which: usize, dim: usize) {
        let mut pair = shown;
        set_pair(&mut pair, which, dim);
        self.axes = Some(pair);
    }

    /// Chooses one of the two components, from 0; as [`Self::set_axis`].
    pub fn set_component(&mut self, which: usize, number: usize) {
        set_pair(&mut self.components, which, number);
    }

    /// Puts a code into a corner of the plane through three codes, and shows that plane.
    pub fn set_corner(&mut self, which: usize, code: Option<Expr>) {
        if let Some(place) = self.through.get_mut(which) {
            *place = code;
        }
        self.kind = PlaneKind::Through;
    }

    /// Shows or hides a class of the data.
    pub fn show_class(&mut self, class: u8, shown: bool) {
        if shown {
            self.hidden_classes.remove(&class);
        } else {
            self.hidden_classes.insert(class);
        }
    }

    pub fn show_all_classes(&mut self, shown: bool) {
        self.hidden_classes = if shown {
            BTreeSet::new()
        } else {
            (0..=u8::MAX).collect()
        };
    }
}

/// Sets one of two different numbers; they change places when both would be the same.
fn set_pair(pair: &mut [usize; 2], which: usize, value: usize) {
    let which = which.min(1);
    if pair[1 - which] == value {
        pair[1 - which] = pair[which];
    }
    pair[which] = value;
}

impl Map {
    /// Looks at another part of the plane; what comes into view is asked for.
    pub fn look_at(&mut self, look: Viewport) {
        self.look = Some(look);
    }

    /// Lays the plane through its codes, once they are there: until then it stays as it was,
    /// unless it is one of another model.
    fn lay_plane(&mut self, cx: &ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        if self
            .plane
            .as_ref()
            .is_some_and(|it| *it.model() != model.id)
        {
            self.tiles.clear(&cx.workspace.engine);
            self.plane = None;
            self.trail.clear();
        }
        let (settings, workspace) = (cx.settings(), &*cx.workspace);
        let set = workspace.pictures.set(MEMBERS);
        let wanted = plane::members(settings, model, workspace);
        let members = wanted.iter().enumerate().map(|(index, wanted)| {
            let picture = set.get(index)?;
            picture.draws(&model.id, wanted).then_some(&picture.code)
        });
        let Some(members) = members.collect::<Option<Vec<&Code>>>() else {
            return;
        };
        let pca = || {
            let key = ByAddress::new(model);
            self.pca
                .get(key, || Pca::of(&rows(model).collect::<Vec<_>>()))
        };
        match MapPlane::new(settings, model, &workspace.position, &members, pca) {
            Ok(found) => {
                if self.plane.as_deref() != Some(&found) {
                    let before = self.plane.as_ref();
                    if before.is_none_or(|plane| plane.home() != found.home()) {
                        self.look = None;
                    }
                    self.tiles.clear(&workspace.engine);
                    self.plane = Some(Arc::new(found));
                }
                self.why_not = None;
            }
            Err(reason) => {
                self.tiles.clear(&workspace.engine);
                self.plane = None;
                self.why_not = Some(reason);
            }
        }
    }

    /// Adds where the code is now to where it has been.
    fn extend_trail(&mut self, space: Space, code: Vec<f32>) {
        if self.trail.last() == Some(&code) {
            return;
        }
        let has_same_length = |last: &Vec<f32>| last.len() == code.len();
        let is_comparable =
            self.trail_space == Some(space) && self.trail.last().is_none_or(has_same_length);
        if !is_comparable {
            self.trail.clear();
            self.trail_space = Some(space);
        }
        if self.trail.len() == TRAIL_LENGTH {
            self.trail.remove(0);
        }
        self.trail.push(code);
    }
}

impl ToolPart for Map {
    const INFO: ToolInfo = ToolInfo {
        word: "Map",
        name: "Map",
        tooltip: "See a plane of the latent space as one picture, with the data on it",
        icon: Icon::Map,
        key: Some(Key::Num5),
        question_name: Some(ToolName::Map),
        explained_by: "interpreting-outputs",
    };

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        // A plane lies where codes are closest to what is seen, in z or in w, or in the noise of a sampler.
        let has_plane = model.manifest.takes_steps()
            || model.manifest.searched_space() == Some(model.editing_space());
        why_no_real_codes(model)
            .or_else(|| (!has_plane).then_some("This needs a decoder of codes in z or w"))
    }

    /// The pictures beside the tiles.
    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let members = plane::members(view.settings, model, view.workspace);
        let hovered = view.tool.look.and_then(|look| look.hovered);
        let hovered = hovered.and_then(|row| datum(model, row));
        let mut requests = vec![
            PictureRequest::new(MEMBERS, model, members),
            PictureRequest::with_gaps(HOVERED, model, [hovered]),
        ];
        requests.extend(view.tool.neighbours.requests(view.workspace, model));
        requests.extend(view.tool.beside.requests(view.workspace));
        requests
    }

    /// The picture whose neighbours are shown, the datum under the pointer, and whether there is a
    /// second map.
    fn revision(view: ToolView<'_, Self>) -> [u64; 2] {
        let frame = view.workspace.preview.frame();
        let hovered = view.tool.look.and_then(|look| look.hovered);
        [
            frame.map_or(0, |frame| frame.generation),
            2 * hovered.map_or(0, |row| row as u64 + 1)
                + u64::from(view.tool.beside.laid().is_some()),
        ]
    }

    /// Follows the plane and the code, and asks for the tiles in view.
    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        if !cx.is_open() {
            return;
        }
        self.lay_plane(cx, model);
        if self.beside.follow(cx, model) {
            // What both reach is to be seen at first.
            self.look = None;
        }
        if let Some(plane) = &self.plane {
            let space = plane.space();
            if let Some(code) = current_code_in(cx.workspace, space) {
                self.extend_trail(space, code);
            }
        }
        let shows_pictures = cx.settings().pictures;
        if let (Some(plane), Some(look), true) = (&self.plane, self.look, shows_pictures) {
            self.tiles.ask(cx, model, plane, look);
            self.beside.ask(cx, look);
        }
    }

    fn on_event(&mut self, _: &mut ToolContext<'_, Self>, event: Event) {
        if let Some(tile) = Tile::of(&event) {
            self.tiles.accept(&tile);
            self.beside.tiles_mut().accept(&tile);
        }
    }

    fn on_job_end(&mut self, _: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        self.tiles.end(job, failure);
        self.beside.tiles_mut().end(job, failure);
    }

    fn preset(settings: &mut Settings, scene: &Scene) {
        match &scene.preset {
            Some(Preset::MapPlane(codes)) => {
                settings.kind = PlaneKind::Through;
                settings.through = codes.clone().map(|code| Some(code.expr));
            }
            Some(Preset::MapAxes(axes)) => {
                settings.beside = None;
                settings.kind = PlaneKind::Axes;
                settings.axes = Some(*axes);
            }
            _ => {}
        }
    }
}
