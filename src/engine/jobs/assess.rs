//! The pictures of some shots as a set, beside real ones.

use super::{Decoding, JobContext, Slice, Work, next_batch, request_fault};
use crate::engine::Event;
use crate::engine::background::{Background, spread};
use crate::engine::reference::{Reference, reference_for};
use crate::latent::likeness::{
    Gaussian, Likeness, NEIGHBOURS, frechet_distance, precision_and_recall,
};
use crate::latent::{Code, SessionNames, Shot, VocabularyKind, stands_for};
use crate::model::Fault;
use crate::model::measurement::Judgement;
use std::sync::Arc;

/// Pictures that are decoded and judged at once.
const BATCH: usize = 32;
/// Of fewer there is no covariance, of more no end.
const COUNTS: std::ops::RangeInclusive<usize> = 10..=10_000;

pub struct Assess {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    seen: Seen,
    decoding: Option<Decoding>,
    comparing: Option<Background<[f64; 3]>>,
}

/// What the judge has seen so far.
#[derive(Default)]
struct Seen {
    count: usize,
    /// Row after row.
    features: Vec<f32>,
    /// The sum over pictures with one class.
    confidence: f64,
    confident: usize,
    /// How many show what was asked for, of how many that were asked for something.
    obeyed: [usize; 2],
    /// How many numbers are at the end of their range, of how many.
    clipped: [usize; 2],
}

impl Assess {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            seen: Seen::default(),
            decoding: None,
            comparing: None,
        }
    }

    /// Does the next step of the next pictures; judges them when they are there.
    fn draw(&mut self, cx: &JobContext<'_>) -> Result<bool, Fault> {
        let mut decoding = match self.decoding.take() {
            Some(decoding) => decoding,
            None => {
                let batch = next_batch(&self.shots[self.seen.count..], BATCH);
                let codes = cx.codes(batch, &self.names)?;
                match batch.first() {
                    Some(shot) => Decoding::plain(codes).drawn_like(shot),
                    None => return Ok(false),
                }
            }
        };
        let is_done = decoding.advance(cx.model, cx.compute);
        if !matches!(is_done, Ok(true)) {
            self.decoding = Some(decoding);
            return is_done;
        }
        let (codes, pictures) = decoding.take();
        self.seen.take(cx, &codes, &pictures)?;
        Ok(true)
    }

    fn compare(
        &self,
        cx: &JobContext<'_>,
        reference: &'static Reference,
    ) -> Result<Background<[f64; 3]>, Fault> {
        let features = self.seen.features.clone();
        Background::start(cx.waker, move || {
            let dim = reference.dim;
            let frechet = frechet_distance(&Gaussian::fit(&features, dim), &reference.fitted);
            let (precision, recall) =
                spread(|| precision_and_recall(&reference.features, &features, dim, NEIGHBOURS));
            [frechet, precision, recall]
        })
    }
}

impl Seen {
    fn take(&mut self, cx: &JobContext<'_>, codes: &[Code], pictures: &[f32]) -> Result<(), Fault> {
        let judge = cx.model.judge().map_err(request_fault)?;
        let judge = judge.ok_or_else(|| no_reference(cx))?;
        // The judge is on the CPU, whatever decodes.
        let (features, judgements) = judge
            .look(pictures)
            .map_err(|error| Fault::Program(error.to_string()))?;
        self.features.extend(features);
        self.count += codes.len();
        for (code, judgement) in codes.iter().zip(&judgements) {
            if let Some((_, probability)) = judgement.class() {
                self.confidence += f64::from(probability);
                self.confident += 1;
            }
            if let Some(is_obeyed) = obeys(cx, code, judgement) {
                self.obeyed[0] += usize::from(is_obeyed);
                self.obeyed[1] += 1;
            }
        }
        // What a byte shows as black or white.
        let is_clipped = |value: &&f32| **value < 0.5 / 255.0 || **value > 254.5 / 255.0;
        self.clipped[0] += pictures.iter().filter(is_clipped).count();
        self.clipped[1] += pictures.len();
        Ok(())
    }

    fn likeness(&self, [frechet, precision, recall]: [f64; 3]) -> Likeness {
        let share = |[part, all]: [usize; 2]| part as f64 / all.max(1) as f64;
        Likeness {
            count: self.count,
            frechet,
            precision,
            recall,
            confidence: (self.confident > 0).then(|| self.confidence / self.confident as f64),
            obeyed: (self.obeyed[1] > 0).then(|| share(self.obeyed)),
            clipped: share(self.clipped),
        }
    }
}

/// Whether a picture shows what it was asked for: the one class, or every attribute and none that was ruled
/// out. `None` where nothing was asked that the judge knows, or several classes at once.
fn obeys(cx: &JobContext<'_>, code: &Code, judgement: &Judgement) -> Option<bool> {
    let vocabulary = cx.model.info.manifest.conditions.as_ref()?;
    let words = vocabulary.words.iter().zip(&code.condition);
    let asked: Vec<(&String, f32)> = words
        .map(|(word, weight)| (word, *weight))
        .filter(|(_, weight)| *weight != 0.0)
        .collect();
    match vocabulary.kind {
        VocabularyKind::Classes => {
            let mut wanted = asked.into_iter().filter(|(_, weight)| *weight > 0.0);
            let (Some((word, _)), None) = (wanted.next(), wanted.next()) else {
                return None;
            };
            let (class, _) = judgement.class()?;
            Some(stands_for(word, judgement.labels.get(class)?))
        }
        VocabularyKind::Attributes => {
            let shown = asked.iter().filter_map(|(word, weight)| {
                let labels = judgement.labels.iter();
                let mut seen = labels.zip(&judgement.probabilities);
                let (_, probability) = seen.find(|(label, _)| stands_for(word, label))?;
                Some((*probability > 0.5) == (*weight > 0.0))
            });
            shown.reduce(|all, one| all && one)
        }
    }
}

fn no_reference(cx: &JobContext<'_>) -> Fault {
    let name = cx.name();
    Fault::Request(format!(
        "there are no real pictures in the eyes of a judge to measure those of {name} by"
    ))
}

impl Work for Assess {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let (job, total) = (cx.job, self.shots.len());
        if !COUNTS.contains(&total) {
            return Err(Fault::Request(format!(
                "{total} pictures cannot be measured as a set; from {} to {} can",
                COUNTS.start(),
                COUNTS.end()
            )));
        }
        let reference = reference_for(&cx.model.info.manifest).ok_or_else(|| no_reference(cx))?;
        if let Some(comparing) = &self.comparing {
            let Some(found) = comparing.take()? else {
                return Ok(Slice::More(Vec::new()));
            };
            let likeness = self.seen.likeness(found);
            return Ok(Slice::Done(vec![Event::Assessed { job, likeness }]));
        }
        let has_new = self.draw(cx)?;
        let done = self.seen.count;
        if done >= total {
            self.comparing = Some(self.compare(cx, reference)?);
        }
        let progress = Event::Progress { job, done, total };
        Ok(Slice::More(
            has_new.then_some(progress).into_iter().collect(),
        ))
    }

    fn is_ready(&self) -> bool {
        self.comparing.as_ref().is_none_or(Background::is_over)
    }
}
