//! Where am I: the current code measured against the prior and against the encoded data.
//!
//! All of it is computed once for each picture: panels show it in several places, and the data
//! are thousands of codes.

mod likelihood;
pub(crate) mod panel;

use super::neighbours::{Neighbours, rows};
use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolPart, ToolView};
use crate::app::pictures::PictureRequest;
use crate::app::{ByAddress, Derived};
use crate::engine::{Event, JobId, ModelInfo};
use crate::latent::geometry::norm;
use crate::latent::neighbours;
use crate::latent::prior::{self, PriorReport, Typicality};
use crate::latent::{Code, Space};
use crate::learn::ToolName;
use eframe::egui::Key;
use likelihood::Likelihood;
use lucide_icons::Icon;
use std::sync::Arc;

/// A code this many times as far from the data as they are from each other is far.
const FAR_FROM_DATA: f32 = 3.0;
/// So many of the data are enough to say how far they lie from each other.
const SPACING_SAMPLE: usize = 32;

/// Nothing is set here.
pub type Settings = ();

/// What is computed from the picture on the window.
#[derive(Default, Debug)]
pub struct Where {
    data: Derived<ByAddress<ModelInfo>, DataSummary>,
    measured: Derived<(ByAddress<ModelInfo>, u64), Measured>,
    neighbours: Neighbours,
    likelihood: Likelihood,
}

/// The encoded data of a model as a whole.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct DataSummary {
    /// Mean code; empty without data.
    pub mean: Vec<f32>,
    /// The median distance of a datum to its nearest one; `None` for fewer than two.
    pub spacing: Option<f32>,
}

impl DataSummary {
    /// Of codes of one length.
    pub fn of(rows: &[&[f32]]) -> Self {
        let dim = rows.first().map_or(0, |row| row.len());
        let mut sums = vec![0.0_f64; dim];
        for row in rows {
            for (sum, value) in sums.iter_mut().zip(*row) {
                *sum += f64::from(*value);
            }
        }
        let count = rows.len().max(1) as f64;
        let step = rows.len().div_ceil(SPACING_SAMPLE).max(1);
        let mut distances: Vec<f32> = rows
            .iter()
            .step_by(step)
            .filter_map(|row| {
                let two = neighbours::nearest(row, rows.iter().copied(), 2);
                Some(two.get(1)?.distance)
            })
            .collect();
        distances.sort_by(f32::total_cmp);
        Self {
            mean: sums.into_iter().map(|sum| (sum / count) as f32).collect(),
            spacing: distances.get(distances.len() / 2).copied(),
        }
    }
}

/// What a code is measured against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Against {
    /// The standard normal prior of z.
    Prior,
    /// The encoded data: a plain autoencoder has no prior.
    Data,
    /// The codes in w of seeds; in w+ it is the layer that stands out most.
    SeedsInW { layer: Option<usize> },
}

/// What the current code is measured by.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// The space that the numbers belong to, one vector of it.
    pub space: Space,
    /// Euclidean length of the code.
    pub norm: f64,
    /// z-scores: against the prior, or against the codes of the data where there is no prior.
    pub scores: Vec<f32>,
    pub report: PriorReport,
    pub against: Against,
    /// Distance to the nearest datum, and the usual distance of a datum to its nearest one.
    pub nearest: Option<[f32; 2]>,
    /// Whether every picture has its code, so that a small norm is no extrapolation.
    pub is_exact: bool,
}

impl Measured {
    /// Measures a code; `data_sigma` is the standard deviation of each dimension of the data,
    /// and `nearest` the distance to the nearest datum.
    pub fn new(
        space: Space,
        code: &[f32],
        has_prior: bool,
        data: &DataSummary,
        data_sigma: &[f32],
        nearest: Option<f32>,
    ) -> Self {
        let scores = if has_prior {
            code.to_vec()
        } else {
            prior::z_scores(code, &data.mean, data_sigma)
        };
        Self {
            space,
            norm: norm(code),
            report: prior::report(&scores),
            scores,
            against: if has_prior {
                Against::Prior
            } else {
                Against::Data
            },
            nearest: nearest.map(|nearest| [nearest, data.spacing.unwrap_or(0.0)]),
            is_exact: false,
        }
    }

    /// Measures a code in w, or in w+ the layer that stands out most, against the codes of seeds:
    /// their mean and standard deviation, and the norms of some in standard deviations.
    pub fn in_w(code: &Code, mean: &[f32], sigma: &[f32], norms: &[f32]) -> Self {
        let is_layered = code.space == Space::W_PLUS;
        let rows = code.values.reals().chunks(code.shape.dim().max(1));
        let measured = rows.enumerate().map(|(layer, row)| {
            let scores = prior::z_scores(row, mean, sigma);
            Self {
                space: Space::W,
                norm: norm(row),
                report: prior::report_among(&scores, norms),
                scores,
                against: Against::SeedsInW {
                    layer: is_layered.then_some(layer),
                },
                nearest: None,
                is_exact: false,
            }
        });
        let extent = |measured: &Self| measured.report.shell_offset.abs();
        let worst = measured.max_by(|a, b| extent(a).total_cmp(&extent(b)));
        worst.unwrap_or_else(|| Self {
            space: Space::W,
            norm: 0.0,
            scores: Vec::new(),
            report: prior::report_among(&[], norms),
            against: Against::SeedsInW { layer: None },
            nearest: None,
            is_exact: false,
        })
    }

