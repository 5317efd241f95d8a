//! Compare: the current expression in two to four panes, each with a model, a psi and a way
//! between codes of its own.
//!
//! The panes go in step: what they show belongs to the same expression, however long each of
//! their models takes. So the next step is asked for when all panes have come to this one.

mod difference;
pub(crate) mod panel;
mod panes;

pub use difference::{Difference, LAID_OVER, difference, difference_picture, difference_pixels};
pub use panes::{Compare, OverlaidPair, Pane, PaneState};

use super::part::why_no_real_codes;
use super::{ToolCommand, ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::param::PSI;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{Availability, CommandInfo, Param, Tool, ToolParam, Workspace};
use crate::engine::{ModelInfo, ModelSource};
use crate::latent::expr::{Expr, Walk};
use crate::latent::path::Method;
use crate::learn::{Preset, Scene, ToolName};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use lucide_icons::Icon;
use panes::{Asked, PaneRequest};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The most panes at once.
pub const MAX_PANES: usize = 4;
/// The picture of each pane.
pub const PANES: [SetKey; MAX_PANES] = [
    SetKey("compare 1"),
    SetKey("compare 2"),
    SetKey("compare 3"),
    SetKey("compare 4"),
];

/// How long blinking may show one of the two pictures. At the shortest there are two and a half
/// flashes in a second: WCAG 2.2 (2.3.1) allows three.
pub const BLINK_SECS: RangeInclusive<f32> = 0.2..=3.0;
/// How many times as strong a difference may be shown.
pub const GAIN: RangeInclusive<f32> = 1.0..=20.0;

/// How long each of two pictures is shown.
pub const SECONDS: ToolParam = ToolParam::new(Tool::Compare, "seconds");
/// How many times as strong the difference is shown.
pub const AMPLIFICATION: ToolParam = ToolParam::new(Tool::Compare, "gain");
const PSI_NAME: &str = "psi";

/// Truncation of a pane after the first, which is pane 0.
pub fn psi_of_pane(pane: usize) -> ToolParam {
    ToolParam::numbered(Tool::Compare, PSI_NAME, pane)
}

/// The commands of the tool: the next mode, showing two in turn, resting on the other of them.
pub const NEXT: &str = "next";
pub const BLINK: &str = "blink";
pub const FLIP: &str = "flip";

/// How the panes are shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All panes beside each other.
    #[default]
    SideBySide,
    /// Two laid over each other, with a divider between them.
    Wipe,
    /// Two in turn at the same place.
    Blink,
    /// The absolute difference of two, pixel by pixel.
    Difference,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::SideBySide, Self::Wipe, Self::Blink, Self::Difference];

    fn next(self) -> Self {
        match self {
            Self::SideBySide => Self::Wipe,
            Self::Wipe => Self::Blink,
            Self::Blink => Self::Difference,
            Self::Difference => Self::SideBySide,
        }
    }
}

/// How a pane differs from the first, which shows the current picture.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PaneSettings {
    /// `None` is the current model, whichever that is.
    pub model: Option<ModelSource>,
    /// What it shows in place of the current picture; `None` follows that.
    pub code: Option<Expr>,
    /// Truncation in place of that of the expression; `None` leaves it.
    pub psi: Option<f32>,
    /// The method of every way between codes in the expression; `None` leaves them.
    pub method: Option<Method>,
}

impl PaneSettings {
    /// The truncation of what it shows, where it leaves that.
    fn psi_left(&self, current: f32) -> f32 {
        let code = self.code.as_ref();
        code.map_or(current, |code| Walk::from_expr(code).psi)
    }

    /// What a pane makes of the current expression.
    pub fn expression(&self, current: &Expr) -> Expr {
        let code = self.code.as_ref().unwrap_or(current);
        let mut expression = match self.method {
            Some(method) => method.everywhere(code),
            None => code.clone(),
        };
        if let Some(psi) = self.psi {
            let mut walk = Walk::from_expr(&expression);
            walk.psi = psi;
            expression = walk.to_expr();
        }
        expression
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub mode: Mode,
    /// The panes after the first.
    pub others: Vec<PaneSettings>,
    /// The two that are wiped, blinked or subtracted, counted from 0.
    pub pair: [usize; 2],
    /// How long blinking shows one of them.
    pub blink_secs: f32,
    /// How many times as strong the difference is shown.
    pub gain: f32,
}

impl Default for Settings {
    fn default() -> Self {
        // The customary truncation: two equal panes would show nothing.
        let truncated = PaneSettings {
            psi: Some(0.7),
            ..PaneSettings::default()
        };
        Self {
            mode: Mode::SideBySide,
            others: vec![truncated],
            pair: [0, 1],
            blink_secs: 0.6,
            gain: 1.0,
        }
    }
}

impl Settings {
    /// How many panes there are: two to four, whatever a file says.
    pub fn panes(&self) -> usize {
        (self.others.len() + 1).clamp(2, MAX_PANES)
    }

