//! Pictures beside the main one: what a tool shows in its wells, strips, sheets and matrices.
//!
//! A tool says in every frame which pictures it requests; nothing is asked for twice.
//! What was there stays until something newer comes, so that nothing flickers under a hand.

use super::Thumbnail;
use super::jobs::{Jobs, Owner};
use crate::engine::{Event, Job, JobId, ModelId, ModelInfo};
use crate::latent::expr::Expr;
use crate::latent::{Code, Sampler, SessionNames, Shot};
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Up to this many pictures come within a frame or two: a newer request waits for them, so that
/// the set follows a dragging hand. A larger set gives way to the newer request.
const SMALL_SET: usize = 64;

/// Names a set of pictures: those of one part of one tool.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SetKey(pub &'static str);

/// Pictures that are to be shown in one set.
#[derive(Clone, PartialEq, Debug)]
pub struct PictureRequest {
    pub key: SetKey,
    pub model: ModelId,
    /// `None` leaves a place empty.
    pub expressions: Arc<[Option<Expr>]>,
    /// The settings for each place; `None` where all are drawn as the window draws.
    pub samplers: Option<Arc<[Sampler]>>,
}

impl PictureRequest {
    /// Pictures of expressions, in their order.
    pub fn new(
        key: SetKey,
        model: &ModelInfo,
        expressions: impl IntoIterator<Item = Expr>,
    ) -> Self {
        Self::with_gaps(key, model, expressions.into_iter().map(Some))
    }

    /// The same with places that stay empty.
    pub fn with_gaps(
        key: SetKey,
        model: &ModelInfo,
        expressions: impl IntoIterator<Item = Option<Expr>>,
    ) -> Self {
        Self {
            key,
            model: model.id.clone(),
            expressions: expressions.into_iter().collect(),
            samplers: None,
        }
    }

    /// The same drawn with settings of its own.
    #[must_use]
    pub fn drawn_with(self, sampler: Sampler) -> Self {
        let all = vec![sampler; self.expressions.len()];
        self.each_drawn_with(all)
    }

    /// The same with settings for each place.
    #[must_use]
    pub fn each_drawn_with(self, samplers: impl IntoIterator<Item = Sampler>) -> Self {
        Self {
            samplers: Some(samplers.into_iter().collect()),
            ..self
        }
    }

    /// The settings for a place, where the window draws with `usual`.
    fn sampler_at(&self, place: usize, usual: Sampler) -> Sampler {
        let own = self.samplers.as_ref().and_then(|all| all.get(place));
        own.copied().unwrap_or(usual)
    }

    /// Empties the places of the expressions that are wrong.
    pub(super) fn leave_out(&mut self, is_wrong: impl Fn(&Expr) -> bool) {
        let is_wrong = |wanted: &Option<Expr>| wanted.as_ref().is_some_and(&is_wrong);
        if self.expressions.iter().any(is_wrong) {
            let sound = self.expressions.iter();
            let sound =
                sound.map(|wanted| wanted.clone().filter(|it| !is_wrong(&Some(it.clone()))));
            self.expressions = sound.collect();
        }
    }
}

/// One picture with all that tools measure on it.
#[derive(Clone, PartialEq, Debug)]
pub struct DecodedPicture {
    /// No two pictures of a run have the same.
    pub id: u64,
    pub model: ModelId,
    pub expression: Expr,
    /// What it was drawn with.
    pub sampler: Sampler,
    /// The value of the expression.
    pub code: Code,
    pub image: ImageSpec,
    /// f32 `[C, H, W]` in 0..1.
    pub values: Arc<[f32]>,
    pub thumbnail: Thumbnail,
}

impl DecodedPicture {
    /// Whether it is the picture that a model draws of an expression.
    pub fn draws(&self, model: &ModelId, expression: &Expr) -> bool {
        self.model == *model && self.expression == *expression
    }

    /// Root mean square difference of the pixels, 0..1; `None` for pictures of different sizes.
    pub fn difference(&self, other: &Self) -> Option<f32> {
        if self.image != other.image || self.values.is_empty() {
            return None;
        }
        let squares = self.values.iter().zip(other.values.iter());
        let sum: f64 = squares.map(|(a, b)| f64::from(a - b).powi(2)).sum();
        Some((sum / self.values.len() as f64).sqrt() as f32)
    }
}

