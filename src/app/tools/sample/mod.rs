//! Sample: how noise becomes a picture in steps.
//!
//! The sampler is a part of the shot, and its film that of the current picture. Where one stands in
//! the film is no part of undo; going on from there with other settings is.

pub(crate) mod edit;
mod film;
mod looking;
mod measure;
mod numbers;
pub(crate) mod panel;
mod quality;
mod reel;
mod side;

pub use edit::EditSettings;
pub use film::{Film, FilmStep, Still};
pub use measure::{Measure, Reading};
pub use numbers::{AMPLIFICATION, BRUSH_RADIUS, COUNT, FILM_SECONDS, PLACE, STEP, number_of_pane};
pub use quality::{Along, Curve, MAX_CURVES, Quality, QualitySettings};
pub use reel::Reel;
pub use side::{MAX_PANES, PANES, PaneSettings, Side, SidePane, SideSettings};

use super::{ToolCommand, ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::notices::Level;
use crate::app::pictures::PictureRequest;
use crate::app::sentences::NO_MODEL;
use crate::app::{Availability, CommandInfo, CurveFile, Edit, Effect};
use crate::engine::{Event, JobId, ModelInfo};
use crate::latent::expr::Walk;
use crate::latent::{MAX_TURNS, Mask, Sampler};
use crate::learn::{Scene, ToolName};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The commands of the tool: a step on, a step back, other settings from here on.
pub const NEXT_STEP: &str = "next step";
pub const PREVIOUS_STEP: &str = "previous step";
pub const GO_ON: &str = "go on";
/// What else it does: the next of its views, and a curve of quality.
pub const NEXT_VIEW: &str = "next view";
pub const MEASURE: &str = "measure";
/// Of a picture that is redrawn: whether the brush erases, and what becomes of the mask.
pub const ERASE: &str = "erase";
pub const INVERT_MASK: &str = "invert mask";
pub const CLEAR_MASK: &str = "clear mask";

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The steps of the current picture.
    #[default]
    Film,
    /// The same noise under several samplers.
    SideBySide,
    /// How alike the pictures are to real ones.
    Quality,
    /// A picture that is redrawn.
    Edit,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::Film, Self::SideBySide, Self::Quality, Self::Edit];

    fn next(self) -> Self {
        match self {
            Self::Film => Self::SideBySide,
            Self::SideBySide => Self::Quality,
            Self::Quality => Self::Edit,
            Self::Edit => Self::Film,
        }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub mode: Mode,
    /// How long the film takes when it is played.
    pub secs: f32,
    pub side: SideSettings,
    pub quality: QualitySettings,
    pub edit: EditSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            secs: 4.0,
            side: SideSettings::default(),
            quality: QualitySettings::default(),
            edit: EditSettings::default(),
        }
    }
}

/// The film and where one stands in it; no part of undo.
#[derive(Default, Debug)]
pub struct Sample {
    film: Film,
    reel: Reel,
    /// The place of a written picture that is looked at, where the film rests within a step.
    looked: Option<usize>,
    side: Side,
    quality: Quality,
}

impl Sample {
    pub fn film(&self) -> &Film {
        &self.film
    }

    pub fn side(&self) -> &Side {
        &self.side
    }

    pub fn quality(&self) -> &Quality {
        &self.quality
    }

    /// Stops measuring; what was measured stays.
    pub fn cancel_measuring(&mut self, cx: &ToolContext<'_, Self>) {
        self.quality.cancel(cx);
    }

    /// Asks where the points that were measured are to be written.
    pub fn ask_where_to_write(cx: &mut ToolContext<'_, Self>, file: CurveFile) {
        cx.workspace.effects.push(Effect::AskForCurveFile(file));
    }

    /// The points that were measured as the text of a file: all of them as a table, or the distances of
    /// those that are shown as a chart.
    pub fn curves(&self, settings: &Settings, file: CurveFile) -> String {
        let along = settings.quality.along;
        match file {
            CurveFile::Csv => self.quality.csv(),
            CurveFile::Svg => measure::chart(self.quality.curves(), along, Measure::Frechet).svg(),
        }
    }

    /// Forgets a curve.
    pub fn remove_curve(&mut self, cx: &ToolContext<'_, Self>, index: usize) {
        self.quality.remove(cx, index);
    }

    /// Where one stands in the film.
    pub fn reel(&self) -> &Reel {
        &self.reel
    }

    /// The step that is shown, from 1; the last one where nobody has looked at another.
    pub fn step(&self) -> usize {
        self.reel.step(self.film.of())
    }

    /// Whether the picture itself is shown, and no step before.
    pub fn is_at_end(&self) -> bool {
        self.step() >= self.film.of()
    }

    /// Stops playing and shows a step.
    pub fn scrub(&mut self, step: usize) {
        self.reel.go_to(step, self.film.of());
        self.looked = None;
    }

