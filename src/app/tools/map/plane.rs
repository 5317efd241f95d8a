//! Which plane the map shows, and the expression of a point on it.

use super::Settings;
use crate::app::sentences::capitalised;
use crate::app::{Axis, Position, Workspace};
use crate::engine::{ModelId, ModelInfo};
use crate::latent::expr::{Expr, Walk};
use crate::latent::geometry::{self, Plane};
use crate::latent::pca::{Pca, PcaError};
use crate::latent::{Code, Condition, Space};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How far the first look reaches from the middle, in standard deviations: nearly all codes
/// lie within.
const REACH_SIGMA: f64 = 3.2;

/// How the plane is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaneKind {
    /// Two raw dimensions through where the walk starts; the whole space of a 2-D model.
    #[default]
    Axes,
    /// Two principal components of the encoded data.
    Pca,
    /// Through three codes.
    Through,
}

/// A plane of a latent space with a way to write its points down.
#[derive(Clone, PartialEq, Debug)]
pub struct MapPlane {
    model: ModelId,
    space: Space,
    geometry: Plane,
    form: Form,
    home: Home,
    names: [String; 2],
}

/// How a point is written.
#[derive(Clone, PartialEq, Debug)]
enum Form {
    /// `[0.5, -1.2]`, with what the current picture is given
    Vector { given: Condition },
    /// Steps along two raw axes from a start.
    Steps {
        start: Walk,
        axes: [Axis; 2],
        /// How far a step of one goes on the plane: in w+ it moves every layer.
        per_step: f64,
    },
    /// `a + s*(b - a) + t*(c - a)`
    Shares {
        codes: [Expr; 3],
        values: [Vec<f32>; 3],
    },
}

/// Where the map is looked at first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Home {
    /// In plane units.
    pub centre: [f64; 2],
    /// From the middle to the nearer edges, in plane units.
    pub half_span: f64,
}

/// The expressions whose codes a plane is made of, all in one space.
pub(super) fn members(settings: &Settings, model: &ModelInfo, workspace: &Workspace) -> Vec<Expr> {
    match settings.kind {
        PlaneKind::Axes if is_flat(model) => Vec::new(),
        PlaneKind::Axes => {
            let start = start(settings, model, &workspace.position).to_expr();
            vec![in_space(start, model.editing_space(), workspace)]
        }
        PlaneKind::Pca => Vec::new(),
        PlaneKind::Through => {
            let given: Vec<Expr> = settings.through.iter().flatten().cloned().collect();
            let meet_further_on = given.iter().any(|code| {
                let space = workspace.space_of(code);
                space.is_some_and(|space| space != model.start)
            });
            let space = if meet_further_on {
                model.editing_space()
            } else {
                model.start
            };
            let given = given.into_iter();
            given.map(|code| in_space(code, space, workspace)).collect()
        }
    }
}

/// The code of an expression in w where that is called for and it is where seeds are drawn.
fn in_space(code: Expr, space: Space, workspace: &Workspace) -> Expr {
    let start = workspace.model().map(|model| model.start);
    if space == Space::W && start != Some(Space::W) && workspace.space_of(&code) == start {
        Expr::w(code)
    } else {
        code
    }
}

/// The two axes of the map, in the space that the model is edited in.
fn axes(settings: &Settings, model: &ModelInfo) -> [Axis; 2] {
    let space = model.editing_space();
    settings.axes_of(model).map(|index| Axis { space, index })
}

/// Where the walk is without its steps along the two axes of the map.
fn start(settings: &Settings, model: &ModelInfo, position: &Position) -> Walk {
    let names = axes(settings, model).map(Axis::name);
    position.walk().clone().without(&names)
}

/// Whether the model is a plane itself: codes of two numbers and no other space.
pub(super) fn is_flat(model: &ModelInfo) -> bool {
    dim(model, model.start) == 2 && model.manifest.spaces.len() == 1
}

/// The length of one vector of a space.
fn dim(model: &ModelInfo, space: Space) -> usize {
    let shape = model.manifest.spaces.get(&space);
    shape.map_or(0, |shape| shape.dim())
}

/// The space of codes of `len` numbers: `space`, or w+ where they are as long as several in w.
fn space_of(model: &ModelInfo, space: Space, len: usize) -> Space {
    if space == Space::W && len > dim(model, Space::W) {
        Space::W_PLUS
    } else {
        space
    }
}

