//! Paint: a brush over the grid of indices that a picture is decoded from.
//!
//! The hazard here is paint that goes round the language. A stroke changes the expression and nothing
//! else: it mixes cells of a grid of one entry, or of another picture, into what was there (see
//! [`painting`](crate::latent::painting)). What grid that was, how it is used and what the model expects at a place is
//! asked of the engine.

mod brush;
mod codebook;
mod numbers;
pub(crate) mod panel;
mod watch;

pub use crate::app::tools::palette::PALETTE;
pub use codebook::Counted;
pub use numbers::{BRUSH_SIZE, ENTRY};
pub use watch::Expected;

use super::{ToolCommand, ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView, palette};
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{Availability, CommandInfo, Derived};
use crate::engine::{Event, JobId, ModelInfo};
use crate::latent::Mask;
use crate::latent::expr::Expr;
use crate::learn::ToolName;
use crate::model::IndexGrid;
use codebook::Counting;
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;
use watch::Watch;

/// Cells along the side of the brush.
pub const SIZES: RangeInclusive<usize> = 1..=8;

/// The picture that cells are taken from.
pub const OTHER: SetKey = SetKey("paint other");

/// The keys of the commands.
pub const ERASE: &str = "erase";
pub const FROM_PICTURE: &str = "from a picture";
pub const PICK: &str = "pick";
pub const SMALLER: &str = "smaller brush";
pub const LARGER: &str = "larger brush";
pub const REMOVE: &str = "remove all paint";

/// What the brush does.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Paints an entry of the codebook.
    #[default]
    Entry,
    /// Copies the cells of another picture.
    Picture,
    /// Takes the paint off.
    Erase,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Entry, Self::Picture, Self::Erase];
}

/// In which order the codebook is shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Number,
    /// Those first that stand most often in the picture.
    Use,
    /// Those first that look most like the entry of the brush.
    Likeness,
}

impl Order {
    pub const ALL: [Self; 3] = [Self::Number, Self::Use, Self::Likeness];
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub mode: Mode,
    /// What the brush paints.
    pub entry: u32,
    /// Cells along the side of the brush.
    size: usize,
    pub order: Order,
    /// The picture that cells are taken from.
    pub from: Expr,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            entry: 0,
            size: 1,
            order: Order::default(),
            from: Expr::Seed(8),
        }
    }
}

impl Settings {
    /// Cells along the side of the brush, whatever a file says.
    pub fn size(&self) -> usize {
        self.size.clamp(*SIZES.start(), *SIZES.end())
    }

    pub fn set_size(&mut self, size: usize) {
        self.size = size.clamp(*SIZES.start(), *SIZES.end());
    }

    /// Turns a mode on, or off where it is on.
    fn toggle(&mut self, mode: Mode) {
        self.mode = match self.mode == mode {
            true => Mode::Entry,
            false => mode,
        };
    }
}

/// What the indices of a grid are called.
#[derive(Debug)]
pub struct Nouns {
    pub one: &'static str,
    pub many: &'static str,
    /// All of them.
    pub all: &'static str,
    /// The number of one in the table of parameters.
    pub number: [&'static str; 3],
}

const ENTRIES: Nouns = Nouns {
    one: "entry",
    many: "entries",
    all: "Codebook",
    number: [
        "Entry",
        "Entry of the brush",
        "The number of the codebook entry that the brush paints",
    ],
};
const LABELS: Nouns = Nouns {
    one: "label",
    many: "labels",
    all: "Labels",
    number: [
        "Label",
        "Label of the brush",
        "The number of the label that the brush paints",
    ],
};

/// What is known of the picture and the codebook; no part of undo.
#[derive(Default, Debug)]
pub struct Paint {
    watch: Watch,
    counting: Counting,
    /// Whether the next click takes the entry under it.
    picks: bool,
    painted: Derived<(Expr, IndexGrid), Mask>,
}

impl Paint {
    /// Whether the next click takes the entry under it.
    pub fn picks(&self) -> bool {
        self.picks
    }
}

impl ToolView<'_, Paint> {
    /// The grids of the model; `None` where it has none.
    pub fn grid(&self) -> Option<IndexGrid> {
        self.workspace.model()?.manifest.grid()
    }