    /// What the code is compared with, as a noun.
    fn others(&self) -> &'static str {
        match self.against {
            Against::Prior => "seeds",
            Against::Data => "encoded test pictures",
            Against::SeedsInW { .. } => "seeds in w",
        }
    }

    /// The plain words: how the code stands, and why.
    pub fn verdict(&self) -> (Typicality, String) {
        let report = &self.report;
        let is_far_from_data = self
            .nearest
            .is_some_and(|[near, usual]| usual > 0.0 && near > FAR_FROM_DATA * usual);
        let is_outside = report.shell_offset > 0.0;
        let of = self.others();
        if let Against::SeedsInW { .. } = self.against
            && report.typicality != Typicality::Typical
            && !is_outside
        {
            // Near the mean of w the model knows its way; what is lost is variety.
            let sentence = format!(
                "Nearer to the mean of w than {} {of}, as truncation does: fewer surprises, less \
                 variety.",
                if report.typicality == Typicality::Unusual {
                    "most"
                } else {
                    "practically all"
                }
            );
            return (Typicality::Unusual, sentence);
        }
        if self.is_exact && report.typicality != Typicality::Typical && !is_outside {
            // A sample lies anywhere within what is rounded to a value.
            let sentence = "Its norm is smaller than that of most seeds. This is usual for codes that were scaled \
                            down, and for image files, whose pixels are exactly one of 256 values.";
            return (Typicality::Unusual, sentence.to_owned());
        }
        let sentence = match report.typicality {
            Typicality::FarOutside => {
                let size = if is_outside { "larger" } else { "smaller" };
                format!(
                    "Far outside: its norm is {size} than that of practically all {of}. What the \
                     model draws here is extrapolation."
                )
            }
            Typicality::Unusual => {
                let way = if is_outside { "out" } else { "in" };
                format!("Unusual: few {of} lie this far {way}.")
            }
            Typicality::Typical if is_far_from_data => {
                let sentence = "Unusual: the norm is typical, but no encoded test picture is near.";
                return (Typicality::Unusual, sentence.to_owned());
            }
            Typicality::Typical => format!("Typical: in the range of most {of}."),
        };
        (report.typicality, sentence)
    }
}

impl ToolView<'_, Where> {
    /// How many bits each number of the picture takes by the model's own density; `None` where it has none,
    /// and before the first answer.
    pub fn bits_per_dimension(&self) -> Option<f32> {
        let model = self.workspace.models.current()?;
        self.tool.likelihood.bits(model)
    }

    /// Where the code of the picture lies; `None` before the first picture, and for a code of a
    /// space of which nothing is known.
    pub fn measured(&self) -> Option<Arc<Measured>> {
        let workspace = self.workspace;
        let (model, frame) = (workspace.models.current()?, workspace.preview.frame()?);
        let key = (ByAddress::new(model), frame.generation);
        if [Space::W, Space::W_PLUS].contains(&frame.code.space) {
            let mean = model.means.get(&Space::W)?;
            return Some(self.tool.measured.get(key, || {
                Measured::in_w(&frame.code, mean, &model.w_sigma, &model.w_norms)
            }));
        }
        if frame.code.space != model.start {
            return None;
        }
        Some(self.tool.measured.get(key, || {
            let data = self.tool.data.get(ByAddress::new(model), || {
                DataSummary::of(&rows(model).collect::<Vec<_>>())
            });
            let near = self.tool.neighbours.find(workspace);
            let nearest = near.first().map(|near| near.distance);
            let has_prior = model.manifest.family.traits().has_prior;
            let code = frame.code.values.reals();
            let sigma = &model.start_sigma;
            Measured {
                is_exact: model.manifest.flow.is_some(),
                ..Measured::new(model.start, code, has_prior, &data, sigma, nearest)
            }
        }))
    }
}