/// Codes of one length: one in w is taken for every layer where another is in w+.
fn of_one_length(codes: &[&[f32]]) -> Vec<Vec<f32>> {
    let longest = codes.iter().map(|code| code.len()).max().unwrap_or(0);
    let whole = |code: &[f32]| code.repeat(longest / code.len().max(1));
    codes.iter().map(|code| whole(code)).collect()
}

impl MapPlane {
    /// The plane of the settings; `members` are the codes of [`members`], and `pca` gives the
    /// components of the encoded data.
    ///
    /// # Errors
    /// One sentence on why there is no such plane.
    pub(super) fn new(
        settings: &Settings,
        model: &ModelInfo,
        position: &Position,
        members: &[&Code],
        pca: impl FnOnce() -> Arc<Result<Pca, PcaError>>,
    ) -> Result<Self, String> {
        let codes: Vec<&[f32]> = members.iter().map(|code| code.values.reals()).collect();
        let spaces: Vec<Space> = members.iter().map(|code| code.space).collect();
        let space = model.editing_space();
        let dim = dim(model, space);
        if dim < 2 {
            return Err("A map needs a latent space with at least two dimensions".to_owned());
        }
        let unit = |axis: usize, len: usize| {
            let mut values = vec![0.0; dim];
            if let Some(value) = values.get_mut(axis) {
                *value = 1.0;
            }
            // An axis of w moves every layer of w+.
            values.repeat(len / dim)
        };
        let sigma = |axis: usize| f64::from(model.axis_sigma(space, axis));
        let plane = |space, geometry, form, home, names| Self {
            model: model.id.clone(),
            space,
            geometry,
            form,
            home,
            names,
        };
        let form = Form::Vector {
            given: position.given().clone(),
        };
        match settings.kind {
            PlaneKind::Axes if is_flat(model) => Ok(Self {
                form,
                ..Self::flat(settings, model)?
            }),
            PlaneKind::Axes => {
                let [first, second] = settings.axes_of(model);
                if first == second || first.max(second) >= dim {
                    return Err(format!("Choose two different dimensions below {dim}"));
                }
                let origin = *codes.first().ok_or("The base code is not evaluated yet")?;
                if origin.is_empty() || !origin.len().is_multiple_of(dim) {
                    return Err(format!(
                        "The base code has {} dimensions and is not a code of {space}",
                        origin.len()
                    ));
                }
                let len = origin.len();
                let geometry = along(origin, &unit(first, len), &unit(second, len))?;
                // Where an axis moves several layers, a unit of the plane is longer than its step.
                let per_step = ((len / dim) as f64).sqrt();
                let home = Home {
                    centre: [0.0, 0.0],
                    half_span: REACH_SIGMA * sigma(first).max(sigma(second)) * per_step,
                };
                let start = start(settings, model, position);
                let axes = axes(settings, model);
                let names = axes.map(Axis::name);
                let form = Form::Steps {
                    start,
                    axes,
                    per_step,
                };
                Ok(plane(
                    space_of(model, space, len),
                    geometry,
                    form,
                    home,
                    names,
                ))
            }
            PlaneKind::Pca => {
                if model.encoded.is_empty() {
                    return Err(
                        "This model holds no encoded data, so there are no principal \
                                components of it: choose raw dimensions or three codes"
                            .to_owned(),
                    );
                }
                let pca = pca();
                let pca = pca.as_ref().as_ref();
                let pca = pca.map_err(|error| capitalised(&error.to_string()))?;
                let [first, second] = settings.components;
                let geometry = pca
                    .plane(first, second)
                    .map_err(|_| format!("Choose two different components below {dim}"))?;
                let spread = |number: usize| {
                    pca.variances
                        .get(number)
                        .copied()
                        .unwrap_or(1.0)
                        .sqrt()
                        .max(1e-3)
                };
                let home = Home {
                    centre: [0.0, 0.0],
                    half_span: REACH_SIGMA * spread(first).max(spread(second)),
                };
                let names = [first, second].map(|number| format!("PC {}", number + 1));
                Ok(plane(model.start, geometry, form, home, names))
            }
            PlaneKind::Through => {
                let mut given = settings.through.iter().flatten().cloned();
                let whole = of_one_length(&codes);
                let (Some(a), Some(b), Some(c), [x, y, z]) =
                    (given.next(), given.next(), given.next(), &whole[..])
                else {
                    return Err(
                        "Drop three codes into A, B and C to lay a plane through them".into(),
                    );
                };
                let geometry =
                    Plane::through(x, y, z).map_err(|error| capitalised(&error.to_string()))?;
                let corners = [x, y, z].map(|code| geometry.coordinates(code));
                let home = home_of(&corners);
                let form = Form::Shares {
                    codes: [a, b, c],
                    values: [x, y, z].map(Vec::clone),
                };
                // Codes in z and w can be equally long; `members` has mapped all or none.
                let at_start = spaces.iter().all(|space| *space == model.start);
                let space = if at_start { model.start } else { space };
                Ok(plane(
                    space_of(model, space, geometry.dim()),
                    geometry,
                    form,
                    home,
                    ["A to B", "towards C"].map(str::to_owned),
                ))
            }
        }
    }

