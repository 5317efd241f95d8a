//! The loop of the engine thread: previews before visible work before background work, a slice at
//! a time, with a look into the mailbox between any two slices.

use super::compute::{BATCH_SHAPES, Backend};
use super::jobs::{RunningJob, Slice};
use super::load::{Load, Loading};
use super::mailbox::{Current, Mail, Mailbox, Order, Waker};
use super::models::Models;
use super::previews::Previews;
use super::schedule::{PATIENCE, Schedule};
use super::{Class, Decoders, EngineOptions, Event, JobId, ModelId};
use crate::latent::NoiseMode;
use crate::model::Fault;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// A slice that delays the preview noticeably.
const LONG_SLICE: Duration = Duration::from_millis(15);

/// Runs until the mailbox is closed or nobody listens any more.
pub fn run(options: EngineOptions, mailbox: &Arc<Mailbox>, events: SyncSender<Event>) {
    mailbox.stop().watch();
    let compute = Backend::choose(&options);
    let mut worker = Worker {
        mailbox: Arc::clone(mailbox),
        compute,
        models: Models::default(),
        previews: Previews::default(),
        in_a_row: 0,
        schedule: Schedule::default(),
        loads: 0,
        warm_up: VecDeque::new(),
        decoders: options.decoders,
        waker: mailbox.waker(),
        out: Outbox {
            events,
            wake: options.wake,
        },
    };
    worker.out.send(Event::Device(worker.compute.info.clone()));
    loop {
        let mail = mailbox.take(worker.is_idle(), worker.previews.rests_until());
        if mail.is_closed {
            break;
        }
        worker.accept(mail);
        worker.turn();
    }
}

/// Where events go.
struct Outbox {
    events: SyncSender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    fn send(&self, event: Event) {
        // With no listener left the mailbox is about to close.
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }
}

/// Work with an id.
enum Task {
    Job(RunningJob),
    Load(Load),
}

struct Worker {
    mailbox: Arc<Mailbox>,
    compute: Backend,
    models: Models,
    previews: Previews,
    /// Previews that had their turn while a task waited.
    in_a_row: u32,
    schedule: Schedule<Task>,
    /// How many of the tasks are loads.
    loads: usize,
    /// Batch shapes whose kernels are not compiled yet, with the number of the shape.
    warm_up: VecDeque<(ModelId, usize)>,
    decoders: Decoders,
    waker: Waker,
    out: Outbox,
}

impl Worker {
    /// Whether there is nothing to do until mail comes or another thread is finished.
    fn is_idle(&self) -> bool {
        !self.previews.has_ready(|id| self.can_draw(id))
            && !self.schedule.has_ready(|task| self.is_ready(task))
            && self.warm_up.is_empty()
    }

    /// Whether work with a model need not wait for a load. Where none is under way it fails.
    fn can_draw(&self, model: &ModelId) -> bool {
        self.loads == 0 || self.models.contains(model)
    }

    fn is_ready(&self, task: &Task) -> bool {
        match task {
            Task::Load(load) => load.is_ready(),
            Task::Job(job) => job.is_ready() && job.model().is_none_or(|id| self.can_draw(id)),
        }
    }

    fn accept(&mut self, mail: Mail) {
        for (request, arrived) in mail.previews.into_values() {
            self.previews.put(request, arrived);
        }
        for (id, class, order) in mail.orders {
            match order {
                Order::Job(job) => {
                    let task = Task::Job(RunningJob::new(id, *job));
                    self.schedule.push(class, id, task);
                }
                Order::Load(source) => {
                    // What is asked for of the model waits for this.
                    self.loads += 1;
                    let task = Task::Load(Load::new(source));
                    self.schedule.push_first(class, id, task);
                }
            }
        }
        for job in mail.cancelled {
            if let Some(task) = self.schedule.remove(job) {
                self.loads -= usize::from(matches!(task, Task::Load(_)));
                self.out.send(Event::JobCancelled { job });
            }
        }
    }

    /// Does one slice of what is most urgent.
    fn turn(&mut self) {
        let has_task = self.schedule.has_ready(|task| self.is_ready(task));
        let has_preview = self.previews.has_ready(|id| self.can_draw(id));
        if has_preview && (self.in_a_row < PATIENCE || !has_task) {
            self.in_a_row = if has_task { self.in_a_row + 1 } else { 0 };
            self.preview();
            return;
        }
        self.in_a_row = 0;
        // The schedule is lent out while it asks what can go on.
        let mut schedule = std::mem::take(&mut self.schedule);
        let next = schedule.next(|task| self.is_ready(task));
        self.schedule = schedule;
        match next {
            Some((class, id, task)) => self.task(class, id, task),
            None => self.warm_up(),
        }
    }