    /// The sampler that goes on after the shown step as it would anyway, but by settings of its own.
    ///
    /// # Errors
    /// One sentence on why the settings cannot change here.
    fn turned(&self, sampler: &Sampler) -> Result<Sampler, &'static str> {
        if self.film.of() == 0 {
            return Err("The steps are on their way");
        }
        if self.film.of() != sampler.steps_in_all() || !self.film.is_settled() {
            return Err("The steps of these settings are on their way");
        }
        if self.is_at_end() {
            return Err("Stop at a step before the last one first");
        }
        if sampler.turns.len() >= MAX_TURNS {
            return Err("The settings change three times already; remove a change first");
        }
        let part = sampler.part_after(self.step());
        let part = part.ok_or("The settings change after this step already")?;
        let turned = sampler.turned(self.step(), part);
        turned.map_err(|_| "The settings cannot change after this step")
    }
}

impl ToolPart for Sample {
    const INFO: ToolInfo = ToolInfo {
        word: "Sample",
        name: "Sample",
        tooltip: "See how a picture is made step by step, out of noise or place by place, and change how it is done",
        icon: Icon::Footprints,
        key: Some(Key::S),
        question_name: Some(ToolName::Sample),
        explained_by: "diffusion-samplers",
    };
    const SHOWS_SOURCES: bool = false;
    const NUMBERS: &'static [ToolNumber<Self>] = numbers::ALL;
    const COMMANDS: &'static [ToolCommand<Self>] = &[
        ToolCommand {
            key: NEXT_STEP,
            info: CommandInfo {
                name: "Next step",
                tooltip: "In Sample, show the picture one step later",
                icon: Icon::StepForward,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::Period)),
            },
            run: |tool, _| tool.scrub(tool.step() + 1),
            availability: |view| match view.tool.is_at_end() {
                true => Err("This is the picture; no step follows"),
                false => has_film(view),
            },
            is_on: |_| None,
        },
        ToolCommand {
            key: PREVIOUS_STEP,
            info: CommandInfo {
                name: "Previous step",
                tooltip: "In Sample, show the picture one step earlier",
                icon: Icon::StepBack,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::Comma)),
            },
            run: |tool, _| tool.scrub(tool.step().saturating_sub(1)),
            availability: |view| match view.tool.step() <= 1 {
                true => Err("This is the first step"),
                false => has_film(view),
            },
            is_on: |_| None,
        },
        ToolCommand {
            key: GO_ON,
            info: CommandInfo {
                name: "Go on with other settings",
                tooltip: "In Sample, keep the steps up to this one and choose other settings for the rest",
                icon: Icon::Split,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::G)),
            },
            run: |tool, cx| match tool.turned(&cx.workspace.sampler()) {
                Ok(sampler) => cx.workspace.edit(Edit::Sampler(sampler)),
                Err(why) => {
                    cx.workspace.notices.push(Level::Warning, why);
                }
            },
            availability: |view| {
                has_film(view)?;
                if !view.workspace.denoises() {
                    return Err(
                        "A model that writes place by place has the same settings all the way",
                    );
                }
                view.tool.turned(&view.workspace.sampler()).map(|_| ())
            },
            is_on: |_| None,
        },
        ToolCommand {
            key: NEXT_VIEW,
            info: CommandInfo {
                name: "Next view of the sampler",
                tooltip: "In Sample, go from the film to side by side, to quality and to redrawing",
                icon: Icon::SquareSplitHorizontal,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::V)),
            },
            run: |_, cx| cx.edit(|settings| settings.mode = settings.mode.next()),
            availability: in_steps,
            is_on: |_| None,
        },
        ToolCommand {
            key: MEASURE,
            info: CommandInfo {
                name: "Measure quality",
                tooltip: "In Sample, measure how alike the pictures are to real ones, point after point of a curve",
                icon: Icon::ChartLine,
                shortcut: None,
            },
            run: |tool, cx| {
                if let Some(model) = cx.workspace.models.current().cloned() {
                    cx.edit(|settings| settings.mode = Mode::Quality);
                    tool.quality.measure(cx, &model);
                }
            },
            availability: can_measure,
            is_on: |_| None,
        },
        ToolCommand {
            key: ERASE,
            info: CommandInfo {
                name: "Erase the mask",
                tooltip: "In Sample, let the brush take cells out of the mask of what is redrawn",
                icon: Icon::Eraser,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::M)),
            },
            run: |_, cx| cx.edit(|settings| settings.edit.erases = !settings.edit.erases),
            availability: can_mask,
            is_on: |view| Some(view.settings.edit.erases),
        },
        ToolCommand {
            key: INVERT_MASK,
            info: CommandInfo {
                name: "Invert the mask",
                tooltip: "In Sample, redraw what is held now, and hold what is redrawn",
                icon: Icon::Contrast,
                shortcut: None,
            },
            run: |_, cx| edit::change_mask(cx, Mask::invert),
            availability: has_mask,
            is_on: |_| None,
        },
        ToolCommand {
            key: CLEAR_MASK,
            info: CommandInfo {
                name: "Clear the mask",
                tooltip: "In Sample, redraw all of the picture",
                icon: Icon::SquareDashed,
                shortcut: None,
            },
            run: |_, cx| edit::change_mask(cx, |mask| *mask = Mask::empty(mask.size())),
            availability: has_mask,
            is_on: |_| None,
        },
    ];

    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        let mode = cx.settings().mode;
        let is_shown =
            |wanted: Mode| cx.is_open() && mode == wanted && model.manifest.takes_steps();
        let [film, side, quality, _] = Mode::ALL.map(is_shown);
        if film {
            self.film.follow(cx, model);
        } else {
            self.film.stop(cx);
        }
        if side {
            self.side.follow(cx);
        }
        // While nobody looks, no further point is begun.
        if quality {
            self.quality.follow(cx, model);
        }
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        if !model.manifest.takes_steps() {
            return Vec::new();
        }
        match view.settings.mode {
            Mode::SideBySide => Side::requests(view.workspace, &view.settings.side, model),
            Mode::Edit => edit::requests(view.workspace, &view.settings.edit, model),
            Mode::Film => looking::request(model).into_iter().collect(),
            Mode::Quality => Vec::new(),
        }
    }

    /// The panes are drawn by settings that follow those of the picture.
    fn revision(view: ToolView<'_, Self>) -> [u64; 2] {
        [view.tool.side.revision(), 0]
    }

    fn on_event(&mut self, _: &mut ToolContext<'_, Self>, event: Event) {
        match event {
            Event::Step {
                job,
                done,
                of,
                image,
                values,
                noisy,
                choices,
            } => {
                let pictures = [noisy, Some(values)];
                self.film.take(job, (done, of), image, pictures, choices);
            }
            Event::Progress { job, done, total } => self.quality.on_progress(job, [done, total]),
            Event::Assessed { job, likeness } => self.quality.on_assessed(job, likeness),
            _ => {}
        }
    }

    fn on_job_end(&mut self, _: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        self.film.end(job, failure);
        self.quality.on_end(job, failure);
    }

    /// A scene whose picture is redrawn opens where the mask is painted, another one at the film.
    fn preset(settings: &mut Settings, scene: &Scene) {
        if scene.tool == ToolName::Sample {
            let is_redrawn = Walk::from_expr(&scene.expression.expr).edited.is_some();
            settings.mode = if is_redrawn { Mode::Edit } else { Mode::Film };
        }
    }

    fn is_playing(&self) -> bool {
        self.reel.is_playing()
    }

    fn toggle_play(&mut self) -> bool {
        self.looked = None;
        self.film.is_shown() && self.film.of() > 1 && self.reel.toggle(self.film.of())
    }

    fn stop_playing(&mut self) {
        self.reel.stop(self.film.of());
    }

    fn advance(&mut self, cx: &mut ToolContext<'_, Self>, dt_secs: f32) {
        self.reel
            .advance(dt_secs / cx.settings().secs, self.film.of());
    }
}