    /// The whole space of a model that is a plane itself.
    ///
    /// # Errors
    /// One sentence where it is none.
    pub(super) fn flat(settings: &Settings, model: &ModelInfo) -> Result<Self, String> {
        let sigma = |axis: usize| f64::from(model.axis_sigma(model.start, axis));
        Ok(Self {
            model: model.id.clone(),
            space: model.start,
            geometry: along(&[0.0, 0.0], &[1.0, 0.0], &[0.0, 1.0])?,
            form: Form::Vector {
                given: Condition::default(),
            },
            home: Home {
                centre: [0.0, 0.0],
                half_span: REACH_SIGMA * sigma(0).max(sigma(1)),
            },
            names: axes(settings, model).map(Axis::name),
        })
    }

    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// The space that the plane lies in.
    pub fn space(&self) -> Space {
        self.space
    }

    pub fn geometry(&self) -> &Plane {
        &self.geometry
    }

    pub fn home(&self) -> Home {
        self.home
    }

    /// What the two axes are called.
    pub fn names(&self) -> &[String; 2] {
        &self.names
    }

    /// The code of a point.
    pub fn code(&self, [x, y]: [f64; 2]) -> Vec<f32> {
        self.geometry.point(x, y)
    }

    /// The expression of a point, with three decimals: finer than a screen can show.
    pub fn expression(&self, at: [f64; 2]) -> Expr {
        self.written(at, rounded)
    }

    /// The expression of a point, exactly.
    pub fn exact_expression(&self, at: [f64; 2]) -> Expr {
        self.written(at, |value| value)
    }

    fn written(&self, at: [f64; 2], rounded: impl Fn(f32) -> f32) -> Expr {
        match &self.form {
            Form::Vector { given } => {
                let code = Expr::Vector(self.code(at).into_iter().map(rounded).collect());
                if given.is_empty() {
                    code
                } else {
                    Expr::Given(code.into(), given.clone())
                }
            }
            Form::Steps {
                start,
                axes,
                per_step,
            } => {
                let mut walk = start.clone();
                for (axis, value) in axes.iter().zip(at) {
                    walk.set_offset(&axis.name(), rounded((value / per_step) as f32));
                }
                walk.to_expr()
            }
            Form::Shares { codes, values } => {
                let [a, b, c] = values;
                let shares = geometry::shares(a, b, c, at).unwrap_or([0.0, 0.0]);
                let [a, b, c] = codes;
                [b, c]
                    .into_iter()
                    .zip(shares)
                    .fold(a.clone(), |sum, (to, share)| {
                        let share = rounded(share as f32);
                        if share == 0.0 {
                            return sum;
                        }
                        let step = Expr::Sub(to.clone().into(), a.clone().into());
                        Expr::Add(sum.into(), Expr::Scale(share, step.into()).into())
                    })
            }
        }
    }
}

fn along(origin: &[f32], first: &[f32], second: &[f32]) -> Result<Plane, String> {
    Plane::along(origin, first, second).map_err(|error| capitalised(&error.to_string()))
}

fn home_of(corners: &[[f64; 2]; 3]) -> Home {
    let bounds = |axis: usize| {
        let values = corners.iter().map(|corner| corner[axis]);
        let low = values.clone().fold(f64::INFINITY, f64::min);
        (low, values.fold(f64::NEG_INFINITY, f64::max))
    };
    let (left, right) = bounds(0);
    let (bottom, top) = bounds(1);
    Home {
        centre: [(left + right) / 2.0, (bottom + top) / 2.0],
        half_span: 0.75 * (right - left).max(top - bottom),
    }
}

fn rounded(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}
