//! An engine without a window: start it, load a model, wait for what was asked.

use super::args::ConditionArgs;
use super::error::CliError;
use super::{complain, interrupt};
use crate::document::codes;
use crate::engine::{
    BenchTarget, Class, Decoders, DeviceChoice, DeviceInfo, Engine, EngineOptions, Event, Fault,
    Frame, Job, JobId, ModelInfo, ModelSource, NoEvent, PreviewRequest, StageId,
};
use crate::latent::expr::{self, Expr};
use crate::latent::{Code, NoiseMode, Sampler, SessionNames, Shot};
use crate::model::measurement::Measurement;
use crate::render::Setup;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for an event before looking for Ctrl+C.
const POLL: Duration = Duration::from_millis(50);

/// An engine with one model loaded.
pub struct Session {
    engine: Engine,
    model: Arc<ModelInfo>,
    device: Option<DeviceInfo>,
    generation: u64,
    setup: Setup,
}

impl Session {
    /// Starts an engine and waits until the model is loaded.
    ///
    /// # Errors
    /// When the model is not sound, or no engine can be started.
    pub fn open(source: ModelSource, device: DeviceChoice) -> Result<Self, CliError> {
        interrupt::watch();
        let engine = Engine::start(EngineOptions {
            device,
            gpu: None,
            wake: Arc::new(|| {}),
            decoders: Decoders::default(),
        })
        .map_err(|error| CliError::Failed(format!("the engine cannot be started: {error}")))?;
        let name = source_name(&source);
        engine.load(source);
        let mut found = None;
        let model = loop {
            match next_event(&engine)? {
                Some(Event::Device(info)) => found = Some(info),
                Some(Event::Loaded(model)) => break model,
                Some(Event::LoadFailed { fault, .. }) => {
                    let sentence = about(&name, fault.sentence());
                    return Err(match fault {
                        Fault::Request(_) => CliError::BadInput(sentence),
                        Fault::Device(_) | Fault::Program(_) => CliError::Failed(sentence),
                    });
                }
                Some(_) | None => {}
            }
        };
        let asked_for_gpu = device == DeviceChoice::Gpu;
        if let Some(why) = found.as_ref().and_then(|info| info.fallback.as_deref())
            && asked_for_gpu
        {
            complain(&format!("note: {why}"));
        }
        Ok(Self {
            engine,
            model,
            device: found,
            generation: 0,
            setup: Setup::default(),
        })
    }

    pub fn model(&self) -> &ModelInfo {
        &self.model
    }

    /// The device that decodes, where the engine has said so.
    pub fn device(&self) -> Option<&DeviceInfo> {
        self.device.as_ref()
    }

    /// From now on expressions mean these names, and pictures are decoded with these settings.
    /// Says so where the model has no use for a setting.
    pub fn set_context(&mut self, names: SessionNames, sampler: Sampler) {
        if sampler.noise != NoiseMode::Const && !self.model.manifest.takes_noise_with(&sampler) {
            let name = &self.model.id.name;
            complain(&format!(
                "note: {name} adds no noise, so all noise settings give the same picture"
            ));
        }
        let in_steps = Sampler {
            noise: sampler.noise,
            ..Sampler::default()
        };
        if sampler != in_steps && !self.model.manifest.takes_steps() {
            let name = &self.model.id.name;
            complain(&format!(
                "note: {name} makes a picture in one step, so no setting of a sampler changes it"
            ));
        }
        self.setup.names = Arc::new(names);
        self.setup.sampler = sampler;
    }

    /// Says which words that were asked for exclude each other. The pictures are made all the same.
    pub fn note_words(&self, condition: &ConditionArgs) {
        for note in condition.notes(self.model.manifest.conditions.as_ref()) {
            complain(&format!("note: {note}"));
        }
    }

    /// Notes files that pictures come from besides those of the names, which no output may replace.
    pub fn note_files(&mut self, files: &[PathBuf]) {
        self.setup.files.extend_from_slice(files);
    }

