//! Alpha-bar and the signal-to-noise ratio over the times of training, with the steps of the sampler on
//! them.

use crate::app::AppState;
use crate::latent::Sampler;
use crate::latent::sampling::{Leg, Level, Moment, Noising};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, quiet_plot};
use eframe::egui::{Button, Role, Ui, WidgetInfo, vec2};
use egui_plot::{Line, PlotPoints, Points};

const HEIGHT: f32 = 132.0;
/// Points of a curve.
const RESOLUTION: usize = 100;
/// Beyond this there is practically nothing but noise, or data: the logarithm is infinite at the ends.
const MAX_LOG_SNR: f64 = 14.0;

/// What stands on the axis.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Axis {
    #[default]
    AlphaBar,
    LogSnr,
}

impl Axis {
    const ALL: [Self; 2] = [Self::AlphaBar, Self::LogSnr];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AlphaBar => (
                "alpha-bar",
                "The share of the data in the variance: 1 is the picture, 0 is noise",
            ),
            Self::LogSnr => (
                "log SNR",
                "The natural logarithm of the signal-to-noise ratio alpha² / sigma²",
            ),
        }
    }

    fn of(self, level: Level) -> f64 {
        match self {
            Self::AlphaBar => level.alpha_bar(),
            Self::LogSnr => level.snr().ln().clamp(-MAX_LOG_SNR, MAX_LOG_SNR),
        }
    }
}

/// The plot, with the points that it showed last.
#[derive(Default)]
pub struct Levels {
    axis: Axis,
    drawn: Option<Drawn>,
}

/// The way that a sampler goes with a model.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Way {
    pub noising: Noising,
    pub sampler: Sampler,
    /// 1 from pure noise, less from a picture that is redrawn.
    pub strength: f32,
}

impl Way {
    /// That of the current picture; `None` for a model that takes no steps.
    pub fn of(app: &AppState) -> Option<Self> {
        let edited = app.position().edited();
        Some(Self {
            noising: app.model()?.manifest.diffusion?.noising,
            sampler: app.position().sampler(),
            strength: edited.map_or(1.0, |(_, redraw)| redraw.strength),
        })
    }

    /// None where settings are refused, and for a picture that is shown as it is.
    fn legs(&self) -> Vec<Leg> {
        if self.strength <= 0.0 {
            return Vec::new();
        }
        let start = self.noising.at_strength(self.strength.into());
        let legs = self.sampler.legs_from(start, self.noising);
        legs.unwrap_or_default()
    }
}

struct Drawn {
    /// What the points were computed for.
    of: (Axis, Way),
    curve: Vec<[f64; 2]>,
    /// Those of each part of the sampler.
    steps: Vec<Vec<[f64; 2]>>,
    /// The levels of noise at which the steps begin, part after part.
    levels: Vec<Level>,
}

impl Levels {
    /// Paints the choice of the axis and the plot; `shown` is a step that stands out, from 1.
    pub fn ui(&mut self, ui: &mut Ui, way: Way, shown: usize) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for axis in Axis::ALL {
                let (words, tip) = axis.words();
                let button = Button::new(words)
                    .selected(self.axis == axis)
                    .min_size(vec2(0.0, size::CONTROL));
                let name = format!("Plot {words}");
                let response = ui.add(button).on_hover_text(tip).accessible_name(name);
                if response.clicked() {
                    self.axis = axis;
                }
            }
        });
        self.drawn(way).ui(ui, shown);
        caption(
            ui,
            match way.noising {
                Noising::Line => "Over the time, from 1 (noise) to 0 (picture); each dot is a step",
                _ => "Over the time, from 999 (noise) to 0 (picture); each dot is a step",
            },
        );
    }

    /// The level of noise at which a step begins, from 1; `None` for one that is not there.
    pub fn at(&mut self, way: Way, step: usize) -> Option<Level> {
        let levels = &self.drawn(way).levels;
        levels.get(step.checked_sub(1)?).copied()
    }

    fn drawn(&mut self, way: Way) -> &Drawn {
        let of = (self.axis, way);
        let drawn = match self.drawn.take().filter(|drawn| drawn.of == of) {
            Some(drawn) => drawn,
            None => Drawn::new(of),
        };
        self.drawn.insert(drawn)
    }
}

