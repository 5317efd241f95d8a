//! Seeds: a wall of pictures, one for each of many seeds, as the current sliders, truncation and
//! conditions draw them.
//!
//! One picture says little about a model. A wall shows variety at a glance, what truncation takes of
//! it, and the classes that never come.

pub(crate) mod panel;

use super::{ToolCommand, ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::param::{PSI, Scale};
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{CommandInfo, Edit, Param, Tool, ToolParam};
use crate::engine::{Event, Job, JobId, ModelInfo};
use crate::latent::expr::Expr;
use crate::latent::{Condition, Shot, VocabularyKind};
use crate::learn::ToolName;
use crate::model::manifest::LabelKind;
use crate::model::measurement::{Judgement, Measurement};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The walls: that of the current truncation, and the one beside it.
pub const WALLS: [SetKey; 2] = [SetKey("wall of seeds"), SetKey("wall of seeds beside")];

/// Pictures along each side of a wall.
pub const ACROSS: ToolParam = ToolParam::new(Tool::Seeds, "across");
/// The truncation of the wall beside.
pub const BESIDE: ToolParam = ToolParam::new(Tool::Seeds, "psi");
const ACROSS_RANGE: RangeInclusive<f32> = 2.0..=12.0;
/// Rows of a wall with a row for each class.
const MOST_ROWS: usize = 24;
/// The customary truncation.
const USUAL_PSI: f32 = 0.7;

/// The keys of the commands.
pub const NEXT_WALL: &str = "next";
pub const PREVIOUS_WALL: &str = "previous";

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The seed at the top left.
    pub first_seed: u32,
    /// Pictures along each side of a wall.
    pub across: usize,
    /// The truncation psi of a second wall of the same seeds; without one there is no second wall.
    pub beside: Option<f32>,
    /// Whether every row has the same seeds and asks for another class, where the model takes any.
    pub by_class: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_seed: 0,
            across: 6,
            beside: None,
            by_class: false,
        }
    }
}

impl Settings {
    /// Pictures along each side, whatever a file says.
    pub fn side(&self) -> usize {
        let [least, most] = [ACROSS_RANGE.start(), ACROSS_RANGE.end()].map(|end| *end as usize);
        self.across.clamp(least, most)
    }

    /// Seeds of a wall.
    pub fn count(&self) -> u32 {
        (self.side() * self.side()) as u32
    }

    /// The seeds, row after row. After the largest there are none.
    pub fn seeds(&self) -> impl Iterator<Item = u32> {
        (0..self.count()).map_while(|place| self.first_seed.checked_add(place))
    }

    /// Shows the seeds after these, or those before.
    fn turn(&mut self, forward: bool) {
        let count = self.count();
        self.first_seed = match forward {
            true => self.first_seed.checked_add(count).unwrap_or(0),
            false => self.first_seed.saturating_sub(count),
        };
    }
}

/// One picture of a wall.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    pub name: String,
    pub expression: Expr,
}

/// How often the judge sees each label on a wall.
#[derive(Clone, PartialEq, Debug)]
pub struct Counted {
    /// What was counted.
    shots: Vec<Shot>,
    pub kind: LabelKind,
    /// Labels with the number of pictures that have each, in the order of the judge.
    pub labels: Vec<(String, usize)>,
    pub pictures: usize,
}

impl Counted {
    fn new(shots: Vec<Shot>, measurements: &[Measurement]) -> Option<Self> {
        let judged: Vec<&Judgement> = measurements
            .iter()
            .filter_map(|it| it.judged.as_ref())
            .collect();
        let first = judged.first()?;
        let has = |judgement: &Judgement, label: usize| match judgement.class() {
            Some((class, _)) => class == label,
            None => judgement
                .probabilities
                .get(label)
                .is_some_and(|it| *it > 0.5),
        };
        let labels = first.labels.iter().enumerate().map(|(label, name)| {
            let pictures = judged.iter().filter(|judgement| has(judgement, label));
            (name.clone(), pictures.count())
        });
        Some(Self {
            kind: first.kind,
            labels: labels.collect(),
            pictures: judged.len(),
            shots,
        })
    }
}

/// What is counted, and the last count; no part of undo.
#[derive(Default, Debug)]
pub struct Seeds {
    running: Option<(JobId, Vec<Shot>)>,
    progress: [usize; 2],
    counted: Option<Counted>,
    failure: Option<String>,
}

