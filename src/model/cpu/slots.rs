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
