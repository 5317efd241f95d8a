//! The same noise under several samplers, side by side.

use super::Sample;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::tools::ToolContext;
use crate::app::tools::compare::{Difference, difference, difference_picture};
use crate::app::{DecodedPicture, Workspace};
use crate::engine::ModelInfo;
use crate::latent::sampling::{Method, Schedule};
use crate::latent::{Sampler, SamplerPart};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The most panes at once.
pub const MAX_PANES: usize = 4;
/// How many times as strong a difference may be shown.
pub const GAIN: RangeInclusive<f32> = 1.0..=20.0;

/// The picture of each pane.
pub const PANES: [SetKey; MAX_PANES] = [
    SetKey("sample 1"),
    SetKey("sample 2"),
    SetKey("sample 3"),
    SetKey("sample 4"),
];

/// How a pane differs from the first, which is drawn as the current picture; `None` is as that.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PaneSettings {
    pub method: Option<Method>,
    pub steps: Option<usize>,
    pub schedule: Option<Schedule>,
    pub eta: Option<f32>,
    pub guidance: Option<f32>,
    pub judge: Option<f32>,
    pub temperature: Option<f32>,
}

impl PaneSettings {
    /// The settings of a pane beside those of the current picture.
    pub fn part(&self, current: &SamplerPart) -> SamplerPart {
        let method = self.method.unwrap_or(current.method);
        // An eta of another method says nothing of this one.
        let eta = match self.method.is_none_or(|it| it == current.method) {
            true => self.eta.or(current.eta),
            false => self.eta,
        };
        SamplerPart {
            method,
            steps: self.steps.unwrap_or(current.steps),
            schedule: self.schedule.or(current.schedule),
            eta: eta.filter(|_| method.takes_eta()),
            guidance: self.guidance.unwrap_or(current.guidance),
            judge: self.judge.unwrap_or(current.judge),
            temperature: self.temperature.unwrap_or(current.temperature),
        }
    }

    /// What a pane is drawn with: another way is one without turns.
    pub fn sampler(&self, current: &Sampler) -> Sampler {
        if *self == Self::default() {
            return *current;
        }
        Sampler::of_part(current.noise, self.part(&current.first_part()))
    }
}

/// What is set for the panes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SideSettings {
    /// The panes after the first.
    pub others: Vec<PaneSettings>,
    /// Whether the panes after the first show how far they are from it, pixel by pixel.
    pub shows_difference: bool,
    /// How many times as strong.
    pub gain: f32,
}

impl Default for SideSettings {
    fn default() -> Self {
        // Few steps beside many: two equal panes would show nothing.
        let few = PaneSettings {
            steps: Some(5),
            ..PaneSettings::default()
        };
        Self {
            others: vec![few],
            shows_difference: false,
            gain: 1.0,
        }
    }
}

impl SideSettings {
    /// How many panes there are: two to four, whatever a file says.
    pub fn panes(&self) -> usize {
        (self.others.len() + 1).clamp(2, MAX_PANES)
    }

    /// The settings of a pane; those of the first change nothing.
    pub fn pane(&self, index: usize) -> PaneSettings {
        let other = index
            .checked_sub(1)
            .and_then(|other| self.others.get(other));
        other.copied().unwrap_or_default()
    }

    /// Sets how many panes there are, with the first.
    pub fn set_panes(&mut self, count: usize) {
        let others = count.clamp(2, MAX_PANES) - 1;
        self.others.resize(others, PaneSettings::default());
    }

    /// The settings of a pane after the first, where there is one.
    pub fn pane_mut(&mut self, index: usize) -> Option<&mut PaneSettings> {
        // A file may say that there are fewer than are shown.
        if (1..self.panes()).contains(&index) && self.others.len() < index {
            self.others.resize(index, PaneSettings::default());
        }
        self.others.get_mut(index.checked_sub(1)?)
    }

    pub(super) fn set_gain(&mut self, gain: f32) {
        self.gain = gain.clamp(*GAIN.start(), *GAIN.end());
    }
}

/// What one pane shows.
#[derive(Clone, Debug)]
pub struct SidePane {
    pub sampler: Sampler,
    pub picture: Option<Arc<DecodedPicture>>,
    /// One sentence on why there is no picture.
    pub failure: Option<String>,
    /// How far it is from the first pane; `None` for the first.
    pub difference: Option<Difference>,
    /// The root of the mean squared difference.
    pub distance: Option<f32>,
    /// The difference as a picture, where it is asked for.
    pub apart: Option<Arc<DecodedPicture>>,
}

