//! The toy of the question that is read: what it is set to, and what it has written.
//!
//! The hazard here is a window that computes in every frame what a toy shows: it is computed when
//! the toy is set to something else. The words that it has written are not stored either. They
//! follow from its settings, its seed and how many they are, so a moved slider rewrites them.

use super::Learning;
use crate::app::param::Scale;
use crate::app::{Derived, Param, ParamId};
use crate::learn::Quantity;
use crate::learn::toy::shown::{Shown, here};
use crate::learn::toy::{NumberScale, Play, Toy};
use std::sync::Arc;

/// The most words that a toy writes at once before it is started over.
pub const MAX_WRITTEN: usize = 100;

/// What the panel asks of a toy.
#[derive(Clone, PartialEq, Debug)]
pub enum ToyAction {
    SetText(String),
    /// Write some words on.
    Write(usize),
    /// Take the last word back.
    TakeBack,
    /// Go on with a word of one's own choice.
    Take(String),
    /// Look along the row of a word, from 0.
    Look(usize),
    StartOver,
}

/// What a toy is set to, and how many words it has written.
#[derive(Clone, PartialEq, Debug)]
struct Stand {
    play: Play,
    written: usize,
}

impl Stand {
    fn at(play: Play) -> Self {
        Self { play, written: 0 }
    }
}

/// A toy in use.
#[derive(Debug)]
pub struct ToyBench {
    start: Stand,
    now: Stand,
    /// The word whose row of attention is looked along, from 0.
    query: usize,
    shown: Derived<Stand, Shown>,
    here: Derived<Stand, Play>,
    /// What is measured while it is played with, and of which state.
    numbers: Vec<(Quantity, Result<f64, String>)>,
    measured: Option<Arc<Play>>,
}

impl ToyBench {
    pub(super) fn new(toy: &Toy) -> Self {
        Self {
            start: Stand::at(toy.start.clone()),
            now: Stand::at(toy.start.clone()),
            query: usize::MAX,
            shown: Derived::default(),
            here: Derived::default(),
            numbers: Vec::new(),
            measured: None,
        }
    }

    /// What it is set to.
    pub fn play(&self) -> &Play {
        &self.now.play
    }

    /// Whether it has learned, so that it can show something at once.
    pub fn is_ready(&self) -> bool {
        self.now.play.kind().is_ready()
    }

    /// How many words it has written.
    pub fn written(&self) -> usize {
        self.now.written
    }

    /// The word whose row is looked along, of some; the last one unless another was chosen.
    pub fn query(&self, words: usize) -> usize {
        self.query.min(words.saturating_sub(1))
    }

    /// Whether it is as the question sets it.
    pub fn is_at_start(&self) -> bool {
        self.now == self.start
    }

    /// What it shows.
    pub fn shown(&self) -> Arc<Shown> {
        let Stand { play, written } = &self.now;
        self.shown.get_ref(&self.now, || Shown::of(play, *written))
    }

    /// Where it stands, with all that it has written: what measures call `here`.
    pub fn here(&self) -> Arc<Play> {
        let Stand { play, written } = &self.now;
        self.here.get_ref(&self.now, || here(play, *written))
    }

    /// The newest number of a measure, or why it has none.
    pub fn number(&self, quantity: &Quantity) -> Option<Result<f64, &str>> {
        let (_, value) = self.numbers.iter().find(|(known, _)| known == quantity)?;
        Some(value.as_ref().copied().map_err(String::as_str))
    }

    /// Measures what is asked for, where that or the toy has changed.
    pub(super) fn measure(&mut self, quantities: Vec<Quantity>) {
        let is_same = quantities.iter().eq(self.numbers.iter().map(|(it, _)| it));
        if !self.is_ready() || (is_same && quantities.is_empty()) {
            return;
        }
        let here = self.here();
        if is_same && self.measured.as_ref().is_some_and(|it| **it == *here) {
            return;
        }
        let number = |it: Quantity| {
            let value = it.of_toy(Some(&here));
            (it, value)
        };
        self.numbers = quantities.into_iter().map(number).collect();
        self.measured = Some(here);
    }

    pub(super) fn run(&mut self, action: ToyAction) {
        match action {
            ToyAction::SetText(text) => {
                self.now.play.set_text(&text);
                self.now.written = 0;
            }
            ToyAction::Write(count) => {
                self.now.written = (self.now.written + count).min(MAX_WRITTEN);
            }
            ToyAction::TakeBack => self.now.written = self.now.written.saturating_sub(1),
            ToyAction::Take(word) => {
                let mut play = (*self.here()).clone();
                play.append(&word);
                self.go_to(play);
            }
            ToyAction::Look(query) => self.query = query,
            ToyAction::StartOver => self.now = self.start.clone(),
        }
    }

    /// Sets it to something else, of which nothing is written yet.
    pub(super) fn go_to(&mut self, play: Play) {
        self.now = Stand::at(play);
    }
}

impl Learning {
    /// The toy of the question that is read.
    pub fn toy(&self) -> Option<&ToyBench> {
        self.open.as_ref()?.toy.as_ref()
    }

    pub(super) fn toy_mut(&mut self) -> Option<&mut ToyBench> {
        self.open.as_mut()?.toy.as_mut()
    }

    /// A setting of the toy as a row of the table of parameters.
    pub(in crate::app) fn toy_param(&self, key: &str) -> Option<Param> {
        let play = self.toy()?.play();
        let number = play.kind().numbers().iter().find(|it| it.key == key)?;
        let names = [number.label, number.label, number.about];
        let range = *number.range.start() as f32..=*number.range.end() as f32;
        let value = play.get(key)? as f32;
        let row = Param::new(
            ParamId::Toy(number.key),
            names,
            range,
            number.default as f32,
            value,
        );
        Some(row.scaled(match number.scale {
            NumberScale::Fine => Scale::Closed,
            NumberScale::Whole => Scale::Whole,
            NumberScale::Counts => Scale::Counts,
        }))
    }

    pub(in crate::app) fn set_toy_param(&mut self, key: &str, value: f32) {
        if let Some(bench) = self.toy_mut() {
            bench.now.play.set(key, value.into());
        }
    }
}
