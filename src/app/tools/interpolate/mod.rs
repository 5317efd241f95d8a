//! Interpolate: a way through keyframes, to be looked at, scrubbed and played.
//!
//! It begins with two empty places, from and to. A code that is clicked goes to the place that is
//! marked, or to the next empty one; with more places there are keyframes between the two.
//!
//! Both methods are shown on the same keyframes at the same moments, with the norm of the codes
//! and the change of the pictures on the way, so that their difference is seen.

pub(crate) mod panel;

use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::pictures::{PictureRequest, PictureSet, SetKey};
use crate::app::{Availability, Derived, Edit, Param, Tool, ToolParam};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::path::{self, ArcLength, Easing, Method, Path, step_length};
use crate::learn::question::Method as AuthorsMethod;
use crate::learn::{Preset, Scene, ToolName};
use eframe::egui::Key;
use lucide_icons::Icon;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The keyframes' pictures.
pub const KEYFRAMES: SetKey = SetKey("interpolate keyframes");
/// The strip of each method.
pub const SLERP_STRIP: SetKey = SetKey("interpolate slerp");
pub const LERP_STRIP: SetKey = SetKey("interpolate lerp");
/// Pictures that measure how long the way is.
pub const SURVEY: SetKey = SetKey("interpolate survey");
/// The bilinear sheet between the first four keyframes.
pub const SHEET: SetKey = SetKey("interpolate sheet");

/// From and to.
const MIN_PLACES: usize = 2;
/// What stands for a path that has no ends yet.
const NO_PATH: &str = "A path needs two pictures in Interpolate: click one for From and one for To";
/// More could not be distinguished in a row.
pub const MAX_KEYFRAMES: usize = 12;
/// Pictures on a strip.
pub const STRIP: usize = 16;
/// Pictures along each side of the sheet.
pub const SHEET_SIDE: usize = 7;
/// How long the way may take.
pub const SECS: RangeInclusive<f32> = 0.2..=120.0;
/// The durations that the slider reaches.
pub const SLIDER_SECS: RangeInclusive<f32> = 0.5..=30.0;
/// Frames of the way that scrubbing and playing go by.
const FRAMES: usize = 241;

/// Where on the path the picture is, 0 to 1.
pub const POSITION: ToolParam = ToolParam::new(Tool::Interpolate, "t");
/// Duration of the whole path.
pub const SECONDS: ToolParam = ToolParam::new(Tool::Interpolate, "seconds");

/// The strip of a method.
pub fn strip_key(method: Method) -> SetKey {
    match method {
        Method::Slerp => SLERP_STRIP,
        Method::Lerp => LERP_STRIP,
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The places of the path in their order, two at least; an empty one waits for a code. Files of
    /// earlier versions have no empty ones.
    #[serde(rename = "keyframes", deserialize_with = "two_places")]
    pub places: Vec<Option<Expr>>,
    pub method: Method,
    pub easing: Easing,
    /// Whether the way comes back to its first keyframe.
    pub closed: bool,
    /// Whether equal times bring equal changes of the picture.
    pub even: bool,
    /// Duration of the whole path when it is played.
    pub secs: f32,
    /// Whether the sheet between four corners is shown instead of the strips.
    pub sheet: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            places: vec![None; MIN_PLACES],
            method: Method::Slerp,
            easing: Easing::Linear,
            closed: false,
            even: false,
            secs: 4.0,
            sheet: false,
        }
    }
}

fn two_places<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Option<Expr>>, D::Error> {
    let mut places = Vec::deserialize(from)?;
    pad(&mut places);
    Ok(places)
}

fn pad(places: &mut Vec<Option<Expr>>) {
    places.resize(places.len().max(MIN_PLACES), None);
}

impl Settings {
    /// A path through these, with all else as it is at first.
    pub fn through(keyframes: impl IntoIterator<Item = Expr>) -> Self {
        let mut settings = Self::default();
        settings.set_keyframes(keyframes);
        settings
    }

    /// Puts the path through these.
    pub fn set_keyframes(&mut self, keyframes: impl IntoIterator<Item = Expr>) {
        self.places = keyframes
            .into_iter()
            .map(Some)
            .take(MAX_KEYFRAMES)
            .collect();
        pad(&mut self.places);
    }

