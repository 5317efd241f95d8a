//! What the panes show, step by step, and which of two blinks.

use super::{Difference, LAID_OVER, PANES, difference};
use crate::app::pictures::{PictureRequest, Pictures};
use crate::app::{DecodedPicture, models::source_title};
use crate::engine::{ModelId, ModelSource};
use crate::latent::expr::Expr;
use std::sync::Arc;

/// What one pane was asked to show.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Asked {
    pub source: ModelSource,
    pub expression: Expr,
    pub request: PaneRequest,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum PaneRequest {
    Picture(ModelId),
    /// The model is on its way.
    Loading,
    /// One sentence on why there is no picture.
    Cannot(String),
}

/// What one pane shows.
#[derive(Clone, PartialEq, Debug)]
pub struct Pane {
    pub source: ModelSource,
    /// What the pane makes of the current expression.
    pub expression: Expr,
    pub state: PaneState,
    /// How far it is from the first pane; `None` for the first, and without two pictures of the
    /// same size.
    pub difference: Option<Difference>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum PaneState {
    Picture(Arc<DecodedPicture>),
    /// The model is on its way.
    Loading,
    /// The first picture is on its way.
    Waiting,
    /// One sentence on why there is no picture.
    Cannot(String),
}

impl Pane {
    pub fn picture(&self) -> Option<&Arc<DecodedPicture>> {
        match &self.state {
            PaneState::Picture(picture) => Some(picture),
            _ => None,
        }
    }

    fn id(&self) -> Option<u64> {
        self.picture().map(|picture| picture.id)
    }
}

/// Two pictures that lie over each other.
#[derive(Clone, PartialEq, Debug)]
pub struct OverlaidPair {
    pub pictures: [Arc<DecodedPicture>; 2],
    pub difference: Difference,
}

impl OverlaidPair {
    /// The numbers of the two pictures.
    pub fn ids(&self) -> [u64; 2] {
        let [a, b] = &self.pictures;
        [a.id, b.id]
    }
}

/// The panes and the blinking; no part of undo.
#[derive(Debug)]
pub struct Compare {
    asked: Vec<Asked>,
    /// How often the panes were asked for something else.
    step: u64,
    shown: Vec<Pane>,
    laid_over: Result<OverlaidPair, String>,
    /// When blinking began; `None` while it rests.
    blinking_since_secs: Option<f64>,
    /// The picture that blinking begins with or rests on, 0 or 1.
    rests_on: usize,
}

impl Default for Compare {
    fn default() -> Self {
        Self {
            asked: Vec::new(),
            step: 0,
            shown: Vec::new(),
            laid_over: Err("The pictures are being decoded".to_owned()),
            blinking_since_secs: None,
            rests_on: 0,
        }
    }
}

impl Compare {
    /// What the panes show; empty before the first step.
    pub fn panes(&self) -> &[Pane] {
        &self.shown
    }

    /// The two that are laid over each other.
    ///
    /// # Errors
    /// One sentence on why they cannot be.
    pub fn laid_over(&self) -> Result<&OverlaidPair, &str> {
        self.laid_over.as_ref().map_err(String::as_str)
    }

    /// Whether every picture of this step has come or cannot come.
    pub(super) fn is_here(&self, pictures: &Pictures) -> bool {
        let mut sets = PANES.iter().take(self.asked.len());
        sets.all(|key| pictures.set(*key).is_complete())
    }

    /// Shows the step that has come.
    pub(super) fn show(&mut self, pictures: &Pictures, pair: [usize; 2]) {
        let panes = self.asked.iter().zip(PANES).map(|(asked, key)| {
            let state = match &asked.request {
                PaneRequest::Loading => PaneState::Loading,
                PaneRequest::Cannot(why) => PaneState::Cannot(why.clone()),
                PaneRequest::Picture(model) => {
                    let set = pictures.set(key);
                    let is_this = |picture: &&Arc<DecodedPicture>| {
                        picture.model == *model && picture.expression == asked.expression
                    };
                    match (set.failure(), set.get(0).filter(is_this)) {
                        (_, Some(picture)) => PaneState::Picture(Arc::clone(picture)),
                        (Some(why), None) => PaneState::Cannot(why.to_owned()),
                        (None, None) => PaneState::Waiting,
                    }
                }
            };
            Pane {
                source: asked.source.clone(),
                expression: asked.expression.clone(),
                state,
                difference: None,
            }
        });
        let mut panes: Vec<Pane> = panes.collect();
        // A window at rest measures nothing again.
        let ids = |panes: &[Pane]| -> Vec<Option<u64>> { panes.iter().map(Pane::id).collect() };
        if ids(&panes) == ids(&self.shown) {
            for (pane, before) in panes.iter_mut().zip(&self.shown) {
                pane.difference = before.difference;
            }
        } else {
            let first = panes.first().and_then(Pane::picture).cloned();
            for pane in panes.iter_mut().skip(1) {
                pane.difference = first
                    .as_deref()
                    .zip(pane.picture())
                    .and_then(|(first, picture)| difference(first, picture));
            }
        }
        let before = self.laid_over.as_ref().ok().cloned();
        self.laid_over = lay_over(&panes, pair, before);
        self.shown = panes;
    }

    pub(super) fn ask(&mut self, asked: Vec<Asked>) {
        if self.asked != asked {
            self.asked = asked;
            self.step += 1;
        }
    }

    /// A number for what the panes were asked for last.
    pub(super) fn step(&self) -> u64 {
        self.step
    }