/// The pictures of one part of a tool, in the order of the request.
#[derive(Default, Debug)]
pub struct PictureSet {
    shown: Vec<Option<Arc<DecodedPicture>>>,
    asked: Option<Asked>,
    running: Option<Running>,
    failure: Option<String>,
}

/// The last request that went to the engine.
#[derive(Clone, Debug)]
struct Asked {
    request: PictureRequest,
    names: Arc<SessionNames>,
    /// The window's.
    sampler: Sampler,
}

impl Asked {
    /// Whether an expression means the same as in the last request.
    fn means_the_same(&self, model: &ModelId, names: &Arc<SessionNames>) -> bool {
        self.request.model == *model && Arc::ptr_eq(&self.names, names)
    }
}

/// A job under way.
#[derive(Debug)]
struct Running {
    job: JobId,
    /// Where each picture of the job belongs in the set.
    places: Vec<usize>,
}

static EMPTY: PictureSet = PictureSet {
    shown: Vec::new(),
    asked: None,
    running: None,
    failure: None,
};

impl PictureSet {
    /// The picture at a place of the request, if it has come; while a newer one is on its way,
    /// that of the request before.
    pub fn get(&self, index: usize) -> Option<&Arc<DecodedPicture>> {
        self.shown.get(index)?.as_ref()
    }

    /// All places in the order of the request.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&Arc<DecodedPicture>>> {
        self.shown.iter().map(Option::as_ref)
    }

    /// Whether every picture of the last request is there, or it cannot be fulfilled.
    pub fn is_complete(&self) -> bool {
        self.running.is_none()
    }

    /// How many of how many pictures have come of the request under way.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let places = &self.running.as_ref()?.places;
        let expressions = &self.asked.as_ref()?.request.expressions;
        let come = |place: &&usize| {
            let wanted = expressions.get(**place);
            self.get(**place)
                .is_some_and(|picture| wanted == Some(&Some(picture.expression.clone())))
        };
        Some((places.iter().filter(come).count(), places.len()))
    }

    /// Why the last request could not be fulfilled.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    fn ask(
        &mut self,
        engine: &mut Jobs,
        request: &PictureRequest,
        names: &Arc<SessionNames>,
        sampler: Sampler,
    ) {
        let is_asked = self.asked.as_ref().is_some_and(|asked| {
            let known = &asked.request;
            asked.means_the_same(&request.model, names)
                && asked.sampler == sampler
                && known.samplers == request.samplers
                && (Arc::ptr_eq(&known.expressions, &request.expressions)
                    || known.expressions == request.expressions)
        });
        if is_asked {
            return;
        }
        if let Some(running) = &self.running {
            if running.places.len() <= SMALL_SET {
                return;
            }
            engine.cancel(running.job);
        }
        let (shown, places) = self.reuse(request, names, sampler);
        self.shown = shown;
        self.failure = None;
        self.running = None;
        if !places.is_empty() {
            let shot = |&place: &usize| {
                let expression = request.expressions[place].clone()?;
                let sampler = request.sampler_at(place, sampler);
                Some(Shot::new(request.model.clone(), expression).with_sampler(sampler))
            };
            let decode = Job::Decode {
                shots: places.iter().filter_map(shot).collect(),
                names: Arc::clone(names),
            };
            let job = engine.submit(Owner::Pictures, decode);
            self.running = Some(Running { job, places });
        }
        self.asked = Some(Asked {
            request: request.clone(),
            names: Arc::clone(names),
            sampler,
        });
    }

    /// The pictures to show meanwhile, and the places that have to be decoded.
    fn reuse(
        &self,
        request: &PictureRequest,
        names: &Arc<SessionNames>,
        sampler: Sampler,
    ) -> (Vec<Option<Arc<DecodedPicture>>>, Vec<usize>) {
        let same_meaning = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.means_the_same(&request.model, names));
        let same_model = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.request.model == request.model);
        let mut places = Vec::new();
        let shown = request
            .expressions
            .iter()
            .enumerate()
            .map(|(place, wanted)| {
                let wanted = wanted.as_ref()?;
                let sampler = request.sampler_at(place, sampler);
                let known = |picture: &&Arc<DecodedPicture>| {
                    same_meaning && picture.expression == *wanted && picture.sampler == sampler
                };
                let here = self.get(place).filter(known);
                let elsewhere = || {
                    let is_small =
                        self.shown.len() <= SMALL_SET && request.expressions.len() <= SMALL_SET;
                    let mut others = self.shown.iter().flatten();
                    is_small
                        .then(|| others.find(|picture| known(picture)))
                        .flatten()
                };
                if let Some(picture) = here.or_else(elsewhere) {
                    return Some(Arc::clone(picture));
                }
                places.push(place);
                self.get(place).filter(|_| same_model).cloned()
            });
        (shown.collect(), places)
    }
}