    /// What is in the places.
    pub fn keyframes(&self) -> impl Iterator<Item = &Expr> {
        self.places.iter().flatten()
    }

    /// The place that a code goes to of itself.
    pub fn next_empty(&self) -> Option<usize> {
        self.places.iter().position(Option::is_none)
    }

    /// Puts a code into a place, whatever was there.
    pub fn fill(&mut self, at: usize, code: Expr) {
        if let Some(place) = self.places.get_mut(at) {
            *place = Some(code);
        }
    }

    /// Puts a keyframe into the next empty place, or after the last.
    pub fn add(&mut self, code: Expr) {
        match self.next_empty() {
            Some(place) => self.fill(place, code),
            None => self.insert(self.places.len(), code),
        }
    }

    /// Puts a keyframe before that of a number; one that is there already moves. An empty place is
    /// filled before there are more.
    pub fn insert(&mut self, at: usize, code: Expr) {
        let mut at = at.min(self.places.len());
        let is_it = |place: &Option<Expr>| place.as_ref() == Some(&code);
        let takes_from = self.places.iter().position(is_it).or(self.next_empty());
        if let Some(from) = takes_from {
            self.places.remove(from);
            if from < at {
                at -= 1;
            }
        }
        if self.places.len() < MAX_KEYFRAMES {
            self.places.insert(at, Some(code));
        }
    }

    /// Empties a place; where there are more than two, it goes.
    pub fn remove(&mut self, at: usize) {
        if at >= self.places.len() {
            return;
        }
        if self.places.len() > MIN_PLACES {
            self.places.remove(at);
        } else {
            self.places[at] = None;
        }
    }

    /// Moves a keyframe one place towards the beginning, or towards the end.
    pub fn shift(&mut self, at: usize, later: bool) {
        let other = if later { at + 1 } else { at.wrapping_sub(1) };
        if at < self.places.len() && other < self.places.len() {
            self.places.swap(at, other);
        }
    }

    pub fn set_secs(&mut self, secs: f32) {
        self.secs = secs.clamp(*SECS.start(), *SECS.end());
    }

    /// The same within what the tool can do, for settings that a file says.
    pub fn bounded(mut self) -> Self {
        self.places.truncate(MAX_KEYFRAMES);
        self.set_secs(self.secs);
        self
    }

    /// The way by a method.
    ///
    /// # Errors
    /// One sentence when there are too few keyframes.
    pub fn path(&self, method: Method) -> Result<Path, String> {
        let keyframes: Vec<Expr> = self.keyframes().cloned().collect();
        let path = if self.closed {
            Path::closed(keyframes, method)
        } else {
            Path::open(keyframes, method)
        };
        path.map_err(|_| NO_PATH.into())
    }

    /// When the path is at a keyframe, 0..1 of its time; 0 for what is none.
    fn time_of(&self, code: &Expr) -> f64 {
        let index = self.keyframes().position(|it| it == code).unwrap_or(0);
        let others = self.keyframes().count() - usize::from(!self.closed);
        index as f64 / others.max(1) as f64
    }

    /// The corners of the sheet, when there are enough keyframes.
    pub fn corners(&self) -> Option<[Expr; 4]> {
        let first: Vec<Expr> = self.keyframes().take(4).cloned().collect();
        first.try_into().ok()
    }

    fn requests(&self, model: &ModelInfo, lengths: Option<&ArcLength>) -> Vec<PictureRequest> {
        let request = |key, expressions: Vec<Expr>| PictureRequest::new(key, model, expressions);
        let places = self.places.iter().cloned();
        let mut requests = vec![PictureRequest::with_gaps(KEYFRAMES, model, places)];
        if self.sheet {
            if let Some(corners) = self.corners() {
                let sheet = path::sheet(&corners, self.method, SHEET_SIDE, SHEET_SIDE);
                requests.push(request(SHEET, sheet));
            }
            return requests;
        }
        for method in Method::ALL {
            if let Ok(path) = self.path(method) {
                let positions = path.frame_positions(STRIP, self.easing, lengths);
                requests.push(request(strip_key(method), path.expressions(&positions)));
            }
        }
        if let (true, Ok(path)) = (self.even, self.path(self.method)) {
            let survey = path.expressions(&path.survey_positions(STRIP));
            requests.push(request(SURVEY, survey));
        }
        requests
    }
}