    pub(super) fn requests(&self) -> Vec<PictureRequest> {
        let panes = self.asked.iter().zip(PANES);
        panes
            .filter_map(|(asked, key)| match &asked.request {
                PaneRequest::Picture(model) => Some(PictureRequest {
                    key,
                    model: model.clone(),
                    expressions: [Some(asked.expression.clone())].into(),
                    samplers: None,
                }),
                PaneRequest::Loading | PaneRequest::Cannot(_) => None,
            })
            .collect()
    }

    pub fn is_blinking(&self) -> bool {
        self.blinking_since_secs.is_some()
    }

    pub(super) fn start_blink(&mut self, now_secs: f64) {
        self.blinking_since_secs = Some(now_secs);
    }

    pub(super) fn toggle_blink(&mut self, now_secs: f64, blink_secs: f32) {
        self.rests_on = self.blinked(now_secs, blink_secs);
        self.blinking_since_secs = match self.blinking_since_secs {
            Some(_) => None,
            None => Some(now_secs),
        };
    }

    /// Rests on the picture that is not shown now.
    pub(super) fn flip(&mut self, now_secs: f64, blink_secs: f32) {
        self.rests_on = 1 - self.blinked(now_secs, blink_secs);
        self.blinking_since_secs = None;
    }

    /// Which of the two is shown, 0 or 1.
    pub(super) fn blinked(&self, now_secs: f64, blink_secs: f32) -> usize {
        let turns = self.blinking_since_secs.map_or(0.0, |since| {
            ((now_secs - since) / f64::from(blink_secs)).floor()
        });
        let is_turned = turns.rem_euclid(2.0) >= 1.0;
        if is_turned {
            1 - self.rests_on
        } else {
            self.rests_on
        }
    }

    /// Seconds until the other one is shown.
    pub(super) fn blink_due_secs(&self, now_secs: f64, blink_secs: f32) -> Option<f64> {
        let gone = now_secs - self.blinking_since_secs?;
        let period = f64::from(blink_secs);
        Some(period - gone.rem_euclid(period))
    }
}

/// The pictures of two panes, or one sentence on why they do not lie over each other. `before`
/// is what was laid over each other last, so that the same two are not measured again.
fn lay_over(
    panes: &[Pane],
    pair: [usize; 2],
    before: Option<OverlaidPair>,
) -> Result<OverlaidPair, String> {
    let picture = |index: usize| {
        let number = index + 1;
        let pane = panes
            .get(index)
            .ok_or_else(|| format!("Pane {number} is loading"))?;
        match &pane.state {
            PaneState::Picture(picture) => Ok(Arc::clone(picture)),
            PaneState::Waiting => Err(format!("The picture of pane {number} is being decoded")),
            PaneState::Loading => Err(format!(
                "{} of pane {number} is being loaded",
                source_title(&pane.source)
            )),
            PaneState::Cannot(why) => Err(format!("Pane {number} has no picture: {why}")),
        }
    };
    let pictures = [picture(pair[0])?, picture(pair[1])?];
    let [a, b] = &pictures;
    if let Some(before) = before.filter(|before| before.ids() == [a.id, b.id]) {
        return Ok(before);
    }
    let Some(difference) = difference(a, b) else {
        let size =
            |picture: &DecodedPicture| format!("{}×{}", picture.image.width, picture.image.height);
        return Err(format!(
            "Pane {} is {} pixels and pane {} is {}: {LAID_OVER}",
            pair[0] + 1,
            size(a),
            pair[1] + 1,
            size(b)
        ));
    };
    Ok(OverlaidPair {
        pictures,
        difference,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blinking_takes_turns_and_rests_where_it_stops() {
        let mut live = Compare::default();
        assert_eq!(live.blinked(100.0, 0.5), 0);
        assert_eq!(
            live.blink_due_secs(100.0, 0.5),
            None,
            "nothing is due at rest"
        );
        live.toggle_blink(100.0, 0.5);
        assert_eq!(live.blinked(100.4, 0.5), 0);
        assert_eq!(live.blinked(100.6, 0.5), 1);
        assert_eq!(live.blinked(101.1, 0.5), 0);
        let due = live.blink_due_secs(100.6, 0.5).unwrap();
        assert!((due - 0.4).abs() < 1e-6, "{due}");
        live.toggle_blink(100.6, 0.5);
        assert!(!live.is_blinking());
        assert_eq!(live.blinked(200.0, 0.5), 1, "it rests where it was stopped");
        live.flip(200.0, 0.5);
        assert_eq!(live.blinked(300.0, 0.5), 0);
        live.toggle_blink(300.0, 0.5);
        live.flip(300.6, 0.5);
        assert_eq!(live.blinked(300.6, 0.5), 0, "the other of what was shown");
    }

    #[test]
    fn panes_without_pictures_say_so() {
        let pane = |state| Pane {
            source: ModelSource::Catalogue("digits-gan".to_owned()),
            expression: Expr::Seed(1),
            state,
            difference: None,
        };
        let panes = [
            pane(PaneState::Waiting),
            pane(PaneState::Loading),
            pane(PaneState::Cannot("it is so".to_owned())),
        ];
        let why = |pair| lay_over(&panes, pair, None).unwrap_err();
        assert_eq!(why([0, 1]), "The picture of pane 1 is being decoded");
        assert_eq!(
            why([1, 0]),
            "Digits, GAN, 64-D latent of pane 2 is being loaded"
        );
        assert_eq!(why([2, 0]), "Pane 3 has no picture: it is so");
        assert_eq!(why([7, 0]), "Pane 8 is loading");
    }
}
