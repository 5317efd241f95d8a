//! A plan on its way into files.

use super::plan::Drawing;
use super::sinks::{Picture, Sink, StepPictures};
use super::{Output, Plan, RenderError};
use crate::document::Raster;
use crate::document::photo;
use crate::document::recipe::Animation;
use crate::engine::{Backlog, Event, Job};
use crate::files::place;
use crate::latent::expr::Expr;
use crate::latent::path::{ArcLength, Path as Way, step_length};
use crate::latent::{Code, EncodedPhoto};
use std::path::Path;
use std::sync::Arc;

/// A file on its way, between two events of the engine.
///
/// Dropped before [`Self::finish`], it leaves nothing behind. It can be sent to another thread.
pub struct Production {
    plan: Plan,
    sinks: Vec<Box<dyn Sink>>,
    /// The job that is to be done next.
    next: Option<Job>,
    stage: Underway,
    done: usize,
    /// The steps that the picture took; 1 where nobody asked for them.
    steps: usize,
    backlog: Backlog,
}

/// What comes now.
enum Underway {
    /// The codes of photos, so that the recipe makes the same where the photos are not.
    Photos(Photos),
    /// The way is measured, so that frames can be spread evenly over it.
    Survey(Survey),
    Pictures {
        total: usize,
    },
    /// The steps towards one picture, whose number comes with the first.
    Steps,
}

struct Photos {
    /// Files that are still to be encoded; the last one is next.
    waiting: Vec<String>,
    total: usize,
    /// The code of that one.
    found: Option<Code>,
    /// What is opened when the recipe is complete.
    outputs: Vec<Output>,
}

struct Survey {
    way: Way,
    animation: Animation,
    total: usize,
    /// The picture before.
    before: Option<Vec<f32>>,
    /// The lengths of the steps so far.
    steps: Vec<f64>,
}

impl Survey {
    fn take(&mut self, picture: &[f32]) {
        if let Some(before) = &self.before {
            self.steps.push(step_length(before, picture));
        }
        self.before = Some(picture.to_vec());
    }

    /// The frames, as far apart from each other as pictures.
    fn frames(&self) -> Vec<Expr> {
        frames(
            &self.way,
            &self.animation,
            ArcLength::from_steps(&self.steps).as_ref(),
        )
    }
}

fn frames(way: &Way, animation: &Animation, lengths: Option<&ArcLength>) -> Vec<Expr> {
    way.expressions(&way.frame_positions(animation.frames, animation.easing, lengths))
}

/// How far a production has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    pub stage: Stage,
    pub done: usize,
    pub total: usize,
}

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Pictures on the way are measured.
    Measuring,
    /// Pictures are put into the file.
    Drawing,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The picture of [`Output::Memory`].
    pub still: Option<Raster>,
    /// The steps that the picture took, where they were asked for; else 1.
    pub steps: usize,
}

impl Production {
    /// Opens the files of a plan.
    ///
    /// # Errors
    /// When one cannot be created, cannot hold such pictures, or is named twice.
    pub fn begin(plan: Plan, outputs: &[Output]) -> Result<Self, RenderError> {
        let inputs: Vec<&Path> = plan.inputs().iter().map(|path| path.as_path()).collect();
        let files: Vec<&Path> = outputs.iter().filter_map(Output::path).collect();
        place::check_apart(&inputs, &files).map_err(RenderError::Request)?;
        let mut production = Self {
            plan,
            sinks: Vec::new(),
            next: None,
            stage: Underway::Pictures { total: 0 },
            done: 0,
            steps: 1,
            backlog: Backlog::default(),
        };
        production.open(outputs)?;
        let waiting = production.plan.unknown_photos();
        if waiting.is_empty() {
            production.begin_drawing(outputs)?;
        } else {
            // Opened again with a recipe that holds the codes.
            production.sinks.clear();
            production.stage = Underway::Photos(Photos {
                total: waiting.len(),
                waiting,
                found: None,
                outputs: outputs.to_vec(),
            });
            production.next_photo()?;
        }
        Ok(production)
    }