/// Whether the tool has something to show.
fn in_steps(view: ToolView<'_, Sample>) -> Availability {
    match (view.is_open(), view.workspace.takes_steps()) {
        (false, _) => Err("Open Sample first"),
        (true, false) => Err("The model makes its picture in one step"),
        (true, true) => Ok(()),
    }
}

/// Whether there is a picture to paint a mask on.
fn can_mask(view: ToolView<'_, Sample>) -> Availability {
    in_steps(view)?;
    match (view.settings.mode, view.workspace.position.edited()) {
        (Mode::Edit, Some(_)) => Ok(()),
        (Mode::Edit, None) => Err("Choose a picture to redraw first"),
        _ => Err("Open Redraw in Sample first"),
    }
}

/// Whether a part of a picture is redrawn.
fn has_mask(view: ToolView<'_, Sample>) -> Availability {
    can_mask(view)?;
    match edit::mask(view.workspace) {
        Some(mask) if !mask.is_empty() => Ok(()),
        _ => Err("Nothing is painted, so all of the picture is redrawn"),
    }
}

/// Whether there is a film to work on.
fn has_film(view: ToolView<'_, Sample>) -> Availability {
    in_steps(view)?;
    match (view.settings.mode, view.tool.film.of()) {
        (Mode::Film, 1..) => Ok(()),
        (Mode::Film, 0) => Err("The steps are on their way"),
        _ => Err("Look at the film first"),
    }
}

/// Whether the quality of the model's pictures can be measured.
fn can_measure(view: ToolView<'_, Sample>) -> Availability {
    in_steps(view)?;
    let model = view.workspace.model().ok_or(NO_MODEL)?;
    if !model.has_reference {
        return Err(
            "No real pictures are kept for the data of this model, so there is nothing to measure by",
        );
    }
    match view.settings.quality.along {
        Along::Steps if !view.workspace.denoises() => {
            Err("The model always takes as many steps: measure against guidance or temperature")
        }
        Along::Temperature if !view.workspace.writes() => {
            Err("The model chooses nothing by a temperature")
        }
        Along::Guidance if model.manifest.conditions.is_none() => {
            Err("The model takes no conditions, so there is nothing to guide")
        }
        Along::Judge if !view.workspace.is_guided_by_judge() => {
            Err("No judge knows what the model can be asked for, so none can guide it")
        }
        _ => Ok(()),
    }
}