    /// The settings of a pane; those of the first change nothing.
    pub fn pane(&self, index: usize) -> PaneSettings {
        let other = index
            .checked_sub(1)
            .and_then(|other| self.others.get(other));
        other.cloned().unwrap_or_default()
    }

    /// The two panes that are laid over each other: two different ones that are there.
    pub fn laid_over(&self) -> [usize; 2] {
        let last = self.panes() - 1;
        let [a, b] = self.pair.map(|index| index.min(last));
        if a == b {
            [0, if a == 0 { 1 } else { a }]
        } else {
            [a, b]
        }
    }

    /// Sets how many panes there are, with the first.
    pub fn set_panes(&mut self, count: usize) {
        let others = count.clamp(2, MAX_PANES) - 1;
        self.others.resize(others, PaneSettings::default());
    }

    /// The settings of a pane after the first, where there is one.
    fn pane_mut(&mut self, index: usize) -> Option<&mut PaneSettings> {
        self.others.get_mut(index.checked_sub(1)?)
    }

    /// Chooses the two that are laid over each other, if they are two.
    pub fn set_pair(&mut self, pair: [usize; 2]) {
        if pair[0] != pair[1] {
            self.pair = pair;
        }
    }

    fn set_blink_secs(&mut self, secs: f32) {
        self.blink_secs = secs.clamp(*BLINK_SECS.start(), *BLINK_SECS.end());
    }

    fn set_gain(&mut self, gain: f32) {
        self.gain = gain.clamp(*GAIN.start(), *GAIN.end());
    }
}

impl ToolView<'_, Compare> {
    /// Which of the two is shown while they blink: 0 or 1.
    pub fn blinked(&self) -> usize {
        let secs = self.settings.blink_secs;
        self.tool.blinked(self.workspace.now_secs, secs)
    }
}

impl Compare {
    /// Sets what a pane after the first shows; a model that is chosen again is tried again.
    pub fn set_pane(cx: &mut ToolContext<'_, Self>, index: usize, new: PaneSettings) {
        if new.model != cx.settings().pane(index).model
            && let Some(source) = &new.model
        {
            cx.workspace.models.try_again(source);
        }
        cx.edit(|settings| {
            if let Some(pane) = settings.pane_mut(index) {
                *pane = new;
            }
        });
    }

    /// Has a pane after the first show a code whatever the current picture is.
    pub fn set_code(cx: &mut ToolContext<'_, Self>, index: usize, code: Expr) {
        cx.edit(|settings| {
            if let Some(pane) = settings.pane_mut(index) {
                pane.code = Some(code);
            }
        });
    }

    fn show_mode(cx: &mut ToolContext<'_, Self>, mode: Mode) {
        cx.edit(|settings| settings.mode = mode);
    }
}

