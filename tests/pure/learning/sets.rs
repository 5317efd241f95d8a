//! Timed sets: drawn by seed, over in time, with a report.

use std::collections::BTreeSet;
use std::time::Duration;
use zscape::learn::interview::{Interview, MAX_SIZE, Options, Style};
use zscape::learn::{Answer, Bank, Level, Verdict};

const START: u64 = 1_000_000_000;

fn ids(set: &Interview) -> Vec<String> {
    set.items()
        .iter()
        .map(|item| item.question.clone())
        .collect()
}

fn verdict(score: f64) -> Verdict {
    Verdict {
        passed: score == 1.0,
        score,
        reason: String::new(),
        readings: Vec::new(),
        counter_examples: Vec::new(),
    }
}

#[test]
fn the_seed_draws_the_set() {
    let bank = Bank::built_in();
    let draw = |seed| {
        let options = Options {
            size: 6,
            seed,
            ..Options::default()
        };
        Interview::draw(&bank, options, START).expect("there are enough")
    };
    assert_eq!(draw(1), draw(1));
    let different: BTreeSet<Vec<String>> = (0..20).map(|seed| ids(&draw(seed))).collect();
    assert!(different.len() > 15, "{}", different.len());
    for seed in 0..20 {
        let set = draw(seed);
        let unique: BTreeSet<String> = ids(&set).into_iter().collect();
        assert_eq!(unique.len(), 6);
        assert!(set.items().is_sorted_by_key(|item| item.level));
        let topics: BTreeSet<&str> = set.items().iter().map(|i| i.topic.as_str()).collect();
        assert_eq!(
            topics.len(),
            bank.topics().len().min(6),
            "topics take turns"
        );
    }
}

#[test]
fn levels_topics_and_style_bound_the_set() {
    let bank = Bank::built_in();
    let options = Options {
        levels: vec![Level::Intermediate],
        topics: vec!["vae".to_owned(), "latent-space".to_owned()],
        style: Style::CaseStudy,
        size: MAX_SIZE,
        ..Options::default()
    };
    let set = Interview::draw(&bank, options.clone(), START).expect("some fit");
    assert!(!set.items().is_empty());
    for item in set.items() {
        assert_eq!(item.level, Level::Intermediate);
        assert!(["vae", "latent-space"].contains(&item.topic.as_str()));
    }
    for wrong in [
        Options {
            topics: vec!["no-such".to_owned()],
            ..options.clone()
        },
        Options {
            size: 0,
            ..options.clone()
        },
        Options {
            size: MAX_SIZE + 1,
            ..options
        },
    ] {
        assert!(Interview::draw(&bank, wrong, START).is_err());
    }
}

#[test]
fn a_set_ends_and_is_reported() {
    let bank = Bank::built_in();
    let options = Options {
        size: 2,
        limit: Duration::from_secs(60),
        ..Options::default()
    };
    let mut set = Interview::draw(&bank, options, START).expect("there are enough");
    assert_eq!(set.percent(), 0.0);
    let mut elapsed = Duration::ZERO;
    while let Some(place) = set.next_open() {
        assert!(!set.is_over(elapsed));
        elapsed += Duration::from_secs(2);
        let answer = Answer::Choose { chosen: vec![0] };
        let score = if place.0 == 0 { 1.0 } else { 0.0 };
        assert!(set.record(place, answer.clone(), &verdict(score), elapsed, 2.0));
        let again = set.record(place, answer, &verdict(1.0), elapsed, 2.0);
        assert!(!again, "only the first answer counts");
    }
    assert!(set.is_over(elapsed));
    assert!(set.percent() > 0.0 && set.percent() < 100.0);
    let attempts = set.attempts(&bank);
    let tasks: usize = set.items().iter().map(|item| item.results.len()).sum();
    assert_eq!(attempts.len(), tasks);
    assert!(attempts.iter().all(|attempt| attempt.timed));
    assert_eq!(attempts[0].at, START + 2);
    let report = set.report(&bank, elapsed);
    assert!(
        report.starts_with("# Interview on 2001-09-09\n"),
        "{report}"
    );
    assert!(report.contains(" of 1:00 (set 0)"), "{report}");
    assert!(report.contains("**right (100 %, 2 s)**"), "{report}");
    assert!(report.contains("**not right (0 %, 2 s)**"), "{report}");
    let second = bank.get(&set.items()[1].question).expect("it is there");
    assert!(
        report.contains(&format!("- {}", second.covers[0])),
        "{report}"
    );
}

#[test]
fn nothing_counts_after_the_time() {
    let bank = Bank::built_in();
    let options = Options {
        size: 1,
        limit: Duration::from_secs(60),
        ..Options::default()
    };
    let mut set = Interview::draw(&bank, options, START).expect("there are enough");
    let late = Duration::from_secs(60);
    assert!(set.is_over(late) && set.remaining(late).is_zero());
    let answer = Answer::Choose { chosen: vec![0] };
    assert!(!set.record((0, 0), answer.clone(), &verdict(1.0), late, 1.0));
    assert!(!set.record((9, 0), answer, &verdict(1.0), Duration::ZERO, 1.0));
    assert!(set.report(&bank, late).contains("**no answer**"));
}

#[test]
fn what_is_skipped_counts_as_not_seen() {
    let bank = Bank::built_in();
    let options = Options {
        size: 3,
        ..Options::default()
    };
    let mut set = Interview::draw(&bank, options, START).expect("there are enough");
    let tasks: Vec<usize> = set.items().iter().map(|item| item.results.len()).collect();
    assert_eq!(set.done(), (0, tasks.iter().sum()));
    let answer = Answer::Choose { chosen: vec![0] };
    let now = Duration::from_secs(1);
    assert!(set.record((0, 0), answer.clone(), &verdict(1.0), now, 1.0));
    // One with an answer keeps it, one without is gone.
    set.skip(0);
    set.skip(1);
    assert_eq!(set.done(), (1, 1 + tasks[2]));
    assert_eq!(set.next_open(), Some((2, 0)));
    for task in 0..tasks[2] {
        assert!(set.record((2, task), answer.clone(), &verdict(1.0), now, 1.0));
    }
    assert!(set.is_over(now));
    assert_eq!(set.percent(), 100.0, "what was not seen takes nothing away");
    assert_eq!(set.attempts(&bank).len(), 1 + tasks[2]);
    let report = set.report(&bank, now);
    assert!(report.contains("**skipped, does not count**"), "{report}");
}