/// One tile of a job, as the engine sends it.
pub struct Tile<'a> {
    pub job: JobId,
    pub first: usize,
    pub image: ImageSpec,
    pub values: &'a [f32],
    pub codes: &'a [Code],
}

impl<'a> Tile<'a> {
    /// The tile in an event, where there is one.
    pub fn of(event: &'a Event) -> Option<Self> {
        match event {
            Event::Tile {
                job,
                first,
                image,
                values,
                codes,
                ..
            } => Some(Self {
                job: *job,
                first: *first,
                image: *image,
                values,
                codes,
            }),
            _ => None,
        }
    }
}

/// The sets of all tools.
#[derive(Default, Debug)]
pub struct Pictures {
    sets: BTreeMap<SetKey, PictureSet>,
    next_id: u64,
}

impl Pictures {
    /// A set; empty when nothing was requested yet.
    pub fn set(&self, key: SetKey) -> &PictureSet {
        self.sets.get(&key).unwrap_or(&EMPTY)
    }

    /// Asks for what is not there and not on its way.
    pub(super) fn ask(
        &mut self,
        engine: &mut Jobs,
        requests: &[PictureRequest],
        names: &Arc<SessionNames>,
        sampler: Sampler,
    ) {
        for request in requests {
            let set = self.sets.entry(request.key).or_default();
            set.ask(engine, request, names, sampler);
        }
    }

    /// A number that no picture has had.
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Why the last request of any set could not be fulfilled.
    pub fn failures(&self) -> impl Iterator<Item = (SetKey, &str)> {
        let sets = self.sets.iter();
        sets.filter_map(|(key, set)| Some((*key, set.failure()?)))
    }

    /// Whether something is still on its way.
    pub fn is_settled(&self) -> bool {
        self.sets.values().all(PictureSet::is_complete)
    }

    /// Takes pictures that a set asked for.
    pub(super) fn accept(&mut self, tile: &Tile<'_>) {
        let owner = self.sets.values_mut().find_map(|set| {
            let is_of = set
                .running
                .as_ref()
                .is_some_and(|running| running.job == tile.job);
            is_of.then_some(set)
        });
        let Some(set) = owner else { return };
        let (Some(running), Some(asked)) = (&set.running, &set.asked) else {
            return;
        };
        let pictures = tile.values.chunks_exact(tile.image.len().max(1));
        let places = running.places.iter().skip(tile.first);
        for ((values, code), &place) in pictures.zip(tile.codes).zip(places) {
            let (Some(expression), Some(thumbnail), Some(slot)) = (
                asked
                    .request
                    .expressions
                    .get(place)
                    .and_then(Option::as_ref),
                Thumbnail::from_values(tile.image, values),
                set.shown.get_mut(place),
            ) else {
                continue;
            };
            self.next_id += 1;
            *slot = Some(Arc::new(DecodedPicture {
                id: self.next_id,
                model: asked.request.model.clone(),
                expression: expression.clone(),
                sampler: asked.request.sampler_at(place, asked.sampler),
                code: code.clone(),
                image: tile.image,
                values: Arc::from(values),
                thumbnail,
            }));
        }
    }

    /// Notes that a job came to its end, with the reason when it failed. Returns whether it was
    /// one of these.
    pub(super) fn end(&mut self, job: JobId, failure: Option<&str>) -> bool {
        for set in self.sets.values_mut() {
            if set
                .running
                .as_ref()
                .is_some_and(|running| running.job == job)
            {
                set.running = None;
                set.failure = failure.map(str::to_owned);
                return true;
            }
        }
        false
    }