    fn open(&mut self, outputs: &[Output]) -> Result<(), RenderError> {
        if outputs.iter().any(Output::carries_recipe) {
            let fits = self.plan.recipe().check_length();
            fits.map_err(|fault| {
                let fault = format!("{fault}, so it could not be read again; draw fewer pictures");
                RenderError::Request(fault)
            })?;
        }
        let sinks = outputs.iter().map(|output| output.open(&self.plan));
        self.sinks = sinks.collect::<Result<_, RenderError>>()?;
        Ok(())
    }

    /// Has the next photo encoded, or begins to draw.
    fn next_photo(&mut self) -> Result<(), RenderError> {
        let Underway::Photos(photos) = &mut self.stage else {
            return Ok(());
        };
        if let Some(file) = photos.waiting.last() {
            self.next = Some(Job::Evaluate {
                shot: self.plan.shot(Expr::Encode(file.clone())),
                names: Arc::clone(&self.plan.names),
            });
            return Ok(());
        }
        let outputs = std::mem::take(&mut photos.outputs);
        self.open(&outputs)?;
        self.begin_drawing(&outputs)
    }

    /// Puts what was found for a photo into the recipe.
    fn photo_done(&mut self) -> Result<(), RenderError> {
        let Underway::Photos(photos) = &mut self.stage else {
            return Ok(());
        };
        let (file, code) = (photos.waiting.pop(), photos.found.take());
        let (Some(file), Some(code)) = (file, code) else {
            return Err(no_answer());
        };
        let sha256 = photo::sha256(Path::new(&file))
            .map_err(|error| RenderError::Request(error.to_string()))?;
        self.plan.set_photo(file, EncodedPhoto { sha256, code });
        self.done += 1;
        self.next_photo()
    }

    fn begin_drawing(&mut self, outputs: &[Output]) -> Result<(), RenderError> {
        let with_steps = outputs.iter().any(|it| matches!(it, Output::Steps(..)));
        match &mut self.plan.drawing {
            Drawing::Sheet { expressions, .. } => {
                let expressions = std::mem::take(expressions);
                match with_steps {
                    true => self.step(expressions)?,
                    false => self.draw(expressions),
                }
            }
            Drawing::Walk { .. } if with_steps => return Err(no_steps()),
            Drawing::Walk { way, animation } if animation.even => {
                let survey = way.expressions(&way.survey_positions(animation.frames));
                self.done = 0;
                self.stage = Underway::Survey(Survey {
                    way: way.clone(),
                    animation: animation.clone(),
                    total: survey.len(),
                    before: None,
                    steps: Vec::with_capacity(survey.len()),
                });
                self.stream(survey);
            }
            Drawing::Walk { way, animation } => {
                let frames = frames(way, animation, None);
                self.draw(frames);
            }
        }
        Ok(())
    }

    fn draw(&mut self, expressions: Vec<Expr>) {
        self.done = 0;
        self.stage = Underway::Pictures {
            total: expressions.len(),
        };
        self.stream(expressions);
    }

    fn stream(&mut self, expressions: Vec<Expr>) {
        self.next = Some(Job::Stream {
            shots: self.plan.shots(expressions),
            names: Arc::clone(&self.plan.names),
            backlog: self.backlog.clone(),
        });
    }

    fn step(&mut self, expressions: Vec<Expr>) -> Result<(), RenderError> {
        let [expression] = expressions.try_into().map_err(|_| no_steps())?;
        self.stage = Underway::Steps;
        self.next = Some(Job::Steps {
            shot: self.plan.shot(expression),
            names: Arc::clone(&self.plan.names),
        });
        Ok(())
    }

