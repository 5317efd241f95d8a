//! The drawing hand: what it draws is the current picture as soon as its code is there.
//!
//! The hazard here is a code that comes late. Undo, another seed or another model may have been
//! asked for meanwhile, so a code is shown only for the drawing as the hand left it.

use super::{Encode, Found, How, Settings, Source, ToolContext, ToolView, drawing};
use crate::app::{Composition, Edit};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::{Code, Condition, Sampler};

/// How far a drawing has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Drawn {
    /// The number of the drawing.
    round: u64,
    points: usize,
}

/// What the hand left, and what became of it.
#[derive(Default, Debug)]
pub(super) struct Hand {
    /// The drawing, until its code is shown, and what was shown when the hand left it.
    left: Option<(Drawn, Expr)>,
    /// The number of the drawing that was shown last, and its code.
    shown: Option<(u64, Expr)>,
}

impl Settings {
    fn drawn(&self) -> Option<Drawn> {
        match &self.source {
            Source::Drawing(strokes) if !strokes.is_empty() => Some(Drawn {
                round: self.round,
                points: drawing::points(strokes),
            }),
            Source::File(_) | Source::Shot(_) if !self.retouches.is_empty() => Some(Drawn {
                round: self.round,
                points: drawing::points(&self.retouches),
            }),
            _ => None,
        }
    }

    /// Whether the picture changes under a hand.
    pub(super) fn is_by_hand(&self) -> bool {
        matches!(self.source, Source::Drawing(_)) || !self.retouches.is_empty()
    }
}

impl Hand {
    /// Whether what is shown is still what the hand left, or what became of it.
    fn owns(&self, now: &Expr) -> bool {
        let left = self.left.as_ref().map(|(_, from)| from);
        let shown = self.shown.as_ref().map(|(_, code)| code);
        left.into_iter().chain(shown).any(|known| known == now)
    }

    fn leave(&mut self, cx: &ToolContext<'_, Encode>) {
        let now = cx.workspace.position.expression();
        let drawn = cx.settings().drawn();
        self.left = drawn.map(|drawn| (drawn, now.clone()));
    }
}

impl Encode {
    /// Draws; what becomes of it is shown.
    pub fn draw(&mut self, cx: &mut ToolContext<'_, Self>, stroke: impl FnOnce(&mut Settings)) {
        let is_shown = self.hand.owns(cx.workspace.position.expression());
        cx.edit(stroke);
        self.hand.leave(cx);
        // With the last stroke its picture goes, and what was painted over is there again.
        if let Source::Shot(expression) = &cx.settings().source
            && cx.settings().retouches.is_empty()
            && is_shown
        {
            let expression = expression.clone();
            cx.show(Edit::Expression(expression));
        }
    }

    /// Descends to the code of the picture, also where there is an encoder. That of a drawing is
    /// shown again.
    pub fn refine(&mut self, cx: &mut ToolContext<'_, Self>) {
        self.descend();
        self.hand.leave(cx);
    }

    /// Shows what was found, if it is the drawing's. `is_last` says that nothing better is to come.
    pub(super) fn show_drawing(&mut self, cx: &mut ToolContext<'_, Self>, is_last: bool) {
        let settings = cx.settings();
        let (Some((left, _)), Some(found)) = (self.hand.left.clone(), self.found()) else {
            return;
        };
        let wanted = &found.prepared.wanted;
        let Some(model) = cx.workspace.model().filter(|it| it.id == found.model) else {
            return;
        };
        let is_of_hand = settings.drawn() == Some(left) && wanted.round == left.round;
        if !is_of_hand || !self.hand.owns(cx.workspace.position.expression()) {
            return;
        }
        let is_whole = wanted.source == settings.source && wanted.retouches == settings.retouches;
        let composition = Composition {
            expression: written(&found.code, model),
            sampler: sampler_of(found, cx.workspace.sampler()),
        };
        if is_last && is_whole {
            self.hand.left = None;
        }
        self.hand.shown = Some((left.round, composition.expression.clone()));
        cx.show(Edit::Composition(composition));
    }

    /// The number of the drawing that is being made.
    pub(super) fn drawing_of(view: ToolView<'_, Self>) -> Option<u64> {
        let round = view.settings.drawn()?.round;
        let hand = &view.tool.hand;
        let left = hand.left.as_ref().map(|(drawn, _)| drawn.round);
        let shown = hand.shown.as_ref().map(|(of, _)| *of);
        let is_of_hand = [left, shown].contains(&Some(round));
        let is_owned = is_of_hand && hand.owns(view.workspace.position.expression());
        is_owned.then_some(round)
    }
}

/// What a found picture is drawn with.
fn sampler_of(found: &Found, now: Sampler) -> Sampler {
    match found.how {
        How::Ddim { steps } => Sampler::ddim_without_guidance(steps),
        How::Encoder(_) | How::Descent { .. } => now,
    }
}

/// A code written out with four decimals: less changes no picture.
fn written(code: &Code, model: &ModelInfo) -> Expr {
    let rounded = |value: &f32| (value * 10_000.0).round() / 10_000.0;
    let values = code.values.reals().iter().map(rounded).collect();
    let expression = match code.space == model.start {
        true => Expr::Vector(values),
        false => Expr::At(code.space, values),
    };
    let vocabulary = model.manifest.conditions.as_ref();
    let given = vocabulary.map(|words| Condition::of_weights(words, &code.condition));
    match given.filter(|given| !given.is_empty()) {
        Some(given) => Expr::Given(expression.into(), given),
        None => expression,
    }
}
