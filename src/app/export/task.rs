//! What a file is made of, read from what the window shows.

use super::settings::{ContactSource, Kind, Settings, completed};
use crate::app::Desk;
use crate::app::sentences::NO_MODEL;
use crate::app::tools::seeds::Seeds;
use crate::document::animation::AnimationFormat;
use crate::document::codes::{CodeArray, array_name};
use crate::document::raster::Layout;
use crate::document::recipe::{Animation, texts};
use crate::document::{Bookmark, ModelLink, Subject};
use crate::engine::ModelInfo;
use crate::latent::expr::{Expr, parse};
use crate::latent::path;
use crate::render::{Look, Plan, Setup};
use std::path::PathBuf;
use std::sync::Arc;

/// A file that can be made.
pub enum Task {
    Pictures {
        plan: Box<Plan>,
        /// The format of an animation; a still is a PNG.
        format: Option<AnimationFormat>,
    },
    /// Codes are known: there is nothing to decode.
    Codes(Vec<CodeArray>),
}

impl Task {
    /// A file of what the window shows now.
    ///
    /// # Errors
    ///
    /// A sentence on what is missing.
    pub fn new(desk: &Desk, settings: &Settings) -> Result<Self, String> {
        let workspace = &desk.workspace;
        let model = workspace.model().ok_or(NO_MODEL)?;
        if settings.kind == Kind::Codes {
            return Ok(Self::Codes(codes(desk, model, settings.bookmarks)?));
        }
        let look = Look {
            scale: settings.scale,
            longer_side: None,
            smooth: settings.smooth,
            dpi: (settings.kind == Kind::Contact).then_some(settings.contact.dpi),
        };
        let setup = Setup {
            names: Arc::clone(&workspace.names),
            files: Vec::new(),
            sampler: workspace.position.sampler(),
        };
        let subject = subject(desk, settings)?;
        let plan = Plan::new(subject, look, &setup, model).map_err(|error| error.to_string())?;
        if plan.size().is_err() {
            return Err("It is too large: choose fewer or smaller pictures".to_owned());
        }
        Ok(Self::Pictures {
            format: plan.is_animation().then_some(settings.format),
            plan: Box::new(plan),
        })
    }

    /// Width and height of the picture in the file, in pixels; `None` for codes.
    pub fn size(&self) -> Option<[u32; 2]> {
        match self {
            Self::Pictures { plan, .. } => plan.size().ok(),
            Self::Codes(_) => None,
        }
    }

    /// Where the file goes that was asked for at `path`.
    pub fn place(&self, path: PathBuf) -> PathBuf {
        match self {
            Self::Pictures {
                format: Some(format),
                ..
            } => completed(*format, path),
            Self::Pictures { format: None, .. } | Self::Codes(_) => path,
        }
    }
}

/// What the pictures show.
fn subject(desk: &Desk, settings: &Settings) -> Result<Subject, String> {
    let interpolate = &desk.tools.settings().interpolate;
    let position = &desk.workspace.position;
    Ok(match settings.kind {
        Kind::Picture | Kind::Codes => Subject::Expression(position.expression().to_string()),
        Kind::Strip => {
            let way = interpolate.path(interpolate.method)?;
            let positions = way.frame_positions(
                settings.count,
                interpolate.easing,
                desk.tools.interpolate().lengths(),
            );
            Subject::sheet(
                &way.expressions(&positions),
                Layout::columns(settings.count),
            )
        }
        Kind::Sheet => {
            let corners = interpolate
                .corners()
                .ok_or("A sheet needs four keyframes in Interpolate: its corners")?;
            let side = settings.side;
            let pictures = path::sheet(&corners, interpolate.method, side, side);
            Subject::sheet(&pictures, Layout::columns(side))
        }
        Kind::Grid => {
            let first = settings.first_seed;
            let last = first.saturating_add(settings.seeds - 1);
            let psi = position.psi();
            Subject::Grid {
                seeds: format!("{first}-{last}"),
                truncation: (psi != 1.0).then_some(psi),
                columns: Layout::square((last - first) as usize + 1).columns,
            }
        }
        Kind::Contact => {
            let pictures = contact_pictures(desk, settings.contact.source)?;
            let ground = if settings.contact.is_white { 255 } else { 0 };
            let layout = Layout {
                columns: settings.contact.columns,
                gap: settings.contact.gap as usize,
                background: [ground; 3],
            };
            Subject::sheet(&pictures, layout)
        }
        Kind::Animation => {
            // For the sentence that the form shows.
            interpolate.path(interpolate.method)?;
            Subject::Animation(Animation {
                keyframes: texts(&interpolate.keyframes),
                method: interpolate.method,
                easing: interpolate.easing,
                even: interpolate.even,
                closed: interpolate.closed,
                frames: settings.frames(interpolate.secs),
                // The last frame of a closed way is followed by its first.
                duration_us: (f64::from(interpolate.secs) * 1e6).round() as u64,
                once: settings.once,
            })
        }
    })
}

