//! Undo within a scene: a history of its own, which is gone with the scene.
//!
//! Nothing in a scene is a step of the session's history, so that leaving it finds everything as it
//! was. But a wrong click on a stage can be taken back there, too.

use super::journey::{Journey, Purpose};
use super::{Desk, Navigation, SceneOrigin};
use crate::app::Place;
use crate::app::tools::Work;
use crate::app::{Edit, Tool};
use std::sync::Arc;

/// The most steps that are kept.
const MAX_STEPS: usize = 200;

/// What was on the window of the scene whenever the hand rested.
#[derive(Default, Debug)]
pub(super) struct SceneSteps {
    /// The scene that they belong to.
    origin: SceneOrigin,
    steps: Vec<(Place, Tool)>,
    /// Which of them is shown; with no steps it means nothing.
    at: usize,
    /// What was being made at the last of them.
    work: Option<Work>,
}

impl SceneSteps {
    /// Begins with nothing, unless it is the same scene again.
    pub fn begin(&mut self, origin: &SceneOrigin) {
        if self.origin != *origin {
            *self = Self {
                origin: origin.clone(),
                ..Self::default()
            };
        }
    }

    fn current(&self) -> Option<&(Place, Tool)> {
        self.steps.get(self.at)
    }

    /// Adds what is shown as a step, if it is another than the last. What goes on with the same work
    /// takes its place.
    fn note(&mut self, place: Place, tool: Tool, work: Option<Work>) {
        let is_known = |(known, _): &(Place, Tool)| *known == place;
        if self.current().is_some_and(is_known) {
            return;
        }
        let goes_on = work.is_some() && work == self.work;
        self.work = work;
        self.steps.truncate(self.at + usize::from(!goes_on));
        if self.steps.len() == MAX_STEPS {
            self.steps.remove(0);
        }
        self.steps.push((place, tool));
        self.at = self.steps.len() - 1;
    }

    fn step(&mut self, back: bool) -> Option<(Place, Tool)> {
        let at = if back {
            self.at.checked_sub(1)?
        } else {
            self.at + 1
        };
        let step = self.steps.get(at)?.clone();
        self.work = None;
        self.at = at;
        Some(step)
    }
}

impl Navigation {
    /// Notes what a scene shows when the hand rests. Returns whether something waits for that.
    pub(in crate::app) fn note_scene_step(&mut self, desk: &Desk, hand_rests: bool) -> bool {
        let Some(place) = self.place_in_scene(desk) else {
            return false;
        };
        let is_noted = |(known, _): &(Place, Tool)| *known == place;
        if self.scene_steps.current().is_some_and(is_noted) {
            return false;
        }
        if hand_rests {
            let work = desk.work();
            self.scene_steps.note(place, desk.tools.open(), work);
        }
        !hand_rests
    }

    /// Where a scene stands; `None` outside, and while its model is on its way.
    fn place_in_scene(&self, desk: &Desk) -> Option<Place> {
        let arrived = self.journey.is_none() && desk.workspace.models.loading().is_none();
        self.scene.as_ref().filter(|_| arrived)?;
        desk.place()
    }

    /// Whether there is something to take back, or to do again, in the open scene.
    pub(in crate::app) fn can_step_in_scene(&self, desk: &Desk, back: bool) -> bool {
        let steps = &self.scene_steps;
        let is_moved = || {
            let place = self.place_in_scene(desk);
            place.is_some_and(|place| steps.current().is_some_and(|(known, _)| *known != place))
        };
        match back {
            true => steps.at > 0 || is_moved(),
            false => steps.at + 1 < steps.steps.len() && !is_moved(),
        }
    }

    /// Takes back the last step in the open scene, or does it again.
    pub(super) fn step_in_scene(&mut self, desk: &mut Desk, back: bool) {
        desk.stop_playing();
        if let Some(place) = self.place_in_scene(desk) {
            let work = desk.work();
            self.scene_steps.note(place, desk.tools.open(), work);
        }
        let Some((place, tool)) = self.scene_steps.step(back) else {
            return;
        };
        let Place {
            model,
            composition,
            tools,
        } = place;
        // A tool is opened only where its settings are what changes.
        let open = if *desk.tools.settings() == tools {
            desk.tools.open()
        } else {
            tool
        };
        desk.set_tools(Arc::clone(&tools), open);
        let workspace = &mut desk.workspace;
        if workspace.model().is_some_and(|known| known.source == model) {
            workspace.edit_position(Edit::Composition(composition));
            return;
        }
        let journey = Journey {
            purpose: Purpose::Scene,
            source: model,
            destination: Some(composition.into()),
        };
        self.start(workspace, journey);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Composition;
    use crate::engine::ModelSource;
    use crate::latent::expr::Expr;

    fn place(seed: u32) -> Place {
        Place {
            model: ModelSource::Catalogue("any".to_owned()),
            composition: Composition::from(Expr::Seed(seed)),
            tools: Arc::default(),
        }
    }

    #[test]
    fn steps_go_back_and_forth_and_a_new_one_forgets_what_was_taken_back() {
        let mut steps = SceneSteps::default();
        let of = |question: &str| SceneOrigin::Question(question.to_owned());
        steps.begin(&of("a question"));
        for seed in [1, 2, 2, 3] {
            steps.note(place(seed), Tool::Explore, None);
        }
        let go = |steps: &mut SceneSteps, back| steps.step(back).map(|(place, _)| place);
        assert_eq!(go(&mut steps, true), Some(place(2)));
        assert_eq!(go(&mut steps, true), Some(place(1)));
        assert_eq!(go(&mut steps, true), None);
        assert_eq!(go(&mut steps, false), Some(place(2)));
        steps.note(place(9), Tool::Explore, None);
        assert_eq!(go(&mut steps, false), None);
        assert_eq!(go(&mut steps, true), Some(place(2)));
        steps.begin(&of("a question"));
        assert_eq!(go(&mut steps, false), Some(place(9)), "the scene once more");
        steps.begin(&of("another question"));
        assert_eq!(go(&mut steps, true), None);
    }
}