    /// What pictures are made with besides their expressions.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Names the codes of files for expressions, and gives their names in the order of the files.
    ///
    /// # Errors
    /// When a file holds no codes, or two codes have the same name.
    pub fn name_codes(
        &mut self,
        files: &[PathBuf],
        sampler: Sampler,
    ) -> Result<Vec<String>, CliError> {
        let mut names = SessionNames::default();
        let mut order = Vec::new();
        for file in files {
            let read = codes::read_codes(file, &self.model.manifest.spaces)
                .map_err(|error| CliError::BadInput(error.to_string()))?;
            for note in &read.notes {
                complain(&format!("note: {}: {note}", file.display()));
            }
            for (name, code) in read.codes {
                if names.codes.insert(name.clone(), code).is_some() {
                    let fault = format!("another file has a code named {name:?} too");
                    return Err(CliError::bad_input(file.display(), fault));
                }
                order.push(name);
            }
        }
        self.setup.files = files.to_vec();
        self.set_context(names, sampler);
        Ok(order)
    }

    /// The picture of an expression with this session's settings.
    fn shot(&self, expression: Expr) -> Shot {
        Shot::new(self.model.id.clone(), expression).with_sampler(self.setup.sampler)
    }

    /// The code of an expression.
    ///
    /// # Errors
    /// When the expression asks for what neither the model nor the disk has.
    pub fn evaluate(&mut self, expression: &Expr) -> Result<Code, CliError> {
        let job = Job::Evaluate {
            shot: self.shot(expression.clone()),
            names: Arc::clone(&self.setup.names),
        };
        let mut answer = None;
        let finished = self.run(job, |event| {
            if let Event::Evaluated { code, .. } = event {
                answer = Some(code);
            }
            Ok(())
        });
        match finished {
            Err(error) => Err(of_expression(error)),
            Ok(()) => answer.ok_or_else(no_answer),
        }
    }

    /// Asks for the pictures of seeds as a hand does, `between` after each other, while `jobs`
    /// run, each begun again when it ends. Gives milliseconds from each request to its frame.
    ///
    /// # Errors
    /// When a job or a preview fails or the work was stopped.
    pub fn previews_beside(
        &mut self,
        jobs: &[(Class, Job)],
        seeds: Range<u32>,
        between: Duration,
    ) -> Result<Vec<f64>, CliError> {
        let begin = |(class, job): &(Class, Job)| self.engine.submit_as(*class, job.clone());
        let mut running: Vec<JobId> = jobs.iter().map(begin).collect();
        let mut times = Vec::with_capacity(seeds.len());
        let outcome = self.previews_while(&mut running, jobs, seeds, between, &mut times);
        for job in running {
            self.engine.cancel(job);
        }
        outcome.map(|()| times)
    }

    fn previews_while(
        &mut self,
        running: &mut [JobId],
        jobs: &[(Class, Job)],
        seeds: Range<u32>,
        between: Duration,
        times: &mut Vec<f64>,
    ) -> Result<(), CliError> {
        for seed in seeds {
            let asked = Instant::now();
            let wanted = self.ask(Expr::Seed(seed));
            let mut is_there = false;
            while !is_there || asked.elapsed() < between {
                match self.next_event()? {
                    Some(Event::Frame(frame)) if frame.generation == wanted && frame.is_last() => {
                        times.push(asked.elapsed().as_secs_f64() * 1e3);
                        is_there = true;
                    }
                    Some(Event::PreviewFailed { fault, .. }) => {
                        return Err(CliError::Failed(fault.to_string()));
                    }
                    Some(Event::JobFailed { fault, .. }) => return Err(CliError::Job(fault)),
                    Some(Event::JobDone { job }) => {
                        let place = running.iter().position(|known| *known == job);
                        if let Some(place) = place
                            && let Some((class, job)) = jobs.get(place)
                        {
                            running[place] = self.engine.submit_as(*class, job.clone());
                        }
                    }
                    Some(_) | None => {}
                }
            }
        }
        Ok(())
    }

    /// Measures all that can be measured of the pictures of expressions, in order.
    ///
    /// # Errors
    /// When an expression asks for what the model does not have, decoding fails or the work was
    /// stopped.
    pub fn examine(
        &mut self,
        sampler: Sampler,
        expressions: Vec<Expr>,
    ) -> Result<Vec<Measurement>, CliError> {
        let shot = |it| self.shot(it).with_sampler(sampler);
        let job = Job::Examine {
            shots: expressions.into_iter().map(shot).collect(),
            names: Arc::clone(&self.setup.names),
        };
        let mut answer = None;
        self.run(job, |event| {
            if let Event::Examined { measurements, .. } = event {
                answer = Some(measurements);
            }
            Ok(())
        })?;
        answer.ok_or_else(no_answer)
    }