impl ToolPart for Compare {
    const INFO: ToolInfo = ToolInfo {
        word: "Compare",
        name: "Compare",
        tooltip: "See the same expression with other models, truncations and interpolations, side by side or blinking",
        icon: Icon::Columns2,
        key: Some(Key::Num9),
        question_name: Some(ToolName::Compare),
        explained_by: "vae-vs-gan",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = &[
        ToolNumber {
            name: SECONDS.name,
            numbers: None,
            row: |view, id| {
                Some(Param::new(
                    id.into(),
                    [
                        "Seconds",
                        "Seconds of each picture",
                        "How long each of the two is shown",
                    ],
                    BLINK_SECS,
                    Settings::default().blink_secs,
                    view.settings.blink_secs,
                ))
            },
            set: |_, cx, _, secs| cx.edit(|settings| settings.set_blink_secs(secs)),
        },
        ToolNumber {
            name: AMPLIFICATION.name,
            numbers: None,
            row: |view, id| {
                Some(Param::new(
                    id.into(),
                    [
                        "Gain",
                        "Gain of the difference",
                        "Factor by which the shown difference is amplified; the measured values do \
                         not change",
                    ],
                    GAIN,
                    1.0,
                    view.settings.gain,
                ))
            },
            set: |_, cx, _, gain| cx.edit(|settings| settings.set_gain(gain)),
        },
        ToolNumber {
            name: PSI_NAME,
            numbers: Some(1..MAX_PANES),
            row: |view, id| {
                let pane = id.number?;
                let settings = view.settings.pane(pane);
                let left = settings.psi_left(view.workspace.position.psi());
                let row = Param::new(
                    id.into(),
                    [
                        "psi ψ",
                        &format!("Psi of pane {}", pane + 1),
                        "Truncation of this pane; at its default that of its code",
                    ],
                    PSI,
                    left,
                    settings.psi.unwrap_or(left),
                );
                (pane < view.settings.panes()).then_some(row)
            },
            set: |_, cx, pane, value| {
                let current = cx.workspace.position.psi();
                let left = cx.settings().pane(pane).psi_left(current);
                let psi = (value != left).then_some(value);
                cx.edit(|settings| {
                    if let Some(pane) = settings.pane_mut(pane) {
                        pane.psi = psi;
                    }
                });
            },
        },
    ];
    const COMMANDS: &'static [ToolCommand<Self>] = &[
        ToolCommand {
            key: NEXT,
            info: CommandInfo {
                name: "Next comparison mode",
                tooltip: "In Compare, go from side by side to wipe, blink and difference",
                icon: Icon::SquareSplitHorizontal,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::C)),
            },
            run: |_, cx| {
                let mode = cx.settings().mode.next();
                Self::show_mode(cx, mode);
            },
            availability: is_open,
            is_on: |_| None,
        },
        ToolCommand {
            key: BLINK,
            info: CommandInfo {
                name: "Blink",
                tooltip: "In Compare, show two pictures in turn at the same place; again to stop",
                icon: Icon::Zap,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::B)),
            },
            // From another mode it comes to this one.
            run: |tool, cx| {
                let now_secs = cx.workspace.now_secs;
                if cx.settings().mode == Mode::Blink {
                    tool.toggle_blink(now_secs, cx.settings().blink_secs);
                } else {
                    tool.start_blink(now_secs);
                    Self::show_mode(cx, Mode::Blink);
                }
            },
            availability: is_open,
            is_on: |view| Some(view.settings.mode == Mode::Blink && view.tool.is_blinking()),
        },
        ToolCommand {
            key: FLIP,
            info: CommandInfo {
                name: "Show the other picture",
                tooltip: "In Compare, stop blinking and show the other of the two pictures",
                icon: Icon::FlipHorizontal2,
                shortcut: Some(KeyboardShortcut::new(Modifiers::NONE, Key::X)),
            },
            run: |tool, cx| {
                tool.flip(cx.workspace.now_secs, cx.settings().blink_secs);
                if cx.settings().mode != Mode::Blink {
                    Self::show_mode(cx, Mode::Blink);
                }
            },
            availability: is_open,
            is_on: |_| None,
        },
    ];

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        why_no_real_codes(model)
    }

    fn requests(view: ToolView<'_, Self>, _: &ModelInfo) -> Vec<PictureRequest> {
        view.tool.requests()
    }

    /// The step that the panes were asked for.
    fn revision(view: ToolView<'_, Self>) -> [u64; 2] {
        [view.tool.step(), 0]
    }

    /// Takes what has come into the panes, and goes on to the next step when all have come.
    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, current: &Arc<ModelInfo>) {
        if !cx.is_open() || !self.is_here(&cx.workspace.pictures) {
            return;
        }
        let settings = cx.settings().clone();
        self.show(&cx.workspace.pictures, settings.laid_over());
        let panes = (0..settings.panes()).map(|index| settings.pane(index));
        let asked = panes.map(|pane| request_of_pane(cx.workspace, current, &pane));
        self.ask(asked.collect());
    }

    /// When the other picture is due; `None` while nothing blinks, so that a window at rest is
    /// not painted.
    fn due_secs(view: ToolView<'_, Self>) -> Option<f64> {
        let shows = view.settings.mode == Mode::Blink && view.tool.laid_over().is_ok();
        let (now_secs, blink_secs) = (view.workspace.now_secs, view.settings.blink_secs);
        let due = view.tool.blink_due_secs(now_secs, blink_secs);
        due.filter(|_| shows)
    }

    fn preset(settings: &mut Settings, scene: &Scene) {
        if let Some(model) = &scene.beside {
            settings.others = vec![PaneSettings {
                model: Some(ModelSource::Catalogue(model.clone())),
                ..PaneSettings::default()
            }];
        }
        if let Some(Preset::Compare { psi }) = &scene.preset {
            if settings.others.is_empty() {
                settings.others.push(PaneSettings::default());
            }
            if let Some(pane) = settings.others.first_mut() {
                pane.psi = Some(*psi as f32);
            }
        }
    }
}

