//! Which plane the map shows, and the expression of a point on it.

use super::Settings;
use crate::app::Position;
use crate::engine::{ModelId, ModelInfo};
use crate::latent::Space;
use crate::latent::expr::{Expr, Walk, raw_axis_name};
use crate::latent::geometry::{self, Plane};
use crate::latent::pca::Pca;
use serde::{Deserialize, Serialize};

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
    geometry: Plane,
    form: Form,
    home: Home,
    names: [String; 2],
}

/// How a point is written.
#[derive(Clone, PartialEq, Debug)]
enum Form {
    /// `[0.5, -1.2]`
    Vector,
    /// Steps along two raw axes from a start.
    Steps { start: Walk, axes: [usize; 2] },
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

/// The expressions whose codes a plane is made of.
pub(super) fn members(settings: &Settings, model: &ModelInfo, position: &Position) -> Vec<Expr> {
    match settings.kind {
        PlaneKind::Axes if dim(model) > 2 => vec![start(settings, position).to_expr()],
        PlaneKind::Axes | PlaneKind::Pca => Vec::new(),
        PlaneKind::Through => settings.through.iter().flatten().cloned().collect(),
    }
}

/// Where the walk is without its steps along the two axes of the map.
fn start(settings: &Settings, position: &Position) -> Walk {
    let mut walk = Walk::from_expr(position.expression());
    for axis in settings.axes {
        let name = raw_axis_name(Space::Z, axis);
        walk.offsets.retain(|(known, _)| *known != name);
    }
    walk
}

fn dim(model: &ModelInfo) -> usize {
    let shape = model.manifest.spaces.get(&Space::Z);
    shape.and_then(|shape| shape.checked_len()).unwrap_or(0)
}

impl MapPlane {
    /// The plane of the settings; `codes` are the values of its members.
    ///
    /// # Errors
    /// One sentence on why there is no such plane.
    pub(super) fn new(
        settings: &Settings,
        model: &ModelInfo,
        position: &Position,
        codes: &[&[f32]],
    ) -> Result<Self, String> {
        let dim = dim(model);
        if dim < 2 {
            return Err("A map needs a latent space of two numbers or more".to_owned());
        }
        let unit = |axis: usize| {
            let mut values = vec![0.0; dim];
            if let Some(value) = values.get_mut(axis) {
                *value = 1.0;
            }
            values
        };
        let sigma = |axis: usize| {
            let found = model.z_sigma.get(axis).copied().unwrap_or(1.0);
            if found.is_finite() && found > 0.0 {
                f64::from(found)
            } else {
                1.0
            }
        };
        let plane = |geometry, form, home, names| Self {
            model: model.id.clone(),
            geometry,
            form,
            home,
            names,
        };
        match settings.kind {
            PlaneKind::Axes if dim == 2 => {
                let geometry = along(&[0.0, 0.0], &unit(0), &unit(1))?;
                let home = Home {
                    centre: [0.0, 0.0],
                    half_span: REACH_SIGMA * sigma(0).max(sigma(1)),
                };
                let names = ["z0", "z1"].map(str::to_owned);
                Ok(plane(geometry, Form::Vector, home, names))
            }
            PlaneKind::Axes => {
                let axes = settings.axes;
                if axes[0] == axes[1] || axes.iter().any(|axis| *axis >= dim) {
                    return Err(format!("Choose two different dimensions below {dim}"));
                }
                let origin = codes.first().ok_or("The start has not come yet")?;
                if origin.len() != dim {
                    return Err("The walk is not in z, so raw dimensions of z do not apply".into());
                }
                let geometry = along(origin, &unit(axes[0]), &unit(axes[1]))?;
                let home = Home {
                    centre: [0.0, 0.0],
                    half_span: REACH_SIGMA * sigma(axes[0]).max(sigma(axes[1])),
                };
                let start = start(settings, position);
                let names = axes.map(|axis| raw_axis_name(Space::Z, axis));
                Ok(plane(geometry, Form::Steps { start, axes }, home, names))
            }
            PlaneKind::Pca => {
                let rows: Vec<&[f32]> = model
                    .encoded
                    .iter()
                    .map(|(row, _)| row.as_slice())
                    .collect();
                if rows.is_empty() {
                    return Err(
                        "This model holds no encoded data, so there are no principal \
                                components of it: choose raw dimensions or three codes"
                            .to_owned(),
                    );
                }
                let pca = Pca::of(&rows).map_err(|error| capitalised(&error.to_string()))?;
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
                Ok(plane(geometry, Form::Vector, home, names))
            }
            PlaneKind::Through => {
                let mut given = settings.through.iter().flatten().cloned();
                let (Some(a), Some(b), Some(c), &[x, y, z]) =
                    (given.next(), given.next(), given.next(), codes)
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
                    values: [x, y, z].map(<[f32]>::to_vec),
                };
                Ok(plane(
                    geometry,
                    form,
                    home,
                    ["A to B", "towards C"].map(str::to_owned),
                ))
            }
        }
    }

    pub fn model(&self) -> &ModelId {
        &self.model
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
        match &self.form {
            Form::Vector => Expr::Vector(self.code(at).into_iter().map(rounded).collect()),
            Form::Steps { start, axes } => {
                let mut walk = start.clone();
                for (axis, value) in axes.iter().zip(at) {
                    walk.set_offset(&raw_axis_name(Space::Z, *axis), rounded(value as f32));
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

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