    /// Asks again for everything, as after a model was loaded again.
    pub(super) fn forget(&mut self, engine: &Jobs) {
        for set in self.sets.values_mut() {
            if let Some(running) = set.running.take() {
                engine.cancel(running.job);
            }
            set.asked = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Decoders, DeviceChoice, Engine, EngineOptions, Event, ModelSource};

    fn engine_with_model() -> (Jobs, ModelId) {
        let engine = Engine::start(EngineOptions {
            device: DeviceChoice::Cpu,
            gpu: None,
            wake: Arc::new(|| {}),
            decoders: Decoders::default(),
        });
        let mut engine = Jobs::new(engine.expect("a thread"));
        engine.load(ModelSource::Catalogue("digits-vae2".to_owned()));
        loop {
            if let (None, Event::Loaded(model)) = engine.wait_event() {
                return (engine, model.id.clone());
            }
        }
    }

    fn pump(engine: &mut Jobs, pictures: &mut Pictures) {
        while !pictures.is_settled() {
            let (owner, event) = engine.wait_event();
            assert_eq!(owner, Some(Owner::Pictures), "{event:?}");
            if let Some(tile) = Tile::of(&event) {
                pictures.accept(&tile);
            }
            match event {
                Event::JobDone { job } | Event::JobCancelled { job } => {
                    pictures.end(job, None);
                }
                Event::JobFailed { job, fault } => {
                    pictures.end(job, Some(fault.sentence()));
                }
                _ => {}
            }
        }
        assert_eq!(engine.len(), 0, "a job that has ended has no owner");
    }

    const KEY: SetKey = SetKey("test");

    fn seeds(model: &ModelId, seeds: &[u32]) -> Vec<PictureRequest> {
        vec![PictureRequest {
            key: KEY,
            model: model.clone(),
            expressions: seeds.iter().map(|&seed| Some(Expr::Seed(seed))).collect(),
            samplers: None,
        }]
    }

    #[test]
    fn pictures_come_once_and_move_along() {
        let (mut engine, model) = engine_with_model();
        let (names, sampler) = (Arc::default(), Sampler::default());
        let mut pictures = Pictures::default();
        pictures.ask(&mut engine, &seeds(&model, &[1, 2, 3]), &names, sampler);
        pump(&mut engine, &mut pictures);
        let ids = |pictures: &Pictures| -> Vec<Option<u64>> {
            let set = pictures.set(KEY);
            set.iter()
                .map(|picture| picture.map(|picture| picture.id))
                .collect()
        };
        assert_eq!(ids(&pictures), [Some(1), Some(2), Some(3)]);
        pictures.ask(&mut engine, &seeds(&model, &[3, 1, 4]), &names, sampler);
        pump(&mut engine, &mut pictures);
        assert_eq!(
            ids(&pictures),
            [Some(3), Some(1), Some(4)],
            "two were known"
        );
        let set = pictures.set(KEY);
        let fourth = set.get(2).expect("it came");
        assert_eq!(fourth.expression, Expr::Seed(4));
        assert_eq!(fourth.difference(fourth), Some(0.0));
        assert!(set.get(0).and_then(|first| first.difference(fourth)) > Some(0.0));
    }

    #[test]
    fn a_place_with_settings_of_its_own_is_another_picture() {
        let (mut engine, model) = engine_with_model();
        let (names, usual) = (Arc::default(), Sampler::default());
        let few = Sampler { steps: 3, ..usual };
        let mut pictures = Pictures::default();
        let request = seeds(&model, &[1, 1])
            .remove(0)
            .each_drawn_with([usual, few]);
        pictures.ask(&mut engine, std::slice::from_ref(&request), &names, usual);
        pump(&mut engine, &mut pictures);
        let drawn = |pictures: &Pictures| -> Vec<(u64, Sampler)> {
            let come = pictures.set(KEY).iter().flatten();
            come.map(|it| (it.id, it.sampler)).collect()
        };
        assert_eq!(drawn(&pictures), [(1, usual), (2, few)]);
        // What the window draws with does not matter then.
        pictures.ask(&mut engine, &[request], &names, few);
        pump(&mut engine, &mut pictures);
        assert_eq!(drawn(&pictures), [(1, usual), (2, few)]);
        pictures.ask(&mut engine, &seeds(&model, &[1, 1]), &names, few);
        pump(&mut engine, &mut pictures);
        assert_eq!(
            drawn(&pictures),
            [(2, few), (2, few)],
            "the first was found"
        );
    }

    #[test]
    fn a_request_that_cannot_be_fulfilled_says_why() {
        let (mut engine, model) = engine_with_model();
        let mut pictures = Pictures::default();
        let unknown = PictureRequest {
            key: KEY,
            model,
            expressions: [Some(Expr::Named("nobody".to_owned()))].into(),
            samplers: None,
        };
        pictures.ask(&mut engine, &[unknown], &Arc::default(), Sampler::default());
        pump(&mut engine, &mut pictures);
        let failure = pictures.set(KEY).failure().expect("there is no such name");
        assert!(failure.contains("nobody"), "{failure}");
    }
}
