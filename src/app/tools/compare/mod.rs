//! Compare: the current expression in two to four panes, each with a model, a psi and a way
//! between codes of its own.
//!
//! The panes go in step: what they show belongs to the same expression, however long each of
//! their models takes. So the next step is asked for when all panes have come to this one.

mod difference;
mod panes;

pub use difference::{Difference, LAID_OVER, difference, difference_pixels};
pub use panes::{LaidOver, Live, Pane, PaneState};

use crate::app::pictures::{SetKey, Want};
use crate::app::{Desk, Tool};
use crate::engine::{ModelInfo, ModelSource};
use crate::latent::expr::{Expr, Walk};
use crate::latent::path::Method;
use panes::{Asked, PaneRequest};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

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
    /// Truncation in place of that of the expression; `None` leaves it.
    pub psi: Option<f32>,
    /// The method of every way between codes in the expression; `None` leaves them.
    pub method: Option<Method>,
}

impl PaneSettings {
    /// What a pane makes of the current expression.
    pub fn expression(&self, current: &Expr) -> Expr {
        let mut expression = match self.method {
            Some(method) => method.everywhere(current),
            None => current.clone(),
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

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    Mode(Mode),
    /// How many panes there are, with the first.
    Panes(usize),
    /// The settings of a pane after the first, which is pane 0.
    Pane(usize, PaneSettings),
    /// The two that are laid over each other.
    Pair([usize; 2]),
    BlinkSecs(f32),
    Gain(f32),
    Reset,
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

    pub(super) fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Mode(mode) => self.mode = mode,
            Edit::Panes(count) => {
                let others = count.clamp(2, MAX_PANES) - 1;
                self.others.resize(others, PaneSettings::default());
            }
            Edit::Pane(index, settings) => {
                let other = index.checked_sub(1);
                if let Some(pane) = other.and_then(|other| self.others.get_mut(other)) {
                    *pane = settings;
                }
            }
            Edit::Pair([a, b]) if a == b => {}
            Edit::Pair(pair) => self.pair = pair,
            Edit::BlinkSecs(secs) => {
                self.blink_secs = secs.clamp(*BLINK_SECS.start(), *BLINK_SECS.end());
            }
            Edit::Gain(gain) => self.gain = gain.clamp(*GAIN.start(), *GAIN.end()),
            Edit::Reset => *self = Self::default(),
        }
    }
}

impl Desk {
    /// Applies an edit; a model that is chosen again is tried again.
    pub(super) fn edit_compare(&mut self, edit: Edit) {
        if let Edit::Pane(index, new) = &edit
            && new.model != self.tools.settings.compare.pane(*index).model
            && let Some(source) = &new.model
        {
            self.workspace.models.try_again(source);
        }
        self.tools.settings_mut().compare.apply(edit);
    }

    /// Takes what has come into the panes, and goes on to the next step when all have come.
    pub(super) fn follow_compare(&mut self, current: &ModelInfo) {
        if !self.tools.compare.is_here(&self.workspace.pictures) {
            return;
        }
        let settings = std::sync::Arc::clone(&self.tools.settings);
        let pair = settings.compare.laid_over();
        self.tools.compare.show(&self.workspace.pictures, pair);
        let asked = (0..settings.compare.panes())
            .map(|index| self.request_of_pane(current, &settings.compare.pane(index)))
            .collect();
        self.tools.compare.ask(asked);
    }