/// Where the way is scrubbed or played; no part of undo.
#[derive(Default, Debug)]
pub struct Interpolate {
    playing: bool,
    /// The place that was marked, while nothing was put into it.
    marked: Option<usize>,
    /// 0 at the beginning, 1 at the end.
    time: f64,
    lengths: Option<ArcLength>,
    /// The number of the first picture that the lengths were measured on.
    measured_on: Option<u64>,
    /// By the numbers of the pictures, for each method.
    changes: [Derived<Vec<u64>, Vec<f32>>; 2],
}

impl Interpolate {
    /// The place that the next code goes to: the one that was marked, else the next empty one.
    pub fn marked(&self, settings: &Settings) -> Option<usize> {
        let marked = self.marked.filter(|place| *place < settings.places.len());
        marked.or(settings.next_empty())
    }

    /// Marks a place for the next code, or takes the mark off.
    pub fn mark(&mut self, place: usize) {
        self.marked = (self.marked != Some(place)).then_some(place);
    }

    /// Puts a code into the marked place, or after all others, and shows it: the position is there.
    pub fn add(&mut self, cx: &mut ToolContext<'_, Self>, code: &Expr) {
        let place = self.marked(cx.settings());
        self.marked = None;
        cx.edit(|settings| match place {
            Some(place) => settings.fill(place, code.clone()),
            None => settings.insert(settings.places.len(), code.clone()),
        });
        self.playing = false;
        self.time = cx.settings().time_of(code);
        cx.show(Edit::Expression(code.clone()));
    }

    /// Takes a click on a keyframe: where another place was marked, it goes there too, else the
    /// position goes to it.
    pub fn choose(&mut self, cx: &mut ToolContext<'_, Self>, place: usize, code: &Expr) {
        if self.marked.is_some_and(|marked| marked != place) {
            self.add(cx, code);
            return;
        }
        self.playing = false;
        self.time = cx.settings().time_of(code);
        cx.show(Edit::Expression(code.clone()));
    }

    /// Where on the way, 0..1 of its time.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Which measurement the lengths come from.
    pub fn measured_on(&self) -> Option<u64> {
        self.measured_on
    }

    /// How long the way is in pictures, where it was measured.
    pub fn lengths(&self) -> Option<&ArcLength> {
        self.lengths.as_ref()
    }
}

/// The change of the picture from each place of a set to the next, as the root mean square
/// difference of a pixel, 0..1.
fn changes(set: &PictureSet) -> Vec<f32> {
    let pictures: Vec<_> = set.iter().flatten().collect();
    pictures
        .windows(2)
        .map(|pair| pair[0].difference(pair[1]).unwrap_or(0.0))
        .collect()
}

impl ToolView<'_, Interpolate> {
    /// The change of the picture along the strip of a method, from each picture to the next, as
    /// the root mean square difference of a pixel, 0..1.
    pub fn strip_changes(&self, method: Method) -> Arc<Vec<f32>> {
        let set = self.workspace.pictures.set(strip_key(method));
        let ids = set.iter().flatten().map(|picture| picture.id).collect();
        let [slerp, lerp] = &self.tool.changes;
        let kept = match method {
            Method::Slerp => slerp,
            Method::Lerp => lerp,
        };
        kept.get(ids, || changes(set))
    }
}

impl Interpolate {
    fn used_lengths(&self, settings: &Settings) -> Option<&ArcLength> {
        self.lengths.as_ref().filter(|_| settings.even)
    }

    /// Measures the path when its pictures have come.
    fn measure(&mut self, survey: &PictureSet) {
        let last = survey.iter().flatten().map(|picture| picture.id).max();
        if !survey.is_complete() || last.is_none() || last == self.measured_on {
            return;
        }
        let pictures: Vec<_> = survey.iter().flatten().collect();
        let steps: Vec<f64> = pictures
            .windows(2)
            .map(|pair| step_length(&pair[0].values, &pair[1].values))
            .collect();
        self.lengths = ArcLength::from_steps(&steps);
        self.measured_on = last;
    }