/// What a contact sheet shows, in its order.
fn contact_pictures(desk: &Desk, source: ContactSource) -> Result<Vec<Expr>, String> {
    let model = desk.workspace.model().ok_or(NO_MODEL)?;
    let is_of_model = |link: &ModelLink| link.hash == model.id.hash && link.name == model.id.name;
    let document = desk.session.document();
    let mut pictures: Vec<Expr> = Vec::new();
    let mut add = |expression: Expr| {
        if !pictures.contains(&expression) {
            pictures.push(expression);
        }
    };
    let nothing = match source {
        ContactSource::Bookmarks => {
            let bookmarks = document.bookmarks().iter();
            let of_model = bookmarks.filter(|bookmark| is_of_model(&bookmark.model));
            of_model.for_each(|bookmark| add(Expr::Named(bookmark.name.clone())));
            "No bookmark was made with this model"
        }
        ContactSource::Favourites => {
            let favourites = desk.tools.settings().variations.favourites.iter();
            favourites.cloned().for_each(&mut add);
            "Variations has no favourites: click the heart of a child there"
        }
        ContactSource::Filmstrip => {
            let row = desk.session.filmstrip().row().iter();
            let states = row.filter_map(|id| Some(&document.history().get(*id)?.state));
            let of_model = states.filter(|state| is_of_model(&state.model));
            let read = of_model.filter_map(|state| parse(&state.expression).ok());
            read.for_each(&mut add);
            "No step was made with this model"
        }
        ContactSource::Wall => {
            let wall = desk.tools.view::<Seeds>(&desk.workspace).wall(None);
            let expressions = wall.into_iter().map(|place| place.expression);
            expressions.for_each(&mut add);
            "The wall is empty"
        }
    };
    match pictures.is_empty() {
        true => Err(nothing.to_owned()),
        false => Ok(pictures),
    }
}

fn codes(desk: &Desk, model: &ModelInfo, of_bookmarks: bool) -> Result<Vec<CodeArray>, String> {
    if !of_bookmarks {
        let frame = desk.workspace.preview.frame().ok_or("No code yet")?;
        return Ok(vec![CodeArray {
            name: array_name(frame.code.space).to_owned(),
            codes: vec![frame.code.clone()],
        }]);
    }
    let is_of_model =
        |it: &&Bookmark| it.model.hash == model.id.hash && it.model.name == model.id.name;
    let arrays: Vec<CodeArray> = desk
        .session
        .document()
        .bookmarks()
        .iter()
        .filter(is_of_model)
        .map(|bookmark| CodeArray {
            name: bookmark.name.clone(),
            codes: vec![bookmark.code.clone()],
        })
        .collect();
    match arrays.is_empty() {
        true => Err("No bookmark was made with this model".to_owned()),
        false => Ok(arrays),
    }
}