/// Whether the commands of the tool have something to work on.
fn is_open(view: ToolView<'_, Compare>) -> Availability {
    if view.is_open() {
        Ok(())
    } else {
        Err("Open Compare first")
    }
}

/// What a pane shows of the current expression, or why it cannot.
fn request_of_pane(workspace: &mut Workspace, current: &ModelInfo, pane: &PaneSettings) -> Asked {
    let mut expression = pane.expression(workspace.position.expression());
    let source = pane.model.clone().unwrap_or_else(|| current.source.clone());
    let model = if source == current.source {
        Ok(workspace.models.current().cloned())
    } else {
        workspace.need_model(&source)
    };
    // Another model, or another truncation, may take steps elsewhere in the expression.
    if let Ok(Some(model)) = &model {
        expression = workspace.arranged_for(model, &expression);
    }
    let request = match model {
        Err(why) => PaneRequest::Cannot(why),
        Ok(None) => PaneRequest::Loading,
        Ok(Some(model)) => match workspace.check_for(&model, &expression) {
            Err(error) => PaneRequest::Cannot(error.to_string()),
            Ok(()) => PaneRequest::Picture(model.id.clone()),
        },
    };
    Asked {
        source,
        expression,
        request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::expr::parse;

    fn pane(text: &str, settings: &PaneSettings) -> String {
        settings.expression(&parse(text).unwrap()).to_string()
    }

    #[test]
    fn panes_change_what_they_are_told_to() {
        let plain = PaneSettings::default();
        let text = "truncate(slerp(seed(1), seed(2), 0.5), 0.9) + 1.5*dir(\"z3\")";
        assert_eq!(pane(text, &plain), text);
        let truncated = PaneSettings {
            psi: Some(0.5),
            ..plain.clone()
        };
        assert_eq!(pane(text, &truncated), text.replace("0.9", "0.5"));
        assert_eq!(pane("seed(7)", &truncated), "truncate(seed(7), 0.5)");
        let straight = PaneSettings {
            method: Some(Method::Lerp),
            ..truncated.clone()
        };
        assert_eq!(
            pane(text, &straight),
            text.replace("slerp", "lerp").replace("0.9", "0.5")
        );
        let own = PaneSettings {
            code: Some(Expr::Seed(9)),
            ..truncated
        };
        assert_eq!(pane(text, &own), "truncate(seed(9), 0.5)");
        assert_eq!((own.psi_left(0.9), plain.psi_left(0.9)), (1.0, 0.9));
    }

    #[test]
    fn there_are_two_to_four_panes_and_two_that_differ() {
        let mut settings = Settings::default();
        assert_eq!((settings.panes(), settings.laid_over()), (2, [0, 1]));
        settings.set_panes(9);
        assert_eq!(settings.panes(), MAX_PANES);
        settings.set_pair([3, 1]);
        settings.set_pair([2, 2]);
        assert_eq!(settings.laid_over(), [3, 1]);
        settings.set_panes(0);
        assert_eq!((settings.panes(), settings.laid_over()), (2, [0, 1]));
        let foreign = Settings {
            others: Vec::new(),
            pair: [7, 7],
            ..Settings::default()
        };
        assert_eq!((foreign.panes(), foreign.laid_over()), (2, [0, 1]));
        assert_eq!(foreign.pane(3), PaneSettings::default());
    }

    #[test]
    fn numbers_stay_within_their_ranges() {
        let mut settings = Settings::default();
        settings.set_blink_secs(0.0);
        settings.set_gain(1e9);
        settings.mode = Mode::Difference;
        assert_eq!((settings.blink_secs, settings.gain), (0.2, 20.0));
        let other = PaneSettings {
            model: Some(ModelSource::Catalogue("digits-gan".to_owned())),
            ..PaneSettings::default()
        };
        *settings.pane_mut(1).expect("the second is there") = other.clone();
        assert!(settings.pane_mut(0).is_none() && settings.pane_mut(9).is_none());
        assert_eq!(settings.others, [other]);
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
    }
}
