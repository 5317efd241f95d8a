//! Times of frames in the ticks of a format.

use std::time::Duration;

/// How many ticks each frame is shown, of `per_second`. The time at which a frame ends is
/// rounded, not the time for which it is shown: so the whole is as long as it should be, to half
/// a tick, and no frame is off by more than one.
pub fn ticks(durations: &[Duration], per_second: u32) -> Vec<u32> {
    let mut elapsed = Duration::ZERO;
    let mut before = 0;
    durations
        .iter()
        .map(|&duration| {
            elapsed = elapsed.saturating_add(duration);
            let scaled = elapsed.as_nanos() * u128::from(per_second);
            let end = (scaled + 500_000_000) / 1_000_000_000;
            let ticks = end - before;
            before = end;
            u32::try_from(ticks).unwrap_or(u32::MAX)
        })
        .collect()
}

/// `frames` durations that add up to `total`, as even as nanoseconds are.
pub fn even_durations(frames: usize, total: Duration) -> Vec<Duration> {
    let end = |frame: usize| total.as_nanos() * frame as u128 / frames.max(1) as u128;
    (0..frames)
        .map(|frame| {
            let nanoseconds = end(frame + 1) - end(frame);
            u64::try_from(nanoseconds).map_or(Duration::MAX, Duration::from_nanos)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_errors_do_not_add_up() {
        // 30 frames a second are 3.33 hundredths each.
        let durations = even_durations(30, Duration::from_secs(1));
        let delays = ticks(&durations, 100);
        assert_eq!(delays.iter().sum::<u32>(), 100);
        assert!(
            delays.iter().all(|delay| [3, 4].contains(delay)),
            "{delays:?}"
        );
        assert_eq!(ticks(&durations, 1000).iter().sum::<u32>(), 1000);
        assert_eq!(ticks(&[Duration::from_millis(4); 5], 100), [0, 1, 0, 1, 0]);
    }

    #[test]
    fn even_durations_add_up() {
        for (frames, milliseconds) in [(7, 1000), (120, 4800), (1, 40), (999, 33_300)] {
            let total = Duration::from_millis(milliseconds);
            let durations = even_durations(frames, total);
            assert_eq!(durations.len(), frames);
            assert_eq!(durations.iter().sum::<Duration>(), total);
            let shortest = durations.iter().min().expect("some");
            let longest = durations.iter().max().expect("some");
            assert!(*longest - *shortest <= Duration::from_nanos(1));
        }
        assert!(even_durations(0, Duration::from_secs(1)).is_empty());
        assert_eq!(even_durations(1, Duration::MAX), [Duration::MAX]);
    }
}