    fn preview(&mut self) {
        let (models, loads) = (&self.models, self.loads);
        let can_draw = |id: &ModelId| loads == 0 || models.contains(id);
        let Some((stage, is_sketched)) = self.previews.next(can_draw) else {
            return;
        };
        let sharpening = is_sketched.then_some(Current::Sharpening(stage));
        self.mailbox.work_on(sharpening);
        match self.previews.turn(stage, models, &self.compute) {
            Ok(None) => {}
            Ok(Some(event)) => self.out.send(event),
            // The program ends, or there is a newer request.
            Err(_) if self.is_stopped() => {}
            Err(fault) => self.fall_back(fault),
        }
    }

    /// Whether nobody wants what the last slice was to give.
    fn is_stopped(&self) -> bool {
        self.mailbox.stop().is_set()
    }

    fn task(&mut self, class: Class, id: JobId, task: Task) {
        let started = Instant::now();
        self.mailbox.work_on(Some(Current::Job(id)));
        match task {
            Task::Job(job) => self.job(class, id, job),
            Task::Load(load) => self.load(class, id, load),
        }
        let took = started.elapsed();
        if took > LONG_SLICE {
            log::debug!("a slice of {id:?} took {took:?}");
        }
    }

    fn job(&mut self, class: Class, job: JobId, mut running: RunningJob) {
        match running.slice(&self.models, &self.compute, &self.waker) {
            Ok(Slice::More(events)) => {
                events.into_iter().for_each(|event| self.out.send(event));
                self.schedule.push(class, job, Task::Job(running));
            }
            Ok(Slice::Done(events)) => {
                events.into_iter().for_each(|event| self.out.send(event));
                self.out.send(Event::JobDone { job });
            }
            // It goes when its cancel is read.
            Err(_) if self.is_stopped() => self.schedule.push(class, job, Task::Job(running)),
            Err(fault @ Fault::Device(_)) if self.compute.is_gpu() => {
                self.schedule.push_first(class, job, Task::Job(running));
                self.fall_back(fault);
            }
            Err(fault) => self.out.send(Event::JobFailed { job, fault }),
        }
    }

    fn load(&mut self, class: Class, job: JobId, mut load: Load) {
        if let Some(info) = self.models.held(load.source()) {
            self.loads -= 1;
            self.out.send(Event::Loaded(Arc::clone(info)));
            return;
        }
        match load.slice(&self.compute, &self.decoders, &self.waker) {
            Ok(Loading::More { done, total }) => {
                if total > 0 {
                    self.out.send(Event::Loading {
                        job,
                        source: load.source().clone(),
                        done,
                        total,
                    });
                }
                self.schedule.push(class, job, Task::Load(load));
            }
            Ok(Loading::Done(model)) => {
                self.loads -= 1;
                let info = Arc::clone(&model.info);
                self.models.insert(*model);
                if self.compute.is_gpu() {
                    let shapes = 0..BATCH_SHAPES.len();
                    self.warm_up
                        .extend(shapes.map(|shape| (info.id.clone(), shape)));
                }
                self.out.send(Event::Loaded(info));
            }
            Err(_) if self.is_stopped() => self.schedule.push(class, job, Task::Load(load)),
            Err(fault @ Fault::Device(_)) if self.compute.is_gpu() => {
                self.schedule.push_first(class, job, Task::Load(load));
                self.fall_back(fault);
            }
            Err(fault) => {
                self.loads -= 1;
                let source = load.source().clone();
                self.out.send(Event::LoadFailed { source, fault });
            }
        }
    }

    /// Goes on with the CPU; nothing but the device is lost.
    fn fall_back(&mut self, fault: Fault) {
        let message = fault.to_string();
        log::warn!("decoding goes on with the CPU: {message}");
        self.compute = Backend::cpu(Some(message));
        self.warm_up.clear();
        if let Err(error) = self.models.move_to(&self.compute.device, &self.decoders) {
            log::error!("{error}");
        }
        self.previews.device_changed();
        for task in self.schedule.iter_mut() {
            if let Task::Load(load) = task {
                load.device_changed();
            }
        }
        self.out.send(Event::Device(self.compute.info.clone()));
    }

    /// Compiles the kernels of one batch shape by decoding it once.
    fn warm_up(&mut self) {
        let Some((id, shape)) = self.warm_up.pop_front() else {
            return;
        };
        let total = BATCH_SHAPES.len();
        if shape == 0 {
            self.out.send(Event::Warming {
                model: id.clone(),
                done: 0,
                total,
            });
        }
        self.mailbox.work_on(None);
        if let Ok(model) = self.models.get(&id) {
            let inputs = vec![0.0; BATCH_SHAPES[shape] * model.generator.input_len()];
            let decoded = self
                .compute
                .decode(&model.generator, &inputs, NoiseMode::Const);
            if let Err(fault) = decoded
                && !self.is_stopped()
            {
                self.fall_back(fault);
                return;
            }
        }
        self.out.send(Event::Warming {
            model: id,
            done: shape + 1,
            total,
        });
    }
}