impl ToolPart for Where {
    const INFO: ToolInfo = ToolInfo {
        word: "Locate",
        name: "Where am I",
        tooltip: "Measure the current code against the prior and the data",
        icon: Icon::LocateFixed,
        key: Some(Key::Num0),
        question_name: Some(ToolName::Where),
        explained_by: "likelihood-evaluation",
    };

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        why_no_real_codes(model)
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        view.tool.neighbours.requests(view.workspace, model).into()
    }

    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        // It stands below the picture of every tool.
        self.likelihood.follow(cx, model);
    }

    fn on_event(&mut self, _: &mut ToolContext<'_, Self>, event: Event) {
        if let Event::Examined { job, measurements } = event {
            self.likelihood.accept(job, &measurements);
        }
    }

    fn on_job_end(&mut self, _: &mut ToolContext<'_, Self>, job: JobId, _: Option<&str>) {
        self.likelihood.end(job);
    }

    /// The picture whose neighbours are shown.
    fn revision(view: ToolView<'_, Self>) -> [u64; 2] {
        let frame = view.workspace.preview.frame();
        [frame.map_or(0, |frame| frame.generation), 0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> DataSummary {
        DataSummary::of(&[&[0.0, 0.0], &[2.0, 0.0], &[0.0, 2.0], &[2.0, 2.0]])
    }

    #[test]
    fn data_are_summed_up() {
        let data = square();
        assert_eq!((data.mean, data.spacing), (vec![1.0, 1.0], Some(2.0)));
        assert_eq!(DataSummary::of(&[]), DataSummary::default());
        assert_eq!(DataSummary::of(&[&[1.0]]).spacing, None);
    }

    #[test]
    fn a_code_is_judged_by_the_prior() {
        let none = DataSummary::default();
        let verdict =
            |code: &[f32]| Measured::new(Space::Z, code, true, &none, &[], None).verdict();
        let typical = vec![1.0; 64];
        assert_eq!(verdict(&typical).0, Typicality::Typical);
        let (typicality, words) = verdict(&vec![4.0; 64]);
        assert_eq!(typicality, Typicality::FarOutside);
        assert!(words.contains("its norm is larger"), "{words}");
        let (typicality, words) = verdict(&vec![0.001; 64]);
        assert_eq!(typicality, Typicality::FarOutside);
        assert!(words.contains("its norm is smaller"), "{words}");
    }

    /// Image files hold whole values, so their codes in a flow are shorter than those of seeds.
    #[test]
    fn a_short_code_of_a_flow_is_no_extrapolation() {
        let none = DataSummary::default();
        let of = |value: f32| {
            let code = vec![value; 64];
            let measured = Measured::new(Space::Z, &code, true, &none, &[], None);
            Measured {
                is_exact: true,
                ..measured
            }
            .verdict()
        };
        let (typicality, words) = of(0.5);
        assert_eq!(typicality, Typicality::Unusual);
        assert!(words.contains("image files"), "{words}");
        assert_eq!(of(1.0).0, Typicality::Typical);
        assert_eq!(of(4.0).0, Typicality::FarOutside);
    }

    #[test]
    fn a_code_in_w_is_judged_by_seeds_in_w() {
        let norms: Vec<f32> = (1..=1000).map(|n| n as f32 / 500.0).collect();
        let measure = |code: &Code| Measured::in_w(code, &[1.0, 1.0], &[0.5, 0.5], &norms);
        let typical = measure(&Code::vector(Space::W, vec![1.5, 1.0]));
        assert_eq!(typical.scores, [1.0, 0.0]);
        assert_eq!(typical.verdict().0, Typicality::Typical);
        assert_eq!(typical.space, Space::W);
        let far = measure(&Code::vector(Space::W, vec![4.0, 1.0])).verdict();
        assert_eq!(far.0, Typicality::FarOutside);
        assert!(far.1.contains("seeds in w"), "{}", far.1);
        let near = measure(&Code::vector(Space::W, vec![1.0, 1.0])).verdict();
        assert!(near.1.contains("Nearer to the mean of w"), "{}", near.1);
        let layered = Code {
            space: Space::W_PLUS,
            shape: crate::latent::SpaceShape::Layers { layers: 2, dim: 2 },
            values: crate::latent::Values::Reals(vec![1.5, 1.0, 4.0, 1.0]),
            condition: Vec::new(),
            original: None,
        };
        let layered = measure(&layered);
        assert_eq!(layered.against, Against::SeedsInW { layer: Some(1) });
        assert_eq!(layered.scores, [6.0, 0.0]);
    }

    #[test]
    fn a_typical_norm_far_from_all_data_is_unusual() {
        let data = square();
        let at = |nearest| {
            Measured::new(Space::Z, &[1.0, -0.5], true, &data, &[], Some(nearest)).verdict()
        };
        assert_eq!(at(5.9).0, Typicality::Typical);
        let (typicality, words) = at(6.1);
        assert_eq!(typicality, Typicality::Unusual);
        assert!(words.contains("no encoded test picture"), "{words}");
    }

    #[test]
    fn without_a_prior_the_data_are_the_measure() {
        let data = square();
        let measured = Measured::new(Space::Z, &[3.0, 1.0], false, &data, &[0.5, 0.5], None);
        assert_eq!(measured.scores, [4.0, 0.0]);
        let (typicality, words) = measured.verdict();
        assert_ne!(typicality, Typicality::Typical);
        assert!(words.contains("encoded test pictures"), "{words}");
    }
}