    /// The job that is to be done now, whose events are to be [taken](Self::take) up to its end;
    /// `None` when all pictures are there.
    pub fn next_job(&mut self) -> Option<Job> {
        self.next.take()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let (stage, total) = match &self.stage {
            Underway::Photos(photos) => (Stage::Measuring, photos.total),
            Underway::Survey(survey) => (Stage::Measuring, survey.total),
            Underway::Pictures { total } => (Stage::Drawing, *total),
            Underway::Steps => (Stage::Drawing, self.steps),
        };
        Progress {
            stage,
            done: self.done,
            total,
        }
    }

    /// Takes an event of the current job. `goes_on` hears of every picture and ends the work by
    /// saying no.
    ///
    /// # Errors
    /// When the job has failed, a file cannot be written, or `goes_on` says no.
    pub fn take(
        &mut self,
        event: Event,
        goes_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(), RenderError> {
        match event {
            Event::Tile { first, values, .. } => {
                if first != self.done {
                    return Err(RenderError::Program(format!(
                        "picture {first} came where picture {} was due",
                        self.done
                    )));
                }
                let len = self.plan.sides.iter().product::<usize>().max(1);
                for values in values.chunks_exact(len) {
                    self.picture(values)?;
                    self.done += 1;
                    if !goes_on(self.progress()) {
                        return Err(RenderError::Cancelled);
                    }
                }
                self.backlog.tile_used(values.len());
                Ok(())
            }
            Event::Step {
                done,
                of,
                values,
                noisy,
                choices,
                ..
            } => {
                (self.done, self.steps) = (done, of);
                let step = StepPictures {
                    data: Picture::new(&values, &self.plan),
                    noisy: noisy.as_deref().map(|it| Picture::new(it, &self.plan)),
                    choices: &choices,
                };
                for sink in &mut self.sinks {
                    sink.add_step(&step, of, &self.plan)?;
                    if done == of {
                        sink.add(&step.data, &self.plan)?;
                    }
                }
                match goes_on(self.progress()) {
                    true => Ok(()),
                    false => Err(RenderError::Cancelled),
                }
            }
            Event::Evaluated { code, .. } => {
                if let Underway::Photos(photos) = &mut self.stage {
                    photos.found = Some(code);
                }
                Ok(())
            }
            Event::JobDone { .. } => self.job_done(),
            Event::JobFailed { fault, .. } => Err(RenderError::Engine(fault)),
            Event::JobCancelled { .. } => Err(RenderError::Cancelled),
            _ => Ok(()),
        }
    }

    fn picture(&mut self, values: &[f32]) -> Result<(), RenderError> {
        if let Underway::Survey(survey) = &mut self.stage {
            survey.take(values);
            return Ok(());
        }
        let picture = Picture::new(values, &self.plan);
        for sink in &mut self.sinks {
            sink.add(&picture, &self.plan)?;
        }
        Ok(())
    }

    fn job_done(&mut self) -> Result<(), RenderError> {
        if matches!(self.stage, Underway::Photos(_)) {
            return self.photo_done();
        }
        let Progress { done, total, .. } = self.progress();
        if done < total {
            return Err(no_answer());
        }
        if let Underway::Survey(survey) = &self.stage {
            let frames = survey.frames();
            self.draw(frames);
        }
        Ok(())
    }

    /// Gives the files their names. `goes_on` is asked a last time before that.
    ///
    /// # Errors
    /// When pictures are missing, a file cannot be written, or `goes_on` says no.
    pub fn finish(
        mut self,
        goes_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Made, RenderError> {
        let progress = self.progress();
        if progress.stage == Stage::Measuring || progress.done < progress.total {
            return Err(no_answer());
        }
        for sink in &mut self.sinks {
            sink.seal()?;
        }
        if !goes_on(progress) {
            return Err(RenderError::Cancelled);
        }
        let mut still = None;
        for sink in self.sinks {
            still = sink.finish()?.or(still);
        }
        let steps = self.steps;
        Ok(Made { still, steps })
    }
}

fn no_steps() -> RenderError {
    let fault = "only a single picture has steps on the way to it";
    RenderError::Request(fault.to_owned())
}

fn no_answer() -> RenderError {
    RenderError::program("the engine ended the work without an answer")
}
