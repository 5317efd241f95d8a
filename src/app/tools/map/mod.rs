//! The map: a plane of the latent space as one live picture, with what is known of it on top.

mod plane;
mod tiles;

pub use plane::{MapPlane, PlaneKind};
pub use tiles::{CELLS, Chunk, ChunkKey, MapTiles};

use crate::app::pictures::{SetKey, Want};
use crate::app::{ByAddress, Derived, Desk};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::pca::{Pca, PcaError};
use crate::latent::{Code, Space};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The codes that span the plane.
pub const MEMBERS: SetKey = SetKey("map members");
/// Data that lie nearest to the current code, as the model draws them.
pub const NEIGHBOURS: SetKey = SetKey("map neighbours");
/// The datum under the pointer, as the model draws it.
pub const HOVERED: SetKey = SetKey("map hovered");
/// The current code in w, where the expression leaves it in z and the map lies in w.
pub const CURRENT: SetKey = SetKey("map current");
/// How many codes of the way are kept.
const TRAIL_LENGTH: usize = 400;

/// What the map shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub kind: PlaneKind,
    /// The two raw dimensions of [`PlaneKind::Axes`].
    pub axes: [usize; 2],
    /// The two components of [`PlaneKind::Pca`], from 0.
    pub components: [usize; 2],
    /// The three codes of [`PlaneKind::Through`].
    pub through: [Option<Expr>; 3],
    pub pictures: bool,
    pub data: bool,
    pub density: bool,
    pub trail: bool,
    pub hidden_classes: BTreeSet<u8>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: PlaneKind::Axes,
            axes: [0, 1],
            components: [0, 1],
            through: [const { None }; 3],
            pictures: true,
            data: true,
            density: true,
            trail: true,
            hidden_classes: BTreeSet::new(),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    Kind(PlaneKind),
    Axis(usize, usize),
    Component(usize, usize),
    Through(usize, Option<Expr>),
    Pictures(bool),
    Data(bool),
    Density(bool),
    Trail(bool),
    /// Shows or hides a class of the data.
    Class(u8, bool),
    AllClasses(bool),
}

/// Where one looks; no part of undo.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// The middle of the view, in plane units.
    pub centre: [f64; 2],
    /// From the middle to the nearer edges, in plane units.
    pub half_span: f64,
    /// The view on the screen, in pixels.
    pub size_px: [f32; 2],
    /// The encoded datum under the pointer.
    pub hovered: Option<usize>,
}

impl Look {
    /// Screen pixels for one unit of the plane.
    pub fn pixels_per_unit(&self) -> f64 {
        f64::from(self.size_px[0].min(self.size_px[1]).max(1.0)) / (2.0 * self.half_span)
    }
}

/// What the map keeps while the program runs.
#[derive(Default, Debug)]
pub struct Live {
    plane: Option<Arc<MapPlane>>,
    why_not: Option<String>,
    look: Option<Look>,
    tiles: MapTiles,
    /// The codes of the way, oldest first, all in one space.
    trail: Vec<Vec<f32>>,
    trail_space: Option<Space>,
    /// Of the encoded data of a model: up to a second for many dimensions.
    pca: Derived<ByAddress<ModelInfo>, Result<Pca, PcaError>>,
}

impl Live {
    pub fn plane(&self) -> Option<&Arc<MapPlane>> {
        self.plane.as_ref()
    }

    /// Why there is no plane to show.
    pub fn why_not(&self) -> Option<&str> {
        self.why_not.as_deref()
    }

    pub fn look(&self) -> Option<Look> {
        self.look
    }

    pub fn tiles(&self) -> &MapTiles {
        &self.tiles
    }

    pub(in crate::app) fn tiles_mut(&mut self) -> &mut MapTiles {
        &mut self.tiles
    }

    /// The codes of the way, oldest first.
    pub fn trail(&self) -> &[Vec<f32>] {
        &self.trail
    }
}

impl Settings {
    pub(super) fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Kind(kind) => self.kind = kind,
            Edit::Axis(which, dim) => set_pair(&mut self.axes, which, dim),
            Edit::Component(which, number) => set_pair(&mut self.components, which, number),
            Edit::Through(which, code) => {
                if let Some(place) = self.through.get_mut(which) {
                    *place = code;
                }
                self.kind = PlaneKind::Through;
            }
            Edit::Pictures(on) => self.pictures = on,
            Edit::Data(on) => self.data = on,
            Edit::Density(on) => self.density = on,
            Edit::Trail(on) => self.trail = on,
            Edit::Class(class, shown) => {
                if shown {
                    self.hidden_classes.remove(&class);
                } else {
                    self.hidden_classes.insert(class);
                }
            }
            Edit::AllClasses(true) => self.hidden_classes.clear(),
            Edit::AllClasses(false) => self.hidden_classes = (0..=u8::MAX).collect(),
        }
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