    /// The expression at a moment of the path.
    fn at(&self, settings: &Settings, time: f64) -> Option<Expr> {
        let path = settings.path(settings.method).ok()?;
        let lengths = self.used_lengths(settings);
        let positions = path.frame_positions(FRAMES, settings.easing, lengths);
        let frame = (time.clamp(0.0, 1.0) * (FRAMES - 1) as f64).round() as usize;
        Some(path.at(*positions.get(frame)?))
    }

    /// Stops playing and goes to a moment of the path, 0..1 of its time.
    pub fn scrub(&mut self, cx: &mut ToolContext<'_, Self>, time: f64) {
        self.playing = false;
        self.go_to(cx, time);
    }

    fn go_to(&mut self, cx: &mut ToolContext<'_, Self>, time: f64) {
        self.time = time.clamp(0.0, 1.0);
        if let Some(expression) = self.at(cx.settings(), time) {
            cx.show(Edit::Expression(expression));
        }
    }
}

impl ToolPart for Interpolate {
    const INFO: ToolInfo = ToolInfo {
        word: "Interpolate",
        name: "Interpolate",
        tooltip: "Go from picture to picture, by slerp and by lerp, and play the path",
        icon: Icon::Spline,
        key: Some(Key::Num2),
        question_name: Some(ToolName::Interpolate),
        explained_by: "latent-interpolation",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = &[
        ToolNumber {
            name: POSITION.name,
            numbers: None,
            row: |view, id| {
                let row = Param::new(
                    id.into(),
                    [
                        "Position",
                        "Position on the path",
                        "Where on the path through the keyframes the picture is",
                    ],
                    0.0..=1.0,
                    0.0,
                    view.tool.time as f32,
                );
                Some(row.locked(view.settings.path(view.settings.method).err()))
            },
            set: |tool, cx, _, time| tool.scrub(cx, f64::from(time)),
        },
        ToolNumber {
            name: SECONDS.name,
            numbers: None,
            row: |view, id| {
                Some(Param::new(
                    id.into(),
                    [
                        "Seconds",
                        "Seconds of the path",
                        "Duration of the whole path when it is played",
                    ],
                    SLIDER_SECS,
                    Settings::default().secs,
                    view.settings.secs,
                ))
            },
            set: |_, cx, _, secs| cx.edit(|settings| settings.set_secs(secs)),
        },
    ];

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        why_no_real_codes(model)
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let lengths = view.tool.used_lengths(view.settings);
        view.settings.requests(model, lengths)
    }

    /// The measurement that spreads the pictures.
    fn revision(view: ToolView<'_, Self>) -> [u64; 2] {
        [view.tool.measured_on.unwrap_or(0), 0]
    }

    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, _: &Arc<ModelInfo>) {
        if !cx.is_open() {
            return;
        }
        if cx.settings().even {
            self.measure(cx.workspace.pictures.set(SURVEY));
        } else {
            self.lengths = None;
            self.measured_on = None;
        }
    }

    fn preset(settings: &mut Settings, scene: &Scene) {
        let Some(Preset::Interpolate {
            keyframes,
            method,
            closed,
        }) = &scene.preset
        else {
            return;
        };
        if !keyframes.is_empty() {
            settings.set_keyframes(keyframes.iter().map(|it| it.expr.clone()));
        }
        if let Some(method) = method {
            settings.method = match method {
                AuthorsMethod::Lerp => Method::Lerp,
                AuthorsMethod::Slerp => Method::Slerp,
            };
        }
        settings.closed = closed.unwrap_or(settings.closed);
        settings.sheet = false;
    }

    fn take(&mut self, cx: &mut ToolContext<'_, Self>, code: &Expr) -> bool {
        let has_place = self.marked(cx.settings()).is_some();
        if has_place {
            self.add(cx, code);
        }
        has_place
    }

    fn can_play(view: ToolView<'_, Self>) -> Availability {
        let path = view.settings.path(view.settings.method);
        path.map(|_| ()).map_err(|_| NO_PATH)
    }

    fn is_playing(&self) -> bool {
        self.playing
    }

    /// From the end it starts over.
    fn toggle_play(&mut self) -> bool {
        self.playing = !self.playing;
        if self.playing && self.time >= 1.0 {
            self.time = 0.0;
        }
        true
    }

    fn stop_playing(&mut self) {
        self.playing = false;
    }

    fn advance(&mut self, cx: &mut ToolContext<'_, Self>, dt_secs: f32) {
        let settings = cx.settings();
        let mut time = self.time + step(dt_secs, settings.secs);
        if time >= 1.0 {
            if settings.closed {
                time -= 1.0;
            } else {
                time = 1.0;
                self.playing = false;
            }
        }
        self.go_to(cx, time);
    }
}

