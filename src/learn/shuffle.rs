//! Drawing without luck: the same seed gives the same order everywhere.

use rand_mt::Mt;

/// The numbers below `len` in an order that depends on the seed alone (Fisher and Yates, with
/// the numbers of MT19937).
pub fn shuffled(len: usize, seed: u32) -> Vec<usize> {
    let mut random = Mt::new(seed);
    let mut order: Vec<usize> = (0..len).collect();
    for last in (1..len).rev() {
        // Of 2^32 numbers a short list takes each place equally often, but for parts in a million.
        let place = random.next_u32() as usize % (last + 1);
        order.swap(place, last);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_comes() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let order = shuffled(4, seed);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
            assert_eq!(order, shuffled(4, seed));
            seen.insert(order);
        }
        assert_eq!(seen.len(), 24);
        assert!(shuffled(0, 1).is_empty());
    }
}
