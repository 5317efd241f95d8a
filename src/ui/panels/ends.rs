//! The small pictures at the two ends of sliders: which are on the window, and which have come.

use crate::app::{Action, Actions, AppState, Ends, ParamId, Slider, SliderEnds};
use crate::latent::expr::Expr;
use crate::ui::textures::PictureTextures;
use crate::ui::widgets::EndPicture;
use eframe::egui::Context;

/// Gathers the sliders of a panel while it paints them.
pub struct EndPictures<'a> {
    app: &'a AppState,
    textures: &'a mut PictureTextures,
    /// Whether all of them are to be asked for.
    are_due: bool,
    has_new: bool,
    found: Vec<SliderEnds>,
}

impl<'a> EndPictures<'a> {
    /// `None` for a model that is too slow for them.
    pub fn new(app: &'a AppState, textures: &'a mut PictureTextures) -> Option<Self> {
        app.model().filter(|model| Ends::has_any(model))?;
        Some(Self {
            app,
            textures,
            are_due: app.ends().are_due(app.workspace()),
            has_new: false,
            found: Vec::new(),
        })
    }

    /// The ends of a parameter's slider.
    pub fn of_param(&mut self, ctx: &Context, id: &ParamId) -> [Option<EndPicture>; 2] {
        let app = self.app;
        let expressions = || {
            let param = app.param(id)?;
            let at = |value: f32| {
                let edit = app.desk().edit_of(id, value)?;
                Some(app.workspace().edited(edit))
            };
            Some([at(*param.range.start())?, at(*param.range.end())?])
        };
        self.of(ctx, Slider::Param(id.clone()), expressions)
    }

    /// The same for a number of a code on a plane.
    pub fn of_coordinate(
        &mut self,
        ctx: &Context,
        dim: usize,
        expressions: [Expr; 2],
    ) -> [Option<EndPicture>; 2] {
        self.of(ctx, Slider::Coordinate(dim), || Some(expressions))
    }

    fn of(
        &mut self,
        ctx: &Context,
        slider: Slider,
        expressions: impl FnOnce() -> Option<[Expr; 2]>,
    ) -> [Option<EndPicture>; 2] {
        let ends = self.app.ends();
        self.has_new |= !ends.knows(&slider);
        let pictures = ends.of(self.app.pictures(), &slider).map(|picture| {
            let (texture, pixels) = self.textures.of(ctx, picture?)?;
            Some(EndPicture { texture, pixels })
        });
        if self.are_due
            && let Some(expressions) = expressions()
        {
            self.found.push(SliderEnds {
                slider,
                expressions,
            });
        }
        pictures
    }

    /// Has asked for what is missing.
    pub fn finish(self, actions: &mut Actions) {
        let rests = self.app.workspace().hand_rests();
        if !self.found.is_empty() || (self.has_new && rests && !self.are_due) {
            actions.push(Action::ShowEnds(self.found));
        }
    }
}