impl ToolView<'_, Seeds> {
    /// What each row asks for, where rows differ in that.
    pub fn rows(&self) -> Option<Vec<String>> {
        let model = self.workspace.model()?;
        let words = &model.manifest.conditions.as_ref()?.words;
        let rows = || words.iter().take(MOST_ROWS).cloned().collect();
        self.settings.by_class.then(rows)
    }

    /// The places of a wall, row after row: with the truncation of the picture, or with that of the
    /// wall beside.
    pub fn wall(&self, beside: Option<f32>) -> Vec<Place> {
        let place = |seed: u32, word: Option<&String>| {
            let given = word.map(|word| {
                let mut given = self.workspace.position.given().clone();
                if self.asks_for_one() {
                    given = Condition::default();
                }
                given.set(word, 1.0);
                Edit::Given(given)
            });
            let edits = [Some(Edit::Seed(seed)), given, beside.map(Edit::Psi)];
            let mut name = format!("Seed {seed}");
            if let Some(word) = word {
                name += &format!(" as {word}");
            }
            if beside.is_some() {
                name += " beside";
            }
            Place {
                name,
                expression: self.workspace.edited_by(edits.into_iter().flatten()),
            }
        };
        match self.rows() {
            None => self
                .settings
                .seeds()
                .map(|seed| place(seed, None))
                .collect(),
            Some(words) => {
                let seeds: Vec<u32> = self.settings.seeds().take(self.settings.side()).collect();
                let rows = words.iter();
                rows.flat_map(|word| seeds.iter().map(|&seed| place(seed, Some(word))))
                    .collect()
            }
        }
    }

    /// Whether a picture is asked for one word alone.
    fn asks_for_one(&self) -> bool {
        let model = self.workspace.model();
        let conditions = model.and_then(|model| model.manifest.conditions.as_ref());
        conditions.is_some_and(|words| words.kind == VocabularyKind::Classes)
    }

    fn shots(&self, model: &ModelInfo) -> Vec<Shot> {
        let all = self.wall(None).into_iter();
        all.map(|place| self.workspace.shot(&model.id, place.expression))
            .collect()
    }

    /// The count of the first wall, if it is that of what is shown.
    pub fn counted(&self) -> Option<&Counted> {
        let counted = self.tool.counted.as_ref()?;
        let model = self.workspace.models.current()?;
        (counted.shots == self.shots(model)).then_some(counted)
    }

    /// How far a count under way is, in pictures of pictures.
    pub fn progress(&self) -> Option<[usize; 2]> {
        self.tool.running.as_ref().map(|_| self.tool.progress)
    }

    /// Why the last count came to nothing.
    pub fn failure(&self) -> Option<&str> {
        self.tool.failure.as_deref()
    }
}

type Cx<'a> = ToolContext<'a, Seeds>;

impl Seeds {
    /// Has the judge look at every picture of the first wall.
    pub fn count(&mut self, cx: &mut Cx<'_>) {
        let Some(model) = cx.workspace.models.current().cloned() else {
            return;
        };
        self.stop_counting(cx);
        let shots = cx.view(self).shots(&model);
        let job = cx.submit(Job::Examine {
            shots: shots.clone(),
            names: Arc::clone(&cx.workspace.names),
        });
        self.failure = None;
        self.progress = [0, shots.len()];
        self.running = Some((job, shots));
    }

    pub fn stop_counting(&mut self, cx: &Cx<'_>) {
        if let Some((job, _)) = self.running.take() {
            cx.workspace.engine.cancel(job);
        }
    }
}

