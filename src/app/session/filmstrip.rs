//! The row of steps that the filmstrip shows, kept from frame to frame.

use crate::document::{History, NodeId, Snapshot};

/// The steps that lead to the current one and on from there by redo, oldest first.
#[derive(Default, Debug)]
pub struct Filmstrip {
    /// Ascending, for what comes later has the larger number.
    row: Vec<NodeId>,
}

impl Filmstrip {
    pub fn row(&self) -> &[NodeId] {
        &self.row
    }

    /// Forgets the row, as when another session is shown.
    pub(super) fn clear(&mut self) {
        self.row.clear();
    }

    /// Brings the row up to date. Takes no time to speak of unless the branch is another one.
    pub(super) fn follow(&mut self, history: &History<Snapshot>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Change, ModelLink, ModelOrigin, Session};

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
