//! Whose turn it is: more urgent classes first, round robin within a class.
//!
//! The hazard here is work that never gets a turn because something more urgent always comes: a
//! file being written while an animation plays. So after [`PATIENCE`] turns of more urgent
//! classes, waiting work gets one.

use super::{Class, JobId};
use std::collections::VecDeque;

/// Turns of more urgent work that less urgent work waits for, at most.
pub const PATIENCE: u32 = 8;

/// Work under way, in the order of its next turns.
pub struct Schedule<T> {
    visible: VecDeque<(JobId, T)>,
    background: VecDeque<(JobId, T)>,
    /// Turns of the visible class while the background waited.
    in_a_row: u32,
}

impl<T> Default for Schedule<T> {
    fn default() -> Self {
        Self {
            visible: VecDeque::new(),
            background: VecDeque::new(),
            in_a_row: 0,
        }
    }
}

impl<T> Schedule<T> {
    fn ring(&mut self, class: Class) -> &mut VecDeque<(JobId, T)> {
        match class {
            Class::Visible => &mut self.visible,
            Class::Background => &mut self.background,
        }
    }

    /// Adds work behind all of its class: new work, or work that has had its turn.
    pub fn push(&mut self, class: Class, id: JobId, work: T) {
        self.ring(class).push_back((id, work));
    }

    /// Puts work back at the head of its class, for the next turn.
    pub fn push_first(&mut self, class: Class, id: JobId, work: T) {
        self.ring(class).push_front((id, work));
    }

    /// Takes work out, wherever it waits.
    pub fn remove(&mut self, id: JobId) -> Option<T> {
        [Class::Visible, Class::Background]
            .into_iter()
            .find_map(|class| {
                let ring = self.ring(class);
                let at = ring.iter().position(|(known, _)| *known == id)?;
                ring.remove(at).map(|(_, work)| work)
            })
    }

    /// All work, in no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let all = self.visible.iter_mut().chain(&mut self.background);
        all.map(|(_, work)| work)
    }

    /// Whether anything can go on.
    pub fn has_ready(&self, is_ready: impl Fn(&T) -> bool) -> bool {
        let mut all = self.visible.iter().chain(&self.background);
        all.any(|(_, work)| is_ready(work))
    }

    /// Takes the work whose turn it is out, among that which can go on.
    pub fn next(&mut self, is_ready: impl Fn(&T) -> bool) -> Option<(Class, JobId, T)> {
        let first = |ring: &VecDeque<(JobId, T)>| ring.iter().position(|(_, work)| is_ready(work));
        let (class, at) = match (first(&self.visible), first(&self.background)) {
            (Some(_), Some(at)) if self.in_a_row >= PATIENCE => (Class::Background, at),
            (Some(at), waits) => {
                self.in_a_row = match waits {
                    Some(_) => self.in_a_row + 1,
                    None => 0,
                };
                (Class::Visible, at)
            }
            (None, Some(at)) => (Class::Background, at),
            (None, None) => return None,
        };
        if class == Class::Background {
            self.in_a_row = 0;
        }
        let (id, work) = self.ring(class).remove(at)?;
        Some((class, id, work))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work that is done after so many turns.
    fn turns(schedule: &mut Schedule<usize>, most: usize) -> Vec<u64> {
        let mut order = Vec::new();
        while order.len() < most
            && let Some((class, id, left)) = schedule.next(|_| true)
        {
            order.push(id.0);
            if left > 1 {
                schedule.push(class, id, left - 1);
            }
        }
        order
    }

    #[test]
    fn a_class_takes_turns() {
        let mut schedule = Schedule::default();
        for (id, left) in [(1, 3), (2, 1), (3, 2)] {
            schedule.push(Class::Visible, JobId(id), left);
        }
        assert_eq!(turns(&mut schedule, 99), [1, 2, 3, 1, 3, 1]);
    }

    #[test]
    fn what_is_visible_comes_first_and_the_background_is_not_starved() {
        let mut schedule = Schedule::default();
        schedule.push(Class::Background, JobId(1), 99);
        schedule.push(Class::Visible, JobId(2), 3);
        assert_eq!(turns(&mut schedule, 5), [2, 2, 2, 1, 1]);
        schedule.push(Class::Visible, JobId(3), 99);
        let order = turns(&mut schedule, 2 * (PATIENCE as usize + 1));
        let places = order.iter().enumerate().filter(|(_, id)| **id == 1);
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        assert_eq!(places, [8, 17], "{order:?}");
    }

    #[test]
    fn what_waits_for_another_thread_holds_nothing_up() {
        let mut schedule = Schedule::default();
        for id in 1..=3 {
            schedule.push(Class::Background, JobId(id), id);
        }
        schedule.push(Class::Visible, JobId(4), 4);
        let next = schedule.next(|&work| work > 1 && work < 4);
        assert_eq!(next.map(|(_, id, _)| id), Some(JobId(2)));
        assert!(schedule.has_ready(|&work| work == 4));
        assert_eq!(schedule.remove(JobId(4)), Some(4));
        assert_eq!(schedule.remove(JobId(4)), None);
        assert!(!schedule.has_ready(|&work| work == 4));
        assert_eq!(schedule.next(|_| false), None);
    }
}
