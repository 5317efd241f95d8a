//! Pictures of the two ends of sliders: what moving one all the way would draw.
//!
//! The hazard here is a hand that waits for thirty pictures at every step of a drag. So the ends are
//! those of the place where the hand rested last, and while it moves they stay as they are. Models that
//! make a picture in many steps, or a large one, have none.

use super::pictures::{DecodedPicture, PictureRequest, Pictures, SetKey};
use super::{ByAddress, Composition, ParamId, Workspace};
use crate::engine::{ModelId, ModelInfo};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use std::sync::Arc;

const ENDS: SetKey = SetKey("ends of sliders");
/// The most pixels of a picture that is made for this: 128x128.
const MAX_PIXELS: usize = 128 * 128;

/// A slider that has ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Slider {
    Param(ParamId),
    /// A number of a code on a plane.
    Coordinate(usize),
}

/// What lies at the left and at the right end of a slider.
#[derive(Clone, PartialEq, Debug)]
pub struct SliderEnds {
    pub slider: Slider,
    pub expressions: [Expr; 2],
}

/// The ends of the sliders on the window.
#[derive(Default, Debug)]
pub struct Ends {
    of: Option<Subject>,
    sliders: Vec<Slider>,
    /// Two pictures for each slider.
    request: Option<PictureRequest>,
    /// Whether other sliders were asked for before, so that their pictures do not stand in.
    is_fresh: bool,
}

/// What the hand rested on.
#[derive(PartialEq, Debug)]
struct Subject {
    model: ModelId,
    composition: Composition,
    names: ByAddress<SessionNames>,
}

impl Subject {
    fn is_current(&self, workspace: &Workspace) -> bool {
        let position = &workspace.position;
        workspace.model().is_some_and(|it| it.id == self.model)
            && *position.expression() == self.composition.expression
            && position.sampler() == self.composition.sampler
            && ByAddress::new(&workspace.names) == self.names
    }
}

impl Ends {
    /// Whether a model makes pictures fast enough.
    pub fn has_any(model: &ModelInfo) -> bool {
        let image = model.manifest.image;
        !model.manifest.takes_steps() && image.width * image.height <= MAX_PIXELS
    }

    /// Whether the sliders on the window have other ends now than those that were asked for last.
    pub fn are_due(&self, workspace: &Workspace) -> bool {
        let is_known = |it: &Subject| it.is_current(workspace);
        workspace.hand_rests && !self.of.as_ref().is_some_and(is_known)
    }

    /// Whether there is nothing more to ask for: the hand rests on what was asked for last.
    pub fn are_settled(&self, workspace: &Workspace) -> bool {
        let has_any = workspace.model().is_some_and(Self::has_any);
        !has_any || (workspace.hand_rests && !self.are_due(workspace))
    }

    /// Whether a slider is among those that were asked for.
    pub fn knows(&self, slider: &Slider) -> bool {
        self.sliders.contains(slider)
    }

    /// The pictures of a slider's ends, as far as they are there.
    pub fn of<'a>(
        &self,
        pictures: &'a Pictures,
        slider: &Slider,
    ) -> [Option<&'a Arc<DecodedPicture>>; 2] {
        let place = self.sliders.iter().position(|known| known == slider);
        let (Some(place), Some(request)) = (place, &self.request) else {
            return [None; 2];
        };
        [2 * place, 2 * place + 1].map(|place| {
            let picture = pictures.set(ENDS).get(place)?;
            let wanted = request.expressions.get(place)?.as_ref()?;
            let is_of_it =
                picture.model == request.model && (!self.is_fresh || picture.expression == *wanted);
            is_of_it.then_some(picture)
        })
    }

    /// Takes the ends of all sliders that are on the window. None has them asked for again.
    pub(super) fn show(&mut self, workspace: &Workspace, ends: Vec<SliderEnds>) {
        let Some(model) = workspace.model().filter(|_| !ends.is_empty()) else {
            self.of = None;
            return;
        };
        self.of = Some(Subject {
            model: model.id.clone(),
            composition: workspace.position.composition(),
            names: ByAddress::new(&workspace.names),
        });
        let (sliders, expressions): (Vec<_>, Vec<_>) = ends
            .into_iter()
            .map(|ends| (ends.slider, ends.expressions))
            .unzip();
        self.is_fresh = self.sliders != sliders;
        self.sliders = sliders;
        let mut request = PictureRequest::new(ENDS, model, expressions.into_iter().flatten());
        request.leave_out(|wanted| workspace.check(wanted).is_err());
        self.request = Some(request);
    }

    /// Asks for the pictures that are not there.
    pub(super) fn ask(&self, workspace: &mut Workspace) {
        let is_of_model =
            |it: &&PictureRequest| workspace.model().is_some_and(|model| model.id == it.model);
        if let Some(request) = self.request.as_ref().filter(is_of_model) {
            workspace.request_pictures(std::slice::from_ref(request));
        }
    }
}
