//! The laws of undo and redo, over random walks through a history.

use proptest::prelude::*;
use std::collections::BTreeSet;
use zscape::document::history::{History, HistoryError, Limits, NodeId, Part};

/// What a hand can do.
#[derive(Clone, Copy, Debug)]
enum Act {
    Push(u16),
    Undo,
    Redo,
    Jump(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => any::<u16>().prop_map(Act::Push),
        2 => Just(Act::Undo),
        2 => Just(Act::Redo),
        1 => any::<usize>().prop_map(Act::Jump),
    ];
    prop::collection::vec(act, 0..120)
}

fn number(history: &History<u16>, index: usize) -> NodeId {
    let first = history.first().number();
    NodeId::new(first + (index % history.len().max(1)) as u64)
}

fn run(history: &mut History<u16>, act: Act) {
    match act {
        Act::Push(state) => {
            history.push(state, 7, 10);
        }
        Act::Undo => {
            history.undo();
        }
        Act::Redo => {
            history.redo();
        }
        Act::Jump(index) => {
            let id = number(history, index);
            assert_eq!(history.go_to(id), !history.is_empty());
        }
    }
}

fn after(acts: &[Act]) -> History<u16> {
    let mut history = History::default();
    acts.iter().for_each(|&act| run(&mut history, act));
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn redo_takes_back_undo_and_undo_takes_back_redo(acts in acts()) {
        let mut history = after(&acts);
        let here = history.current();
        if history.undo().is_some() {
            prop_assert_eq!(history.redo(), here);
        }
        if history.redo().is_some() {
            prop_assert_eq!(history.undo(), here);
        }
    }

    #[test]
    fn a_change_is_taken_back_by_one_undo(acts in acts(), state: u16) {
        let mut history = after(&acts);
        let before = history.current();
        let new = history.push(state, 1, 10);
        prop_assert_eq!(history.undo(), before);
        if before.is_some() {
            prop_assert_eq!(history.redo(), Some(new));
        }
    }

    #[test]
    fn nothing_is_ever_lost(acts in acts()) {
        let mut history = History::default();
        let mut pushed = Vec::new();
        for act in acts {
            if let Act::Push(state) = act {
                pushed.push(state);
            }
            run(&mut history, act);
        }
        prop_assert_eq!(history.len(), pushed.len());
        for (index, state) in pushed.iter().enumerate() {
            let id = NodeId::new(index as u64);
            prop_assert!(history.go_to(id), "every step can be gone to");
            prop_assert_eq!(history.current_state(), Some(state));
        }
    }

    #[test]
    fn a_jump_and_a_jump_back_change_nothing_that_is_seen(acts in acts(), there: usize) {
        let mut history = after(&acts);
        let Some(here) = history.current() else { return Ok(()) };
        let before = history.row();
        history.go_to(number(&history, there));
        history.go_to(here);
        // What lies before is the same; what redo goes to may be the branch that was visited.
        let place = before.iter().position(|id| *id == here).expect("one stands on the row");
        prop_assert_eq!(&history.row()[..=place], &before[..=place]);
    }

    #[test]
    fn going_to_and_fro_on_the_row_keeps_the_row(acts in acts(), steps in prop::collection::vec(any::<usize>(), 0..20)) {
        let mut history = after(&acts);
        let row = history.row();
        for step in steps {
            if let Some(&id) = row.get(step % row.len().max(1)) {
                history.go_to(id);
            }
            prop_assert_eq!(history.row(), row.clone());
        }
    }

    #[test]
    fn the_row_is_a_way_through_the_tree(acts in acts()) {
        let history = after(&acts);
        let row = history.row();
        prop_assert!(row.is_sorted() && row.iter().collect::<BTreeSet<_>>().len() == row.len());
        prop_assert_eq!(history.current().is_some(), !row.is_empty());
        for pair in row.windows(2) {
            prop_assert_eq!(history.get(pair[1]).expect("a step").parent(), Some(pair[0]));
        }
        if let Some(current) = history.current() {
            prop_assert!(row.contains(&current));
        }
    }

    #[test]
    fn a_branch_keeps_its_siblings(acts in acts(), a: u16, b: u16) {
        let mut history = after(&acts);
        history.push(0, 1, 10);
        let first = history.push(a, 1, 10);
        history.undo();
        let second = history.push(b, 1, 10);
        let siblings: Vec<NodeId> = history.siblings(second).collect();
        prop_assert!(siblings.contains(&first) && !siblings.contains(&second));
        prop_assert_eq!(history.sibling_count(second), siblings.len());
        prop_assert_eq!(history.get(first).expect("it is still there").state, a);
        for (id, _) in history.iter() {
            prop_assert_eq!(history.siblings(id).count(), history.sibling_count(id));
        }
    }

    #[test]
    fn a_history_comes_back_from_its_parts(acts in acts()) {
        let history = after(&acts);
        let read = History::from_parts(history.first().number(), owned(&history), history.current());
        prop_assert_eq!(read, Ok(history));
    }

    #[test]
    fn limits_are_kept_and_the_newest_stay(acts in acts(), nodes in 1_usize..20) {
        let limits = Limits { nodes, bytes: 150 };
        let mut history = History::with_limits(limits);
        let mut newest = None;
        for act in acts {
            run(&mut history, act);
            if let Act::Push(state) = act {
                newest = Some(state);
            }
            prop_assert!(history.len() <= nodes && history.bytes() <= limits.bytes);
            if let Some((_, node)) = history.iter().next_back() {
                prop_assert_eq!(Some(node.state), newest);
            }
            prop_assert_eq!(history.current().is_some(), !history.is_empty());
            // Whatever was forgotten, the rest is sound.
            let read = History::from_parts(history.first().number(), owned(&history), history.current());
            prop_assert_eq!(read.as_ref(), Ok(&history));
        }
    }

    #[test]
    fn any_parts_are_a_history_or_refused(
        first: u64,
        parts in prop::collection::vec((any::<Option<u8>>(), any::<Option<u8>>()), 0..30),
        current: Option<u8>,
    ) {
        let id = |number: u8| NodeId::new(first.wrapping_add(u64::from(number) % 40));
        let parts = parts.into_iter().map(|(parent, redo)| Part {
            state: 0_u16,
            at_secs: 0,
            weight_bytes: 10,
            parent: parent.map(id),
            redo: redo.map(id),
        });
        if let Ok(mut history) = History::from_parts(first, parts.collect(), current.map(id)) {
            // Whatever it is, walking in it ends.
            let len = history.len();
            prop_assert!(history.row().len() <= len);
            while history.undo().is_some() {}
            history.push(1, 0, 10);
            prop_assert_eq!(history.len(), len + 1);
        }
    }
}