impl ToolPart for Seeds {
    const INFO: ToolInfo = ToolInfo {
        word: "Seeds",
        name: "Seeds",
        tooltip: "A wall of seeds: variety at a glance, and what truncation takes of it",
        icon: Icon::Grid3x3,
        key: Some(Key::W),
        question_name: Some(ToolName::Seeds),
        explained_by: "quality-vs-diversity",
    };
    const SHOWS_SOURCES: bool = false;
    const NUMBERS: &'static [ToolNumber<Self>] = &[
        ToolNumber {
            name: ACROSS.name,
            numbers: None,
            row: |view, id| {
                let row = Param::new(
                    id.into(),
                    [
                        "Across",
                        "Pictures across",
                        "Pictures along each side of the wall",
                    ],
                    ACROSS_RANGE,
                    Settings::default().across as f32,
                    view.settings.side() as f32,
                );
                Some(row.scaled(Scale::Whole))
            },
            set: |_, cx, _, across| {
                let [least, most] = [*ACROSS_RANGE.start(), *ACROSS_RANGE.end()];
                cx.edit(|settings| settings.across = across.round().clamp(least, most) as usize);
            },
        },
        ToolNumber {
            name: BESIDE.name,
            numbers: None,
            row: |view, id| {
                let psi = view.settings.beside?;
                Some(Param::new(
                    id.into(),
                    [
                        "psi",
                        "psi of the wall beside",
                        "Truncation of the second wall; the first has that of the picture",
                    ],
                    PSI,
                    USUAL_PSI,
                    psi,
                ))
            },
            set: |_, cx, _, psi| {
                cx.edit(|settings| settings.beside = settings.beside.map(|_| psi));
            },
        },
    ];
    const COMMANDS: &'static [ToolCommand<Self>] = &[
        ToolCommand {
            key: NEXT_WALL,
            info: CommandInfo {
                name: "Next wall of seeds",
                tooltip: "In Seeds, show the seeds after these",
                icon: Icon::ChevronRight,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::N)),
            },
            run: |_, cx| cx.edit(|settings| settings.turn(true)),
            availability: |view| match view.is_open() {
                true => Ok(()),
                false => Err("Open the tool Seeds first"),
            },
            is_on: |_| None,
        },
        ToolCommand {
            key: PREVIOUS_WALL,
            info: CommandInfo {
                name: "Previous wall of seeds",
                tooltip: "In Seeds, show the seeds before these",
                icon: Icon::ChevronLeft,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::P)),
            },
            run: |_, cx| cx.edit(|settings| settings.turn(false)),
            availability: |view| match (view.is_open(), view.settings.first_seed) {
                (false, _) => Err("Open the tool Seeds first"),
                (true, 0) => Err("These are the first seeds"),
                (true, _) => Ok(()),
            },
            is_on: |_| None,
        },
    ];

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let wall = |beside| view.wall(beside).into_iter().map(|place| place.expression);
        let beside = view.settings.beside;
        vec![
            PictureRequest::new(WALLS[0], model, wall(None)),
            PictureRequest::new(
                WALLS[1],
                model,
                beside.into_iter().flat_map(|psi| wall(Some(psi))),
            ),
        ]
    }

    fn on_event(&mut self, _: &mut ToolContext<'_, Self>, event: Event) {
        match event {
            Event::Examined { job, measurements } => {
                let Some((_, shots)) = self.running.take_if(|(of, _)| *of == job) else {
                    return;
                };
                self.counted = Counted::new(shots, &measurements);
                if self.counted.is_none() {
                    let why = "No judge knows the data of this model";
                    self.failure = Some(why.to_owned());
                }
            }
            Event::Progress { job, done, total }
                if self.running.as_ref().is_some_and(|(of, _)| *of == job) =>
            {
                self.progress = [done, total];
            }
            _ => {}
        }
    }

    fn on_job_end(&mut self, _: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        if self.running.take_if(|(of, _)| *of == job).is_some() {
            self.failure = failure.map(str::to_owned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_follow_one_another_and_end_with_the_largest_seed() {
        let mut settings = Settings {
            across: 3,
            ..Settings::default()
        };
        settings.turn(true);
        assert_eq!(
            settings.seeds().collect::<Vec<_>>(),
            (9..18).collect::<Vec<_>>()
        );
        settings.turn(false);
        settings.turn(false);
        assert_eq!(settings.first_seed, 0);
        settings.first_seed = u32::MAX - 1;
        assert_eq!(settings.seeds().count(), 2);
        settings.turn(true);
        assert_eq!(settings.first_seed, 0);
        // A file may say anything.
        settings.across = usize::MAX;
        assert_eq!(settings.count(), 144);
    }

    #[test]
    fn labels_are_counted_as_they_exclude_one_another_or_not() {
        let judged = |kind, probabilities: &[f32]| Measurement {
            code: crate::latent::Code::vector(crate::latent::Space::Z, vec![0.0]),
            image: crate::model::manifest::ImageSpec {
                channels: 1,
                height: 1,
                width: 1,
            },
            picture: vec![0.0],
            judged: Some(Judgement {
                kind,
                labels: ["a", "b"].map(str::to_owned).into(),
                probabilities: probabilities.to_vec(),
            }),
            reconstruction_mse: None,
            bits_per_dimension: None,
            nearest: None,
        };
        let counts = |kind| {
            let all = [judged(kind, &[0.9, 0.6]), judged(kind, &[0.1, 0.3])];
            let counted = Counted::new(Vec::new(), &all).expect("both are judged");
            [counted.labels[0].1, counted.labels[1].1]
        };
        assert_eq!(counts(LabelKind::Classes), [1, 1]);
        assert_eq!(counts(LabelKind::Flags), [1, 1]);
        let both = [judged(LabelKind::Flags, &[0.9, 0.8])];
        let counted = Counted::new(Vec::new(), &both).expect("it is judged");
        assert_eq!(counted.labels, [("a".to_owned(), 1), ("b".to_owned(), 1)]);
        let blind = Measurement {
            judged: None,
            ..judged(LabelKind::Flags, &[])
        };
        assert_eq!(Counted::new(Vec::new(), &[blind]), None);
    }
}