/// What the panes show; no part of undo.
#[derive(Default, Debug)]
pub struct Side {
    shown: Vec<SidePane>,
    /// What was measured last: the pictures and how strong their difference is shown.
    measured: Option<(Vec<Option<u64>>, Option<f32>)>,
    /// The sampler of the current picture, and how often it was another.
    current: Sampler,
    revision: u64,
}

impl Side {
    pub fn panes(&self) -> &[SidePane] {
        &self.shown
    }

    /// A number for the sampler that the panes follow.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// The pictures of all panes.
    pub(super) fn requests(
        workspace: &Workspace,
        settings: &SideSettings,
        model: &ModelInfo,
    ) -> Vec<PictureRequest> {
        let current = workspace.position.sampler();
        let expression = workspace.position.expression();
        let panes = (0..settings.panes()).map(|index| settings.pane(index));
        panes
            .zip(PANES)
            .map(|(pane, key)| {
                let request = PictureRequest::new(key, model, [expression.clone()]);
                request.drawn_with(pane.sampler(&current))
            })
            .collect()
    }

    /// Takes what has come into the panes, and measures pictures that are new.
    pub(super) fn follow(&mut self, cx: &mut ToolContext<'_, Sample>) {
        let settings = cx.settings().side.clone();
        let current = cx.workspace.sampler();
        if self.current != current {
            self.current = current;
            self.revision += 1;
        }
        let pictures = &cx.workspace.pictures;
        let panes = (0..settings.panes()).zip(PANES).map(|(index, key)| {
            let set = pictures.set(key);
            SidePane {
                sampler: settings.pane(index).sampler(&current),
                picture: set.get(0).cloned(),
                failure: set.failure().map(str::to_owned),
                difference: None,
                distance: None,
                apart: None,
            }
        });
        let mut panes: Vec<SidePane> = panes.collect();
        let ids = panes
            .iter()
            .map(|pane| pane.picture.as_ref().map(|it| it.id));
        let gain = settings.shows_difference.then_some(settings.gain);
        let measured = Some((ids.collect(), gain));
        if self.measured == measured {
            // A window at rest measures nothing again.
            for (pane, before) in panes.iter_mut().zip(&self.shown) {
                (pane.difference, pane.distance) = (before.difference, before.distance);
                pane.apart.clone_from(&before.apart);
            }
        } else {
            let first = panes.first().and_then(|pane| pane.picture.clone());
            for pane in panes.iter_mut().skip(1) {
                let Some((first, picture)) = first.as_deref().zip(pane.picture.as_deref()) else {
                    continue;
                };
                pane.difference = difference(first, picture);
                pane.distance = first.difference(picture);
                let id = cx.workspace.pictures.fresh_id();
                let apart = gain.and_then(|gain| difference_picture(first, picture, gain, id));
                pane.apart = apart.map(Arc::new);
            }
        }
        self.measured = measured;
        self.shown = panes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_follow_the_current_sampler_in_what_they_leave_open() {
        let current = SamplerPart {
            method: Method::Ddim,
            steps: 50,
            eta: Some(0.5),
            guidance: 2.0,
            ..SamplerPart::default()
        };
        let same = PaneSettings::default();
        assert_eq!(same.part(&current), current);
        let few = PaneSettings {
            steps: Some(5),
            ..same
        };
        assert_eq!(
            few.part(&current),
            SamplerPart {
                steps: 5,
                ..current
            }
        );
        let other = PaneSettings {
            method: Some(Method::EulerAncestral),
            ..same
        };
        assert_eq!(other.part(&current).eta, None, "its own usual eta");
        let without = PaneSettings {
            method: Some(Method::Heun),
            eta: Some(0.7),
            ..same
        };
        assert_eq!(without.part(&current).eta, None);
        // An untouched pane takes the turns too, any other goes one way.
        let turned = Sampler::of_part(Default::default(), current);
        let turned = turned.turned(10, current).expect("a turn");
        assert_eq!(same.sampler(&turned), turned);
        assert!(few.sampler(&turned).turns.is_empty());
    }

    #[test]
    fn there_are_two_to_four_panes() {
        let mut side = SideSettings::default();
        assert_eq!((side.panes(), side.pane(1).steps), (2, Some(5)));
        side.set_panes(9);
        assert_eq!(side.panes(), MAX_PANES);
        side.set_panes(0);
        assert_eq!(side.panes(), 2);
        let mut foreign = SideSettings {
            others: Vec::new(),
            ..side
        };
        assert_eq!(foreign.panes(), 2);
        foreign.pane_mut(1).expect("it is shown").guidance = Some(3.0);
        assert_eq!(foreign.pane(1).guidance, Some(3.0));
        assert!(foreign.pane_mut(0).is_none() && foreign.pane_mut(2).is_none());
    }
}