    /// The entry of the brush, one of the codebook whatever a file says.
    pub fn entry(&self) -> u32 {
        let levels = self.grid().map_or(1, |grid| grid.levels);
        self.settings.entry.min(levels.saturating_sub(1))
    }

    /// The indices of the picture; while a newer one is on its way, those of the one before.
    pub fn indices(&self) -> Option<&Arc<[u32]>> {
        self.tool.watch.indices()
    }

    /// Why they are not known.
    pub fn failure(&self) -> Option<&str> {
        self.tool.watch.failure()
    }

    /// What the model expects at the place that is looked at.
    pub fn expected(&self) -> Option<&Expected> {
        self.tool.watch.expected()
    }

    /// The place that is looked at.
    pub fn place(&self) -> Option<usize> {
        let place = self.tool.watch.place()?;
        (place < self.grid()?.places()).then_some(place)
    }

    /// The last count over many seeds.
    pub fn counted(&self) -> Option<&Counted> {
        let model = self.workspace.model()?;
        self.tool.counting.counted(&model.id)
    }

    /// How far a count is, in seeds of seeds.
    pub fn counting(&self) -> Option<[usize; 2]> {
        self.tool.counting.progress()
    }

    /// Why the last count came to nothing.
    pub fn counting_failure(&self) -> Option<&str> {
        self.tool.counting.failure()
    }

    /// What its entries are: labels where they have names, entries of a codebook where they have none.
    pub fn nouns(&self) -> &'static Nouns {
        let model = self.workspace.model();
        match model.is_some_and(|model| !model.manifest.entries.is_empty()) {
            true => &LABELS,
            false => &ENTRIES,
        }
    }

    /// What an entry is called: its name, or its number.
    pub fn name_of(&self, index: u32) -> Cow<'_, str> {
        let model = self.workspace.model();
        let entries = model.map_or(&[][..], |model| &model.manifest.entries);
        match entries.get(index as usize) {
            Some(entry) => Cow::Borrowed(&entry.name),
            None => Cow::Owned(format!("entry {index}")),
        }
    }
}

type Cx<'a> = ToolContext<'a, Paint>;

impl Paint {
    /// Looks at a place of the grid.
    pub fn look_at(&mut self, place: usize) {
        self.watch.look_at(place);
    }

    /// Has the entries of many seeds counted.
    pub fn count(&mut self, cx: &mut Cx<'_>) {
        self.counting.begin(cx);
    }

    pub fn stop_counting(&mut self, cx: &Cx<'_>) {
        self.counting.stop(cx);
    }
}

