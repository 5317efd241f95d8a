//! The row of steps that the filmstrip shows, kept from frame to frame.

use crate::document::{History, NodeId, Snapshot};

/// The steps that lead to the current one and on from there by redo, oldest first.
#[derive(Default, Debug)]
pub struct Filmstrip {
    /// Ascending, for what comes later has the larger number.
    row: Vec<NodeId>,
    /// Those of the row that have a still: of steps with the same picture, one after the other, the
    /// last.
    stills: Vec<NodeId>,
    /// The ends of the row that the stills are of, and its length.
    stills_of: Option<(NodeId, NodeId, usize)>,
}

impl Filmstrip {
    pub fn row(&self) -> &[NodeId] {
        &self.row
    }

    /// The steps that have a still, oldest first.
    pub fn stills(&self) -> &[NodeId] {
        &self.stills
    }

    /// The place of the still that stands for a step.
    pub fn still_of(&self, id: NodeId) -> Option<usize> {
        self.row.binary_search(&id).ok()?;
        let place = self.stills.partition_point(|still| *still < id);
        (place < self.stills.len()).then_some(place)
    }

    /// Forgets the row, as when another session is shown.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Brings the row up to date. Takes no time to speak of unless the branch is another one.
    pub(super) fn follow(&mut self, history: &History<Snapshot>) {
        self.follow_row(history);
        let ends = self.row.first().copied().zip(self.row.last().copied());
        let is_of = ends.map(|(first, last)| (first, last, self.row.len()));
        if self.stills_of == is_of {
            return;
        }
        self.stills_of = is_of;
        let has_still = |place: usize| {
            let id = self.row[place];
            // What branches off stays within reach.
            let next = self
                .row
                .get(place + 1)
                .filter(|_| history.sibling_count(id) == 0);
            let states = next.and_then(|next| Some((history.get(id)?, history.get(*next)?)));
            states.is_none_or(|(this, next)| !is_same_picture(&this.state, &next.state))
        };
        let places = (0..self.row.len()).filter(|place| has_still(*place));
        self.stills = places.map(|place| self.row[place]).collect();
    }

    fn follow_row(&mut self, history: &History<Snapshot>) {
        let Some(current) = history.current() else {
            self.row.clear();
            return;
        };
        // What was forgotten stands at the front.
        let first = history.first();
        let forgotten = self.row.partition_point(|id| *id < first);
        self.row.drain(..forgotten);
        if self.row.binary_search(&current).is_ok() {
            return;
        }
        let parent = history.undo_target();
        let is_new_tip = parent.is_some()
            && self.row.last() == parent.as_ref()
            && history.redo_target().is_none();
        if is_new_tip {
            self.row.push(current);
        } else {
            self.row = history.row();
        }
    }
}

/// Whether two steps differ in what is set in the tools alone.
fn is_same_picture(a: &Snapshot, b: &Snapshot) -> bool {
    a.model == b.model && a.expression == b.expression && a.sampler == b.sampler
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Change, ModelLink, ModelOrigin, Session};

    #[test]
    fn steps_with_the_same_picture_have_one_still() {
        let model = ModelLink {
            name: "any".to_owned(),
            hash: "00".to_owned(),
            origin: ModelOrigin::Catalogue("any".to_owned()),
        };
        let mut session = Session::default();
        let mut strip = Filmstrip::default();
        for seed in [1, 1, 2, 2, 2, 3, 1] {
            let step = Change::Step {
                model: model.clone(),
                expression: format!("seed({seed})"),
                sampler: Default::default(),
                at_secs: 0,
                amends: false,
            };
            session.apply(&step).expect("it makes sense");
            strip.follow(session.history());
        }
        let row = strip.row().to_vec();
        assert_eq!(row.len(), 7);
        assert_eq!(strip.stills(), [row[1], row[4], row[5], row[6]]);
        assert_eq!(strip.still_of(row[0]), Some(0));
        assert_eq!(strip.still_of(row[3]), Some(1));
        assert_eq!(strip.still_of(row[6]), Some(3));
        strip.clear();
        assert_eq!(strip.still_of(row[6]), None);
    }

    #[test]
    fn the_row_is_that_of_the_history_whatever_happens() {
        let model = ModelLink {
            name: "any".to_owned(),
            hash: "00".to_owned(),
            origin: ModelOrigin::Catalogue("any".to_owned()),
        };
        let mut session = Session::default();
        let mut strip = Filmstrip::default();
        // A walk that steps, goes back, branches and jumps in an irregular order.
        let mut seeds = 1_u64;
        for _ in 0..500 {
            seeds = seeds
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let choice = seeds >> 33;
            let len = session.history().len() as u64;
            let change = if len < 2 || choice.is_multiple_of(3) {
                Change::Step {
                    model: model.clone(),
                    expression: format!("seed({choice})"),
                    sampler: Default::default(),
                    at_secs: 0,
                    amends: false,
                }
            } else {
                Change::GoTo(NodeId::new(choice % len))
            };
            session.apply(&change).expect("it makes sense");
            strip.follow(session.history());
            assert_eq!(strip.row(), session.history().row());
        }
    }
}