    /// What a pane shows of the current expression, or why it cannot.
    fn request_of_pane(&mut self, current: &ModelInfo, pane: &PaneSettings) -> Asked {
        let mut expression = pane.expression(self.workspace.position.expression());
        let source = pane.model.clone().unwrap_or_else(|| current.source.clone());
        let model = if source == current.source {
            Ok(self.workspace.models.current().cloned())
        } else {
            self.workspace.need_model(&source)
        };
        // Another model, or another truncation, may take steps elsewhere in the expression.
        if let Ok(Some(model)) = &model {
            expression = self.workspace.arranged_for(model, &expression);
        }
        let request = match model {
            Err(why) => PaneRequest::Cannot(why),
            Ok(None) => PaneRequest::Loading,
            Ok(Some(model)) => match self.workspace.check_for(&model, &expression) {
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

    pub(super) fn compare_wants(&self) -> Vec<Want> {
        self.tools.compare.wants()
    }

    /// The next way of showing the panes.
    pub(in crate::app) fn next_comparison(&mut self) {
        let mode = self.tools.settings.compare.mode.next();
        self.edit_tool(super::ToolEdit::Compare(Edit::Mode(mode)));
    }

    /// Starts or stops blinking; from another way of showing it comes to this one.
    pub(in crate::app) fn toggle_blink(&mut self) {
        let (settings, now_secs) = (&self.tools.settings.compare, self.workspace.now_secs);
        if settings.mode == Mode::Blink {
            self.tools
                .compare
                .toggle_blink(now_secs, settings.blink_secs);
            return;
        }
        self.tools.compare.start_blink(now_secs);
        self.edit_tool(super::ToolEdit::Compare(Edit::Mode(Mode::Blink)));
    }

    /// Rests on the other of the two pictures.
    pub(in crate::app) fn flip_comparison(&mut self) {
        let secs = self.tools.settings.compare.blink_secs;
        self.tools.compare.flip(self.workspace.now_secs, secs);
        if self.tools.settings.compare.mode != Mode::Blink {
            self.edit_tool(super::ToolEdit::Compare(Edit::Mode(Mode::Blink)));
        }
    }

    /// Which of the two is shown while they blink: 0 or 1.
    pub fn blinked(&self) -> usize {
        let secs = self.tools.settings.compare.blink_secs;
        self.tools.compare.blinked(self.workspace.now_secs, secs)
    }

    /// In how many seconds the other picture is due; `None` while nothing blinks, so that a
    /// window at rest is not painted.
    pub(in crate::app) fn blink_due_secs(&self) -> Option<f64> {
        let settings = &self.tools.settings.compare;
        let shows = self.tools.open == Tool::Compare
            && settings.mode == Mode::Blink
            && !self.workspace.modes.picture_only
            && self.tools.compare.laid_over().is_ok();
        let due = self
            .tools
            .compare
            .blink_due_secs(self.workspace.now_secs, settings.blink_secs);
        due.filter(|_| shows)
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
            ..truncated
        };
        assert_eq!(
            pane(text, &straight),
            text.replace("slerp", "lerp").replace("0.9", "0.5")
        );
    }

    #[test]
    fn there_are_two_to_four_panes_and_two_that_differ() {
        let mut settings = Settings::default();
        assert_eq!((settings.panes(), settings.laid_over()), (2, [0, 1]));
        settings.apply(Edit::Panes(9));
        assert_eq!(settings.panes(), MAX_PANES);
        settings.apply(Edit::Pair([3, 1]));
        settings.apply(Edit::Pair([2, 2]));
        assert_eq!(settings.laid_over(), [3, 1]);
        settings.apply(Edit::Panes(0));
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
    fn numbers_stay_within_their_ranges_and_reset_takes_all_back() {
        let mut settings = Settings::default();
        settings.apply(Edit::BlinkSecs(0.0));
        settings.apply(Edit::Gain(1e9));
        settings.apply(Edit::Mode(Mode::Difference));
        assert_eq!((settings.blink_secs, settings.gain), (0.2, 20.0));
        let other = PaneSettings {
            model: Some(ModelSource::Catalogue("digits-gan".to_owned())),
            ..PaneSettings::default()
        };
        settings.apply(Edit::Pane(1, other.clone()));
        settings.apply(Edit::Pane(0, other.clone()));
        settings.apply(Edit::Pane(9, other.clone()));
        assert_eq!(settings.others, [other]);
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
        settings.apply(Edit::Reset);
        assert_eq!(settings, Settings::default());
    }
}