impl ToolPart for Paint {
    const INFO: ToolInfo = ToolInfo {
        word: "Paint",
        name: "Paint",
        tooltip: "Paint the codebook entries or labels that a picture is decoded from, and see how they are used",
        icon: Icon::Brush,
        key: Some(Key::D),
        question_name: Some(ToolName::Paint),
        explained_by: "vq-vae",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = numbers::ALL;
    const COMMANDS: &'static [ToolCommand<Self>] = &[
        ToolCommand {
            key: ERASE,
            info: CommandInfo {
                name: "Erase paint",
                tooltip: "In Paint, let the brush bring back what was there before",
                icon: Icon::Eraser,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::E)),
            },
            run: |_, cx| cx.edit(|settings| settings.toggle(Mode::Erase)),
            availability: can_paint,
            is_on: |view| Some(view.settings.mode == Mode::Erase),
        },
        ToolCommand {
            key: FROM_PICTURE,
            info: CommandInfo {
                name: "Copy from a picture",
                tooltip: "In Paint, let the brush copy the cells of another picture",
                icon: Icon::Copy,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::T)),
            },
            run: |_, cx| cx.edit(|settings| settings.toggle(Mode::Picture)),
            availability: can_paint,
            is_on: |view| Some(view.settings.mode == Mode::Picture),
        },
        ToolCommand {
            key: PICK,
            info: CommandInfo {
                name: "Pick an entry",
                tooltip: "In Paint, take what stands in the next cell that is clicked; Alt+click does the same",
                icon: Icon::Pipette,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::I)),
            },
            run: |tool, _| tool.picks = !tool.picks,
            availability: can_paint,
            is_on: |view| Some(view.tool.picks),
        },
        ToolCommand {
            key: SMALLER,
            info: CommandInfo {
                name: "Smaller brush",
                tooltip: "In Paint, make the brush a cell smaller",
                icon: Icon::Minus,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::OpenBracket)),
            },
            run: |_, cx| cx.edit(|settings| settings.set_size(settings.size() - 1)),
            availability: |view| match view.settings.size() == *SIZES.start() {
                true => Err("The brush is one cell wide"),
                false => can_paint(view),
            },
            is_on: |_| None,
        },
        ToolCommand {
            key: LARGER,
            info: CommandInfo {
                name: "Larger brush",
                tooltip: "In Paint, make the brush a cell larger",
                icon: Icon::Plus,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::CloseBracket)),
            },
            run: |_, cx| cx.edit(|settings| settings.set_size(settings.size() + 1)),
            availability: |view| match view.settings.size() == *SIZES.end() {
                true => Err("The brush is as large as it can be"),
                false => can_paint(view),
            },
            is_on: |_| None,
        },
        ToolCommand {
            key: REMOVE,
            info: CommandInfo {
                name: "Remove all paint",
                tooltip: "In Paint, bring back the picture as it was before painting",
                icon: Icon::BrushCleaning,
                shortcut: None,
            },
            run: |tool, cx| tool.remove_all(cx),
            availability: |view| {
                can_paint(view)?;
                match view.painted().is_empty() {
                    true => Err("Nothing is painted"),
                    false => Ok(()),
                }
            },
            is_on: |_| None,
        },
    ];

    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        if !cx.is_open() || model.manifest.grid().is_none() {
            self.picks = false;
            return;
        }
        self.watch.follow(cx, model);
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let Some(grid) = model.manifest.grid() else {
            return Vec::new();
        };
        let mut requests = Vec::new();
        if view.settings.mode == Mode::Picture {
            requests.push(PictureRequest::new(OTHER, model, [view.other()]));
        }
        requests.extend(palette::request(model, grid));
        requests
    }

    fn take(&mut self, cx: &mut ToolContext<'_, Self>, code: &Expr) -> bool {
        let takes = cx.settings().mode == Mode::Picture && cx.view(self).grid().is_some();
        if takes {
            let code = code.clone();
            cx.edit(|settings| settings.from = code);
        }
        takes
    }

    fn on_event(&mut self, _: &mut ToolContext<'_, Self>, event: Event) {
        match event {
            Event::Grids { job, grids } => match self.counting.is_of(job) {
                true => self.counting.on_grids(job, &grids),
                false => self.watch.on_grids(job, &grids),
            },
            Event::Expected { job, probabilities } => self.watch.on_expected(job, probabilities),
            Event::Progress { job, done, total } => self.counting.on_progress(job, [done, total]),
            _ => {}
        }
    }

    fn on_job_end(&mut self, _: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        self.watch.on_end(job, failure);
        self.counting.on_end(job, failure);
    }
}

/// Whether there is a grid to paint on.
fn can_paint(view: ToolView<'_, Paint>) -> Availability {
    match (view.is_open(), view.grid()) {
        (false, _) => Err("Open Paint first"),
        (true, None) => Err("The codes of this model are not a grid of indices"),
        (true, Some(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_file_stay_in_their_ranges() {
        let read: Settings =
            serde_json::from_str(r#"{"size":99,"from":"seed(3)","mode":"erase"}"#).unwrap();
        assert_eq!((read.size(), read.mode), (8, Mode::Erase));
        assert_eq!(read.from, Expr::Seed(3));
        let mut settings = Settings::default();
        settings.set_size(0);
        assert_eq!(settings.size(), 1);
        settings.toggle(Mode::Picture);
        settings.toggle(Mode::Erase);
        assert_eq!(settings.mode, Mode::Erase);
        settings.toggle(Mode::Erase);
        assert_eq!(settings.mode, Mode::Entry);
    }
}
