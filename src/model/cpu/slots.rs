//! Which buffer each value lies in: one is used again after the last step that reads it.

use super::step::{Place, Step};
use std::collections::HashMap;

/// Puts the values of `steps`, each of which writes a slot of its own, into as few buffers as
/// are alive at once; gives their number. `outputs` are the slots that are outputs of the graph.
pub fn assign(steps: &mut [Step], outputs: &HashMap<usize, usize>) -> usize {
    let mut last_use: HashMap<usize, usize> = HashMap::new();
    for (index, step) in steps.iter().enumerate() {
        let places = step.takes.iter().map(|take| take.place);
        for place in places.chain([step.gives]) {
            if let Place::Slot(value) = place {
                last_use.insert(value, index);
            }
        }
    }
    let mut homes: HashMap<usize, Place> = HashMap::new();
    // Free buffers, and the largest item of each buffer.
    let mut free: Vec<usize> = Vec::new();
    let mut sizes: Vec<usize> = Vec::new();
    for (index, step) in steps.iter_mut().enumerate() {
        if let Place::Slot(value) = step.gives {
            let home = match outputs.get(&value) {
                Some(&output) => Place::Output(output),
                None => Place::Slot(take_free(&mut free, &mut sizes, step.len)),
            };
            homes.insert(value, home);
            step.gives = home;
            if last_use.get(&value) == Some(&index)
                && let Place::Slot(buffer) = home
            {
                free.push(buffer);
            }
        }
        let mut read: Vec<usize> = Vec::new();
        for take in &mut step.takes {
            if let Place::Slot(value) = take.place {
                take.place = homes.get(&value).copied().unwrap_or(take.place);
                read.push(value);
            }
        }
        read.sort_unstable();
        read.dedup();
        for value in read {
            if last_use.get(&value) == Some(&index)
                && let Some(&Place::Slot(buffer)) = homes.get(&value)
            {
                free.push(buffer);
            }
        }
    }
    sizes.len()
}

/// The smallest free buffer that is large enough, else the largest, else a new one.
fn take_free(free: &mut Vec<usize>, sizes: &mut Vec<usize>, len: usize) -> usize {
    let fitting = (0..free.len()).filter(|&at| sizes[free[at]] >= len);
    let best = fitting
        .min_by_key(|&at| sizes[free[at]])
        .or_else(|| (0..free.len()).max_by_key(|&at| sizes[free[at]]));
    match best {
        Some(at) => {
            let buffer = free.swap_remove(at);
            sizes[buffer] = sizes[buffer].max(len);
            buffer
        }
        None => {
            sizes.push(len);
            sizes.len() - 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::{Kernel, Take};
    use super::*;

    /// A step that reads values and writes the next one.
    fn step(at: usize, reads: &[usize], len: usize) -> Step {
        let take = |&value: &usize| Take {
            place: Place::Slot(value),
            len: 1,
            shared: false,
        };
        Step {
            kernel: Kernel::Copy,
            takes: reads.iter().map(take).collect(),
            gives: Place::Slot(at),
            len,
            epilogue: None,
            then: Vec::new(),
        }
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let mut steps: Vec<Step> = (0..9)
            .map(|at| {
                step(
                    at,
                    &at.checked_sub(1).map_or(vec![], |before| vec![before]),
                    at,
                )
            })
            .collect();
        assert_eq!(assign(&mut steps, &HashMap::from([(8, 0)])), 2);
        assert_eq!(steps[8].gives, Place::Output(0));
        for pair in steps.windows(2) {
            assert_eq!(pair[1].takes[0].place, pair[0].gives);
            assert_ne!(pair[1].gives, pair[0].gives);
        }
    }

    #[test]
    fn a_value_keeps_its_buffer_until_its_last_use() {
        // 0 is read again at the end, over 1, 2 and 3.
        let mut steps = vec![
            step(0, &[], 4),
            step(1, &[0], 4),
            step(2, &[1], 4),
            step(3, &[2], 4),
            step(4, &[3, 0, 3], 4),
            step(5, &[4], 4),
        ];
        let buffers = assign(&mut steps, &HashMap::from([(5, 0)]));
        assert_eq!(buffers, 3);
        let kept = steps[0].gives;
        for step in &steps[1..4] {
            assert_ne!(step.gives, kept);
        }
        assert_eq!(steps[4].takes[1].place, kept);
        // A value that nobody reads gives its buffer back at once.
        let mut unread = vec![step(0, &[], 1), step(1, &[], 1), step(2, &[], 1)];
        assert_eq!(assign(&mut unread, &HashMap::new()), 1);
    }
}