/// How much of a way that takes `secs` is gone in the time between two frames.
fn step(dt_secs: f32, secs: f32) -> f64 {
    // A window that was hidden for a minute goes on from where it was; a session file can hold
    // any duration.
    f64::from(dt_secs.clamp(0.0, 0.1) / secs.max(*SECS.start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_goes_on_in_finite_steps_whatever_its_duration() {
        assert_eq!(step(0.1, 2.0), f64::from(0.1_f32 / 2.0));
        for secs in [0.0, -1.0, 1e-30] {
            // Both without a division by zero, and where no time has passed.
            assert_eq!(step(0.1, secs), step(0.1, *SECS.start()), "{secs}");
            assert_eq!(step(0.0, secs), 0.0, "{secs}");
        }
    }

    fn seeds(settings: &Settings) -> Vec<String> {
        let text = |place: &Option<Expr>| place.as_ref().map_or("-".to_owned(), Expr::to_string);
        settings.places.iter().map(text).collect()
    }

    #[test]
    fn keyframes_are_put_in_moved_and_taken_out() {
        let mut settings = Settings::through([3, 9].map(Expr::Seed));
        settings.insert(1, Expr::Seed(5));
        assert_eq!(seeds(&settings), ["seed(3)", "seed(5)", "seed(9)"]);
        settings.insert(3, Expr::Seed(3));
        assert_eq!(seeds(&settings), ["seed(5)", "seed(9)", "seed(3)"]);
        settings.shift(0, true);
        settings.shift(0, false);
        settings.shift(9, true);
        assert_eq!(seeds(&settings), ["seed(9)", "seed(5)", "seed(3)"]);
        settings.remove(1);
        settings.remove(7);
        assert_eq!(seeds(&settings), ["seed(9)", "seed(3)"]);
        for seed in 100..200 {
            settings.insert(0, Expr::Seed(seed));
        }
        assert_eq!(settings.places.len(), MAX_KEYFRAMES);
    }

    #[test]
    fn from_and_to_are_places_that_stay_when_they_are_emptied() {
        let mut settings = Settings::default();
        assert_eq!(seeds(&settings), ["-", "-"]);
        settings.add(Expr::Seed(1));
        assert_eq!(seeds(&settings), ["seed(1)", "-"]);
        assert!(settings.path(Method::Slerp).is_err(), "one is no path");
        settings.add(Expr::Seed(2));
        settings.remove(0);
        assert_eq!(seeds(&settings), ["-", "seed(2)"], "to stays to");
        settings.add(Expr::Seed(3));
        settings.add(Expr::Seed(4));
        assert_eq!(seeds(&settings), ["seed(3)", "seed(2)", "seed(4)"]);
        assert!(settings.corners().is_none());
        let mut emptied = Settings::through([Expr::Seed(1)]);
        emptied.insert(0, Expr::Seed(2));
        assert_eq!(
            seeds(&emptied),
            ["seed(2)", "seed(1)"],
            "the empty one is filled"
        );
    }

    #[test]
    fn settings_of_files_have_two_places_whatever_they_say() {
        let read = |text: &str| -> Settings { serde_json::from_str(text).expect("settings") };
        assert_eq!(seeds(&read("{}")), ["-", "-"]);
        assert_eq!(
            seeds(&read(r#"{"keyframes": ["seed(3)"]}"#)),
            ["seed(3)", "-"]
        );
        let settings = read(r#"{"keyframes": [null, "seed(9)"]}"#);
        assert_eq!(seeds(&settings), ["-", "seed(9)"]);
        let text = serde_json::to_string(&settings).expect("it is JSON");
        assert_eq!(read(&text), settings);
    }
}
