//! What a file is made of, read from what the window shows.

use super::settings::{ContactSource, Film, Kind, Settings, completed};
use crate::app::Desk;
use crate::app::sentences::NO_MODEL;
use crate::app::tools::seeds::Seeds;
use crate::document::animation::AnimationFormat;
use crate::document::codes::{CodeArray, array_name};
use crate::document::raster::Layout;
use crate::document::recipe::Animation;
use crate::document::{Bookmark, ModelLink, Subject};
use crate::engine::{Backlog, ModelInfo};
use crate::latent::expr::{Expr, parse};
use crate::latent::path;
use crate::render::{Look, Output, Plan, RenderError, Setup};
use std::path::PathBuf;
use std::sync::Arc;

/// A file that can be made.
pub enum Task {
    Pictures {
        plan: Box<Plan>,
        form: Form,
    },
    /// Codes are known: there is nothing to decode.
    Codes(Vec<CodeArray>),
    /// A text that is known.
    Text(String),
}

/// The form of a file of pictures.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A PNG.
    Still,
    Animation(AnimationFormat),
    /// The steps to one picture: a strip, or an animation.
    Steps(Film),
}

impl Form {
    fn animation(self) -> Option<AnimationFormat> {
        match self {
            Self::Still => None,
            Self::Animation(format) => Some(format),
            Self::Steps(film) => film.format,
        }
    }

    /// Where the pictures go.
    ///
    /// # Errors
    /// When the name of the file is that of no such form.
    pub fn output(self, path: PathBuf) -> Result<Output, RenderError> {
        match self {
            Self::Still => Ok(Output::Still(path)),
            Self::Animation(format) => Ok(Output::Animation { path, format }),
            Self::Steps(film) => Output::steps(&path, film.shown),
        }
    }
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
        let form = match settings.kind {
            Kind::Film if !model.manifest.takes_steps() => {
                return Err(
                    "The model makes its picture in one step, so there is no film".to_owned(),
                );
            }
            Kind::Film => Form::Steps(settings.film.of_model(&model.manifest)),
            _ if plan.is_animation() => Form::Animation(settings.format),
            _ => Form::Still,
        };
        let plan = Box::new(plan);
        Ok(Self::Pictures { plan, form })
    }

    /// Width and height of the picture in the file, in pixels; `None` for codes.
    pub fn size(&self) -> Option<[u32; 2]> {
        match self {
            Self::Pictures { plan, .. } => plan.size().ok(),
            Self::Codes(_) | Self::Text(_) => None,
        }
    }

    /// Where the file goes that was asked for at `path`.
    pub fn place(&self, path: PathBuf) -> PathBuf {
        let format = match self {
            Self::Pictures { form, .. } => form.animation(),
            Self::Codes(_) | Self::Text(_) => None,
        };
        match format {
            Some(format) => completed(format, path),
            None => path,
        }
    }

    /// How many events of one job may wait for the thread that makes the file. Tiles come no faster than
    /// they are used; steps do.
    pub fn room(&self) -> usize {
        let steps = match self {
            Self::Pictures {
                plan,
                form: Form::Steps(_),
            } => plan.recipe().sampler.steps_in_all(),
            _ => 0,
        };
        Backlog::MAX_TILES + 2 + steps
    }
}

/// What the pictures show.
fn subject(desk: &Desk, settings: &Settings) -> Result<Subject, String> {
    let interpolate = &desk.tools.settings().interpolate;
    let position = &desk.workspace.position;
    Ok(match settings.kind {
        Kind::Picture | Kind::Film | Kind::Codes => {
            Subject::Expression(position.expression().to_string())
        }
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
                keyframes: interpolate.keyframes().map(ToString::to_string).collect(),
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