fn owned(history: &History<u16>) -> Vec<Part<u16>> {
    let part = |part: Part<&u16>| Part {
        state: *part.state,
        at_secs: part.at_secs,
        weight_bytes: part.weight_bytes,
        parent: part.parent,
        redo: part.redo,
    };
    history.parts().map(part).collect()
}

#[test]
fn parents_that_make_no_tree_are_refused() {
    let part = |parent| Part {
        state: 0_u16,
        at_secs: 0,
        weight_bytes: 10,
        parent,
        redo: None,
    };
    for parents in [
        vec![Some(NodeId::new(0))],
        vec![None, Some(NodeId::new(2)), Some(NodeId::new(1))],
        vec![None, Some(NodeId::new(99))],
    ] {
        let parts = parents.into_iter().map(part).collect();
        let read = History::from_parts(0, parts, None);
        assert!(matches!(read, Err(HistoryError::Parent { .. })), "{read:?}");
    }
    let read = History::from_parts(0, vec![part(None)], Some(NodeId::new(5)));
    assert_eq!(read, Err(HistoryError::Current(NodeId::new(5))));
    assert!(History::from_parts(u64::MAX, vec![part(None)], None).is_err());
}

#[test]
fn steps_take_the_same_time_however_many_there_are() {
    let mut history = History::default();
    let time = |history: &mut History<u16>| {
        let started = std::time::Instant::now();
        for state in 0..10_000 {
            history.push(state, 0, 100);
        }
        started.elapsed()
    };
    let first = time(&mut history);
    for _ in 0..8 {
        time(&mut history);
    }
    let last = time(&mut history);
    assert_eq!(history.len(), 100_000);
    // Quadratic work would be 19 times as much.
    assert!(
        last < first * 8 + std::time::Duration::from_millis(20),
        "{first:?}, then {last:?}"
    );
}