impl Drawn {
    fn new(of: (Axis, Way)) -> Self {
        let (axis, way) = of;
        let point = |moment: &Moment| [moment.time, axis.of(moment.level)];
        let all = way.noising.moments();
        let every = all.len().div_ceil(RESOLUTION).max(1);
        let mut curve: Vec<[f64; 2]> = all.iter().step_by(every).map(point).collect();
        curve.extend(all.last().map(point));
        let legs = way.legs();
        // Where a step begins, the network is asked; the end is the picture.
        let asked = || legs.iter().map(|leg| leg.moments.iter().take(leg.steps()));
        Self {
            of,
            curve,
            steps: asked().map(|leg| leg.map(point).collect()).collect(),
            levels: asked().flatten().map(|moment| moment.level).collect(),
        }
    }

    fn ui(&self, ui: &mut Ui, shown: usize) {
        let colours = tokens(ui);
        let line = Line::new("training", PlotPoints::from(self.curve.clone()))
            .color(colours.outline)
            .width(1.5)
            .allow_hover(false);
        let mut all = self.steps.iter().flatten();
        let here = shown.checked_sub(1).and_then(|index| all.nth(index));
        let plot = quiet_plot(ui, "noise levels", HEIGHT)
            // Time runs from the noise to the picture.
            .invert_x(true)
            .show(ui, |plot| {
                plot.line(line);
                for (part, steps) in self.steps.iter().enumerate() {
                    let colour = match part % 2 {
                        0 => colours.accent,
                        _ => colours.text_strong,
                    };
                    let points = Points::new(
                        format!("steps of part {}", part + 1),
                        PlotPoints::from(steps.clone()),
                    );
                    plot.points(points.color(colour).radius(2.0));
                }
                if let Some(&here) = here {
                    let point = Points::new("the step that is shown", PlotPoints::from(vec![here]));
                    plot.points(point.color(colours.text_strong).radius(5.0));
                }
            });
        let (_, of) = self.of.0.words();
        let count = self.levels.len();
        let name = format!("{count} steps on the noise levels of training. {of}");
        plot.response
            .widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::SamplerPart;

    #[test]
    fn every_step_is_a_dot_on_the_curve() {
        let part = SamplerPart {
            steps: 12,
            ..SamplerPart::default()
        };
        let turned = Sampler::default().turned(8, part).expect("a turn");
        let way = |noising, sampler, strength| Way {
            noising,
            sampler,
            strength,
        };
        for axis in Axis::ALL {
            for noising in [Noising::Cosine, Noising::Linear, Noising::Line] {
                let drawn = Drawn::new((axis, way(noising, turned, 1.0)));
                let counts: Vec<usize> = drawn.steps.iter().map(Vec::len).collect();
                assert_eq!(counts, [8, 12]);
                for [x, y] in drawn.steps.concat() {
                    assert!(x.is_finite() && y.is_finite(), "{x} {y}");
                    // Between the two points of the curve on either side.
                    let at = drawn.curve.partition_point(|point| point[0] < x);
                    let near = &drawn.curve[at.saturating_sub(1)..(at + 1).min(drawn.curve.len())];
                    let most = near.iter().map(|point| point[1]).fold(f64::MIN, f64::max);
                    let least = near.iter().map(|point| point[1]).fold(f64::MAX, f64::min);
                    assert!(y >= least - 0.05 && y <= most + 0.05, "{x} {y}");
                }
            }
        }
        let refused = Sampler {
            steps: 0,
            ..Sampler::default()
        };
        let steps = |sampler, strength| {
            let drawn = Drawn::new((Axis::AlphaBar, way(Noising::Cosine, sampler, strength)));
            drawn.steps.concat()
        };
        assert!(steps(refused, 1.0).is_empty());
        // A picture that is redrawn begins where it is noised to.
        let half = steps(turned, 0.5);
        assert_eq!(half.len(), 20);
        assert!((half[0][0] - 499.0).abs() < 1e-6, "{half:?}");
        assert!(steps(turned, 0.0).is_empty(), "no network is asked");
    }
}