impl Desk {
    /// The pictures of the map beside its tiles.
    pub(super) fn map_wants(&self, model: &ModelInfo) -> Vec<Want> {
        let want = |key, expressions: Vec<Option<Expr>>| Want {
            key,
            model: model.id.clone(),
            expressions: expressions.into(),
        };
        let settings = &self.tools.settings.map;
        let members = plane::members(settings, model, &self.workspace);
        let near = self.neighbours();
        let datum = |row: usize| {
            let (code, _) = model.encoded.get(row)?;
            Some(Expr::Vector(code.clone()))
        };
        let hovered = self.tools.map.look.and_then(|look| look.hovered);
        vec![
            want(MEMBERS, members.into_iter().map(Some).collect()),
            want(
                NEIGHBOURS,
                near.iter().map(|near| datum(near.row)).collect(),
            ),
            want(HOVERED, vec![hovered.and_then(datum)]),
            want(
                CURRENT,
                self.current_in_w(model).into_iter().map(Some).collect(),
            ),
        ]
    }

    /// The current code as one in w, where the model has a w and the expression is in z.
    fn current_in_w(&self, model: &ModelInfo) -> Option<Expr> {
        let current = self.workspace.position.expression();
        let is_called_for =
            model.editing_space() == Space::W && self.workspace.space_of(current) == Some(Space::Z);
        is_called_for.then(|| Expr::W(current.clone().into()))
    }

    /// The numbers of the picture's code in a space that it is in or has been brought to: from z
    /// to w while the map or "Where am I" is open, from w to every layer of w+.
    pub fn current_code_in(&self, space: Space) -> Option<Vec<f32>> {
        let model = self.workspace.model()?;
        let frame = self
            .workspace
            .preview
            .frame()
            .filter(|frame| frame.shot.model == model.id)?;
        let mapped = self.workspace.pictures.set(CURRENT);
        let code = match (frame.code.space, space) {
            (from, to) if from == to => &frame.code,
            (Space::Z, _) => &mapped.get(0)?.code,
            (Space::W, Space::W_PLUS) => &frame.code,
            _ => return None,
        };
        if code.space == Space::W && space == Space::W_PLUS {
            let len = model.manifest.spaces.get(&space)?.checked_len()?;
            return Some(code.values.repeat(len / code.values.len().max(1)));
        }
        (code.space == space).then(|| code.values.clone())
    }

    /// Looks elsewhere; asks for what comes into view.
    pub(in crate::app) fn look_at_map(&mut self, look: Look) {
        self.tools.map.look = Some(look);
    }

    /// Follows the plane and the code, and asks for the tiles in view.
    pub(super) fn follow_map(&mut self, model: &Arc<ModelInfo>) {
        let settings = &self.tools.settings.map;
        let members: Option<Vec<&Code>> = {
            let set = self.workspace.pictures.set(MEMBERS);
            let wanted = plane::members(settings, model, &self.workspace);
            wanted
                .iter()
                .enumerate()
                .map(|(index, wanted)| {
                    let picture = set.get(index)?;
                    (picture.expression == *wanted).then_some(&picture.code)
                })
                .collect()
        };
        // While the codes are on their way, the plane stays as it was.
        if let Some(members) = members {
            let pca = || {
                let rows: Vec<&[f32]> = model
                    .encoded
                    .iter()
                    .map(|(row, _)| row.as_slice())
                    .collect();
                Pca::of(&rows)
            };
            let pca = || self.tools.map.pca.get(ByAddress::new(model), pca);
            match MapPlane::new(settings, model, &self.workspace.position, &members, pca) {
                Ok(found) => {
                    let map = &mut self.tools.map;
                    if map.plane.as_deref() != Some(&found) {
                        let moved = map
                            .plane
                            .as_ref()
                            .is_none_or(|plane| plane.home() != found.home());
                        if moved {
                            map.look = None;
                        }
                        map.tiles.clear(&self.workspace.engine);
                        map.plane = Some(Arc::new(found));
                    }
                    map.why_not = None;
                }
                Err(reason) => {
                    self.tools.map.tiles.clear(&self.workspace.engine);
                    self.tools.map.plane = None;
                    self.tools.map.why_not = Some(reason);
                }
            }
        }
        let space = self.tools.map.plane.as_ref().map(|plane| plane.space());
        let code = space.and_then(|space| self.current_code_in(space));
        let sampler = self.workspace.sampler();
        let map = &mut self.tools.map;
        if let Some(code) = code
            && map.trail.last() != Some(&code)
        {
            let is_comparable = map.trail_space == space
                && map.trail.last().is_none_or(|last| last.len() == code.len());
            if !is_comparable {
                map.trail.clear();
                map.trail_space = space;
            }
            if map.trail.len() == TRAIL_LENGTH {
                map.trail.remove(0);
            }
            map.trail.push(code);
        }
        if let (Some(plane), Some(look), true) = (&map.plane, map.look, settings.pictures) {
            map.tiles.ask(
                &mut self.workspace.engine,
                model,
                plane,
                look,
                &self.workspace.names,
                sampler,
            );
        }
    }
}
