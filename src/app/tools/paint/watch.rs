//! The grid of the current picture, and what the model expects at a place of it.
//!
//! Both follow the picture. One question is on its way at a time, and the next is asked when its
//! answer has come, so a moving brush does not queue up work.

use super::Cx;
use crate::app::{ByAddress, Workspace};
use crate::engine::{Job, JobId, ModelInfo};
use crate::latent::{SessionNames, Shot};
use std::sync::Arc;

/// What a grid belongs to.
#[derive(PartialEq, Debug)]
struct Of {
    shot: Shot,
    names: ByAddress<SessionNames>,
    /// Of the picture whose code it is; none where the engine was asked.
    generation: Option<u64>,
}

impl Of {
    fn current(workspace: &Workspace) -> Option<Self> {
        let model = workspace.model()?;
        let expression = workspace.position.expression().clone();
        Some(Self {
            shot: workspace.shot(&model.id, expression),
            names: ByAddress::new(&workspace.names),
            generation: None,
        })
    }

    /// Whether both are of the same picture, now that the window shows that of a generation.
    fn is_same(&self, current: &Self, shown: Option<u64>) -> bool {
        let is_shown = self.generation.is_none() || self.generation == shown;
        is_shown && self.shot == current.shot && self.names == current.names
    }
}

/// How likely each entry is at a place.
#[derive(Clone, PartialEq, Debug)]
pub struct Expected {
    pub place: usize,
    /// Of each entry, 0..1.
    pub probabilities: Vec<f32>,
    /// The likeliest entries, the likeliest first.
    pub likeliest: Vec<u32>,
}

/// How many of the likeliest entries are named.
const NAMED: usize = 8;

impl Expected {
    fn new(place: usize, probabilities: Vec<f32>) -> Self {
        let mut ranked: Vec<u32> = (0..probabilities.len() as u32).collect();
        let likely = |index: &u32| probabilities[*index as usize];
        ranked.sort_by(|a, b| likely(b).total_cmp(&likely(a)));
        ranked.truncate(NAMED);
        Self {
            place,
            probabilities,
            likeliest: ranked,
        }
    }

    /// How likely an entry is.
    pub fn of(&self, index: u32) -> f32 {
        let found = self.probabilities.get(index as usize);
        found.copied().unwrap_or(0.0)
    }
}

#[derive(Default, Debug)]
pub struct Watch {
    known: Option<(Of, Arc<[u32]>)>,
    finding: Option<(JobId, Of)>,
    failure: Option<(Of, String)>,
    place: Option<usize>,
    expected: Option<(Arc<[u32]>, Shot, Expected)>,
    expecting: Option<(JobId, Arc<[u32]>, Shot, usize)>,
    /// Whether the last question about a place could not be answered, and which.
    refused: Option<(Shot, usize)>,
}

impl Watch {
    /// Asks for what is not known of the current picture.
    pub fn follow(&mut self, cx: &mut Cx<'_>, model: &ModelInfo) {
        let Some(of) = Of::current(cx.workspace) else {
            return;
        };
        let of_another_model = |(known, _): &mut (Of, Arc<[u32]>)| known.shot.model != model.id;
        if self.known.take_if(of_another_model).is_some() {
            self.expected = None;
        }
        let frame = cx.workspace.preview.frame();
        let frame = frame.filter(|frame| *frame.shot == of.shot);
        let shown = frame.map(|frame| frame.generation);
        let is_known = |(known, _): &(Of, Arc<[u32]>)| known.is_same(&of, shown);
        if self.known.as_ref().is_some_and(is_known) {
            self.expect(cx, model);
            return;
        }
        // A picture of a grid brings it.
        let grid = model.manifest.grid().map(|grid| grid.space);
        let its = frame.filter(|frame| Some(frame.code.space) == grid);
        if let Some(frame) = its {
            self.failure = None;
            self.known = Some((
                Of {
                    generation: shown,
                    ..of
                },
                frame.code.values.indices().into(),
            ));
            return;
        }
        let is_on_its_way = cx.workspace.space_of(&of.shot.expression) == grid
            && cx.workspace.preview.failure().is_none();
        let has_failed = self.failure.as_ref().is_some_and(|(known, _)| *known == of);
        if !has_failed && !is_on_its_way && self.finding.is_none() {
            let job = cx.submit(Job::Grids {
                shots: vec![of.shot.clone()],
                names: Arc::clone(&cx.workspace.names),
            });
            self.finding = Some((job, of));
        }
    }

