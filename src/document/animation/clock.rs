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

/// `frames` durations that add up to `seconds` to the nanosecond, as even as nanoseconds are.
///
/// `None` when `seconds` is no time that [`Duration`] can hold.
pub fn even_durations(frames: usize, seconds: f64) -> Option<Vec<Duration>> {
    let total = Duration::try_from_secs_f64(seconds).ok()?.as_nanos();
    let end = |frame: usize| total * frame as u128 / frames.max(1) as u128;
    let length = |frame: usize| u64::try_from(end(frame + 1) - end(frame)).ok();
    (0..frames)
        .map(|frame| length(frame).map(Duration::from_nanos))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_errors_do_not_add_up() {
        // 30 frames a second are 3.33 hundredths each.
        let durations = even_durations(30, 1.0).expect("a second");
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
        for (frames, seconds) in [(7, 1.0), (120, 4.8), (1, 0.04), (999, 33.3)] {
            let durations = even_durations(frames, seconds).expect("a time");
            assert_eq!(durations.len(), frames);
            let sum: Duration = durations.iter().sum();
            assert_eq!(sum, Duration::from_secs_f64(seconds));
            let spread =
                durations.iter().max().expect("some") - *durations.iter().min().expect("some");
            assert!(spread <= Duration::from_nanos(1));
        }
        for seconds in [f64::NAN, -1.0, f64::INFINITY, 1e30] {
            assert_eq!(even_durations(3, seconds), None);
        }
        assert_eq!(even_durations(0, 1.0), Some(Vec::new()));
    }
}