    /// Milliseconds of each of `repeats` decodes or mappings.
    ///
    /// # Errors
    /// When decoding or mapping fails or the work was stopped.
    pub fn bench(&mut self, what: BenchTarget, repeats: usize) -> Result<Vec<f64>, CliError> {
        let job = Job::Bench {
            model: self.model.id.clone(),
            what,
            repeats,
        };
        let mut answer = Vec::new();
        self.run(job, |event| {
            if let Event::Benched { times_ms, .. } = event {
                answer = times_ms;
            }
            Ok(())
        })?;
        if answer.is_empty() {
            Err(no_answer())
        } else {
            Ok(answer)
        }
    }

    /// Asks for one picture as the window does, and waits for it.
    ///
    /// # Errors
    /// When decoding fails or the work was stopped.
    pub fn preview(&mut self, expression: Expr) -> Result<Frame, CliError> {
        let wanted = self.ask(expression);
        loop {
            match self.next_event()? {
                Some(Event::Frame(frame)) if frame.generation == wanted && frame.is_last() => {
                    return Ok(frame);
                }
                Some(Event::PreviewFailed {
                    generation, fault, ..
                }) if generation == wanted => {
                    return Err(CliError::Failed(fault.to_string()));
                }
                Some(_) | None => {}
            }
        }
    }

    /// Asks for one picture; gives the generation of its frames.
    fn ask(&mut self, expression: Expr) -> u64 {
        self.generation += 1;
        self.engine.preview(PreviewRequest {
            stage: StageId::default(),
            generation: self.generation,
            shot: self.shot(expression),
            names: Arc::clone(&self.setup.names),
        });
        self.generation
    }

    /// Runs one job to its end and hands over all its events, the end included; an error of
    /// `on_event` cancels it.
    ///
    /// # Errors
    /// When the job fails, `on_event` does, or the work was stopped.
    pub fn run(
        &mut self,
        job: Job,
        mut on_event: impl FnMut(Event) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let id = self.engine.submit(job);
        let mut next = || loop {
            if let Some(event) = self.next_event()?
                && event.job() == Some(id)
            {
                let end = match &event {
                    Event::JobDone { .. } => Some(Ok(())),
                    Event::JobFailed { fault, .. } => Some(Err(CliError::Job(fault.clone()))),
                    Event::JobCancelled { .. } => Some(Err(CliError::Interrupted)),
                    _ => None,
                };
                on_event(event)?;
                if let Some(end) = end {
                    return end;
                }
            }
        };
        let outcome = next();
        if outcome.is_err() {
            self.engine.cancel(id);
        }
        outcome
    }

    fn next_event(&mut self) -> Result<Option<Event>, CliError> {
        let event = next_event(&self.engine)?;
        if let Some(Event::Device(info)) = &event {
            self.device = Some(info.clone());
        }
        Ok(event)
    }
}

/// Reads an expression that a person typed.
///
/// # Errors
/// When it is none; the message names the column.
pub fn parse(text: &str) -> Result<Expr, CliError> {
    expr::parse(text).map_err(|fault| CliError::bad_input("the expression", fault))
}

/// The next event of the engine, or none within a short while.
fn next_event(engine: &Engine) -> Result<Option<Event>, CliError> {
    if interrupt::asked() {
        return Err(CliError::Interrupted);
    }
    match engine.wait_event(POLL) {
        Ok(event) => Ok(Some(event)),
        Err(NoEvent::Timeout) => Ok(None),
        Err(NoEvent::Stopped) => Err(CliError::Failed("the engine has stopped".to_owned())),
    }
}

/// What is wrong with an expression is bad input; the rest stays as it is.
fn of_expression(error: CliError) -> CliError {
    match error {
        CliError::Job(Fault::Request(sentence)) => CliError::bad_input("the expression", sentence),
        other => other,
    }
}

fn no_answer() -> CliError {
    CliError::Failed("the engine ended the work without an answer".to_owned())
}

fn source_name(source: &ModelSource) -> String {
    match source {
        ModelSource::Catalogue(name) => name.clone(),
        ModelSource::File(path) => path.display().to_string(),
    }
}

/// The message with the model's name in front, unless it names it already.
fn about(name: &str, message: &str) -> String {
    if message.contains(name) {
        message.to_owned()
    } else {
        format!("{name}: {message}")
    }
}