    /// Asks what is expected at the place that is looked at.
    fn expect(&mut self, cx: &mut Cx<'_>, model: &ModelInfo) {
        let Some(place) = self.place.filter(|_| model.manifest.writes()) else {
            return;
        };
        let Some((Of { shot, .. }, grid)) = &self.known else {
            return;
        };
        let is_expected = self.expected.as_ref().is_some_and(|(of, known, expected)| {
            Arc::ptr_eq(of, grid) && known == shot && expected.place == place
        });
        let is_refused = self
            .refused
            .as_ref()
            .is_some_and(|(of, at)| of == shot && *at == place);
        if is_expected || is_refused || self.expecting.is_some() || place >= grid.len() {
            return;
        }
        let (shot, grid) = (shot.clone(), Arc::clone(grid));
        let job = cx.submit(Job::Expect {
            shot: shot.clone(),
            names: Arc::clone(&cx.workspace.names),
            grid: Arc::clone(&grid),
            place,
        });
        self.expecting = Some((job, grid, shot, place));
    }

    pub fn indices(&self) -> Option<&Arc<[u32]>> {
        self.known.as_ref().map(|(_, grid)| grid)
    }

    /// The grid of the current picture itself, if it has come.
    pub fn settled(&self, workspace: &Workspace) -> Option<Arc<[u32]>> {
        let of = Of::current(workspace)?;
        let shown = workspace.preview.frame().map(|frame| frame.generation);
        let known = self.known.as_ref();
        let known = known.filter(|(known, _)| known.is_same(&of, shown));
        known.map(|(_, grid)| Arc::clone(grid))
    }

    pub fn failure(&self) -> Option<&str> {
        self.failure.as_ref().map(|(_, why)| why.as_str())
    }

    pub fn place(&self) -> Option<usize> {
        self.place
    }

    pub fn look_at(&mut self, place: usize) {
        self.place = Some(place);
    }

    /// What is expected at the place that is looked at.
    pub fn expected(&self) -> Option<&Expected> {
        let (_, _, expected) = self.expected.as_ref()?;
        Some(expected).filter(|expected| Some(expected.place) == self.place)
    }

    pub fn on_grids(&mut self, job: JobId, grids: &[Arc<[u32]>]) {
        let found = self.finding.take_if(|(of, _)| *of == job);
        if let (Some((_, of)), Some(grid)) = (found, grids.first()) {
            self.failure = None;
            self.known = Some((of, Arc::clone(grid)));
        }
    }

    pub fn on_expected(&mut self, job: JobId, probabilities: Vec<f32>) {
        if let Some((_, grid, shot, place)) = self.expecting.take_if(|(of, ..)| *of == job) {
            self.expected = Some((grid, shot, Expected::new(place, probabilities)));
        }
    }

    pub fn on_end(&mut self, job: JobId, failure: Option<&str>) {
        if let Some((_, of)) = self.finding.take_if(|(of, _)| *of == job)
            && let Some(why) = failure
        {
            self.failure = Some((of, why.to_owned()));
        }
        if let Some((_, _, shot, place)) = self.expecting.take_if(|(of, ..)| *of == job) {
            self.refused = Some((shot, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_entries_come_first() {
        let expected = Expected::new(3, vec![0.1, 0.6, 0.0, 0.3]);
        assert_eq!(expected.likeliest, [1, 3, 0, 2]);
        assert_eq!((expected.of(3), expected.of(9)), (0.3, 0.0));
        let many = Expected::new(0, vec![0.01; 100]);
        assert_eq!(many.likeliest.len(), NAMED);
    }
}
