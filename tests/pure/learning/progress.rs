//! What is remembered: scores, reviews, and a file that nothing destroys.

use super::{WHOLE, read_file};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use zscape::learn::calendar;
use zscape::learn::progress::{
    Attempt, Memory, Progress, ProgressFile, QuestionStatus, Rating, Saved, review,
};
use zscape::learn::{Answer, Bank, Criterion, Level, Performance, Verdict};

const DAY: u64 = 86_400;

fn attempt(question: &str, task: usize, at: u64, score: f64) -> Attempt {
    Attempt {
        at,
        question: question.to_owned(),
        topic: "vae".to_owned(),
        level: Level::Beginner,
        task,
        kind: "predict".to_owned(),
        criteria: vec![Criterion::Understanding],
        answer: Answer::Predict { value: 1.5 },
        passed: score == 1.0,
        score,
        seconds: 12.0,
        timed: false,
    }
}

/// The reference implementation in Python remembers the same.
#[test]
fn reviews_follow_the_reference_schedule() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../data/fsrs_vectors.json")).expect("JSON");
    let vectors = vectors["vectors"].as_array().expect("a list");
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let (mut memory, mut now): (Option<Memory>, u64) = (None, 1_767_225_600);
        for (place, step) in vector["steps"]
            .as_array()
            .expect("a list")
            .iter()
            .enumerate()
        {
            let number = |key: &str| step[key].as_f64().expect("a number");
            now = calendar::days_later(now, number("days") as u64);
            let rating = Rating::ALL[number("rating") as usize - 1];
            let next = review::next(memory.as_ref(), rating, now);
            let name = format!("{} step {place}: {next:?}, not {step}", vector["name"]);
            let is_near = |found: f32, key| (f64::from(found) / number(key) - 1.0).abs() < 1e-4;
            assert!(is_near(next.stability, "stability"), "{name}");
            assert!(is_near(next.difficulty, "difficulty"), "{name}");
            let interval = calendar::days_between(now, next.due);
            assert_eq!(interval, number("interval") as u64, "{name}");
            memory = Some(next);
        }
    }
}

#[test]
fn the_chance_to_know_falls_to_nine_in_ten_when_it_is_due() {
    let memory = review::next(None, Rating::Easy, 0);
    assert_eq!(memory.retrievability(0), 1.0);
    let days = f64::from(memory.stability);
    let at_stability = memory.retrievability((days * DAY as f64) as u64);
    assert!((at_stability - 0.9).abs() < 1e-3, "{at_stability}");
    assert!(memory.retrievability(10_000 * DAY) < 0.7);
}

#[test]
fn what_is_due_comes_most_overdue_first() {
    let mut progress = Progress::default();
    progress.review("b", Rating::Good, 0);
    progress.review("a", Rating::Again, 0);
    progress.review("c", Rating::Easy, 0);
    assert!(progress.due(0).is_empty());
    assert_eq!(progress.next_due(0), Some(DAY));
    assert_eq!(progress.due(DAY), ["a"]);
    assert_eq!(progress.due(3 * DAY), ["a", "b"]);
    progress.review("a", Rating::Again, DAY + 1);
    assert_eq!(
        progress.memory("a").map(|m| (m.reviews, m.lapses)),
        Some((2, 1))
    );
    assert_eq!(progress.due(3 * DAY), ["b", "a"]);
}

#[test]
fn answers_suggest_a_rating() {
    let mut progress = Progress::default();
    assert_eq!(progress.suggested_rating("a", 0), None);
    progress.record(attempt("a", 0, 10, 1.0));
    assert_eq!(progress.suggested_rating("a", 0), Some(Rating::Good));
    progress.record(attempt("a", 1, 20, 0.0));
    assert_eq!(progress.suggested_rating("a", 0), Some(Rating::Again));
    progress.record(attempt("a", 1, 30, 1.0));
    assert_eq!(progress.suggested_rating("a", 0), Some(Rating::Hard));
    assert_eq!(progress.suggested_rating("a", 25), Some(Rating::Good));
}

#[test]
fn scores_are_those_of_the_last_answers() {
    let mut progress = Progress::default();
    assert_eq!(progress.overall_percent(), None);
    progress.record(attempt("a", 0, 10, 0.0));
    progress.record(attempt("a", 1, DAY + 5, 1.0));
    progress.record(attempt("a", 0, DAY + 10, 1.0));
    progress.record(Attempt {
        topic: "gan".to_owned(),
        criteria: vec![Criterion::Creativity, Criterion::Communication],
        ..attempt("b", 0, 3 * DAY, 0.5)
    });
    let topics = progress.by_topic();
    assert_eq!(topics[0].0, "gan");
    assert_eq!((topics[0].1.percent, topics[0].1.passed), (50.0, 0));
    assert_eq!(
        (topics[1].1.percent, topics[1].1.tasks, topics[1].1.passed),
        (100.0, 2, 2)
    );
    assert_eq!(topics[0].1.performance(), Performance::NeedsImprovement);
    let criteria = progress.by_criterion();
    assert_eq!(criteria.len(), 3);
    assert_eq!(criteria[0].0, Criterion::Understanding);
    // 30 * 1 + 15 * 0.5 + 10 * 0.5 of 55.
    let overall = progress.overall_percent().expect("answers");
    assert!((overall - 100.0 * 42.5 / 55.0).abs() < 1e-9, "{overall}");
    let series = progress.topics_over_time();
    let vae = series
        .iter()
        .find(|s| s.name == "vae")
        .expect("there is one");
    let points: Vec<(u64, f64)> = vae.points.iter().map(|p| (p.day, p.percent)).collect();
    assert_eq!(points, [(0, 0.0), (1, 100.0)]);
    assert_eq!(vae.points[1].date, "1970-01-02");
    let overall_series = progress.overall_over_time();
    assert_eq!(overall_series.points.len(), 3);
    assert!((overall_series.points[2].percent - overall).abs() < 1e-9);
    assert_eq!(progress.criteria_over_time().len(), 3);
}

#[test]
fn a_question_is_done_when_all_its_tasks_are() {
    let question = read_file(WHOLE).expect("sound");
    let mut progress = Progress::default();
    assert_eq!(progress.status(&question), QuestionStatus::New);
    for task in 0..question.tasks.len() {
        progress.record(attempt("whole", task, 10 + task as u64, 0.0));
    }
    assert_eq!(progress.status(&question), QuestionStatus::Begun);
    for task in 0..question.tasks.len() {
        progress.record(attempt("whole", task, 20 + task as u64, 1.0));
    }
    assert_eq!(progress.status(&question), QuestionStatus::Done);
    let verdict = Verdict {
        passed: true,
        score: 1.0,
        reason: String::new(),
        readings: Vec::new(),
        counter_examples: Vec::new(),
    };
    let answer = Answer::Choose { chosen: vec![0] };
    let made = Attempt::new(&question, 0, answer.clone(), &verdict, 5, f64::NAN);
    let made = made.expect("there is such a task");
    assert_eq!((made.kind.as_str(), made.seconds), ("choose", 0.0));
    assert!(Attempt::new(&question, 9, answer, &verdict, 5, 1.0).is_none());
}

#[test]
fn a_file_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/progress.json");
    let mut file = ProgressFile::open(&path);
    assert!(file.progress().is_empty() && file.notice().is_none());
    file.progress_mut().record(attempt("a", 0, 10, 0.25));
    file.progress_mut().review("a", Rating::Hard, 10);
    let saved = file.save().expect("the folder can be made");
    assert_eq!(saved, Saved::default());
    let again = ProgressFile::open(&path);
    assert_eq!(again.progress(), file.progress());
    let names: Vec<_> = fs::read_dir(folder.path().join("new"))
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").file_name())
        .collect();
    let is_content = |name: &&std::ffi::OsString| !name.to_string_lossy().ends_with(".lock");
    assert_eq!(names.iter().filter(is_content).count(), 1, "{names:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("progress.json");
    let sound = r#"{"zscape_progress":1,"attempts":[],"memories":{}}"#;
    for (number, (bytes, part)) in [
        (
            &b"{\"zscape_progress\":2,\"anything\":[1]}"[..],
            "a newer zscape wrote it (version 2)",
        ),
        (b"", "no progress file"),
        (b"\xff\xfe", "no progress file"),
        (
            b"{\"zscape_progress\":1,\"attempts\":[{}]}",
            "no progress file",
        ),
        (b"{\"zscape_progress\":0}", "version 0"),
        (&sound.as_bytes()[..30], "no progress file"),
        (
            b"{\"zscape_progress\":1,\"memories\":{\"a\":{\"stability\":-1,\"difficulty\":5,\
              \"reviewed\":0,\"due\":0,\"reviews\":1,\"lapses\":0}}}",
            "the memory of \"a\"",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(&path, bytes).expect("written");
        let mut file = ProgressFile::open(&path);
        let notice = file.notice().expect("it is broken");
        assert!(
            notice.contains(part) && notice.contains("progress.json"),
            "{notice}"
        );
        assert_eq!(
            fs::read(&path).expect("it is there"),
            bytes,
            "looking changes nothing"
        );
        file.progress_mut().record(attempt("a", 0, 10, 1.0));
        let kept = file
            .save()
            .expect("it can be written")
            .moved
            .expect("it was moved");
        assert!(
            kept.ends_with(format!("progress-kept-{}.json", number + 1)),
            "{kept:?}"
        );
        assert_eq!(fs::read(&kept).expect("it is kept"), bytes);
        assert!(file.notice().is_none());
        let again = ProgressFile::open(&path);
        assert_eq!(again.progress().attempts().len(), 1);
        assert_eq!(file.save().expect("again"), Saved::default());
    }
    fs::write(&path, sound).expect("written");
    assert!(ProgressFile::open(&path).notice().is_none());
}

#[test]
fn two_windows_lose_nothing_of_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("progress.json");
    let [mut one, mut other] = [ProgressFile::open(&path), ProgressFile::open(&path)];
    one.progress_mut().record(attempt("a", 0, 10, 1.0));
    one.progress_mut().record(attempt("a", 0, 10, 1.0));
    one.progress_mut().review("a", Rating::Good, 10);
    one.save().expect("the folder is there");
    other.progress_mut().record(attempt("b", 0, 5, 0.5));
    other.progress_mut().review("b", Rating::Easy, 5);
    // It has not seen the later review.
    other.progress_mut().review("a", Rating::Again, 7);
    let saved = other.save().expect("the folder is there");
    assert!(saved.has_news && saved.moved.is_none());
    let saved = one.save().expect("the folder is there");
    assert!(saved.has_news);
    assert_eq!(one.progress(), other.progress());
    let both = ProgressFile::open(&path);
    assert_eq!(both.progress(), one.progress());
    // Equal answers stay two, and times stay in order.
    let times: Vec<u64> = both
        .progress()
        .attempts()
        .iter()
        .map(|one| one.at)
        .collect();
    assert_eq!(times, [5, 10, 10]);
    assert_eq!(both.progress().memory("a").map(|it| it.reviewed), Some(10));
    assert_eq!(both.progress().memory("b").map(|it| it.reviewed), Some(5));
    assert!(!one.save().expect("again").has_news);
}

#[test]
fn a_clock_that_was_ahead_delays_nothing() {
    let mut progress = Progress::default();
    let (now, ahead) = (1_700_000_000, 2_000_000_000);
    progress.review("a", Rating::Good, ahead);
    assert_eq!(progress.due(now), ["a"]);
    assert_eq!(progress.next_due(now), None);
    let memory = progress.review("a", Rating::Good, now);
    assert!(memory.reviewed == now && !memory.is_due(now));
    assert!(progress.due(now).is_empty());
    // A clock that was a little ahead is right again soon.
    progress.review("b", Rating::Good, now + 60);
    assert!(progress.due(now).is_empty());
}

#[test]
fn what_is_due_is_listed_before_anything_was_answered() {
    let bank = Bank::built_in();
    let mut progress = Progress::default();
    let id = bank
        .questions()
        .first()
        .expect("there are questions")
        .id
        .clone();
    progress.review(&id, Rating::Good, 10);
    let page = progress.markdown(&bank, 10_000_000_000);
    assert!(page.contains("Nothing was answered yet"), "{page}");
    assert!(
        page.contains("## Due") && page.contains(&format!("`{id}`")),
        "{page}"
    );
    // Not before it is due.
    assert!(!progress.markdown(&bank, 20).contains("## Due"));
}

#[test]
fn a_mark_of_the_byte_order_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("progress.json");
    let text = "\u{feff}{\"zscape_progress\":1,\"attempts\":[],\"memories\":{}}";
    fs::write(&path, text).expect("written");
    assert_eq!(ProgressFile::open(&path).notice(), None);
}

#[test]
fn a_place_that_cannot_be_written_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("taken");
    fs::create_dir(&path).expect("a folder");
    let mut file = ProgressFile::open(&path.join(""));
    assert!(file.notice().is_some());
    file.progress_mut().record(attempt("a", 0, 10, 1.0));
    let blocked = folder.path().join("file");
    fs::write(&blocked, "x").expect("written");
    let mut below = ProgressFile::open(&blocked.join("progress.json"));
    below.progress_mut().record(attempt("a", 0, 10, 1.0));
    assert!(below.save().is_err());
    assert_eq!(below.progress().attempts().len(), 1);
    assert_eq!(fs::read(&blocked).expect("it is there"), b"x");
}

#[test]
fn exports_can_be_read() {
    let mut progress = Progress::default();
    progress.record(Attempt {
        answer: Answer::Explain {
            text: "=1+1, \"quoted\"\nand more".to_owned(),
            ticked: vec![true],
        },
        ..attempt("kl-term", 1, 1_000_000_000, 1.0)
    });
    progress.record(Attempt {
        answer: Answer::Predict { value: -1.5 },
        ..attempt("kl-term", 0, 1_000_000_001, 0.0)
    });
    progress.review("kl-term", Rating::Good, 1_000_000_000);
    let csv = progress.csv();
    let head = "time,question,topic,level,task,kind,criteria,answer,passed,score,seconds,timed\r\n";
    assert!(csv.starts_with(head));
    assert!(csv.contains("2001-09-09T01:46:40Z,kl-term,vae,beginner,2,predict,understanding,"));
    assert!(
        csv.contains(",\"'=1+1, \"\"quoted\"\"\nand more\",yes,1.000,12.0,no\r\n"),
        "{csv}"
    );
    assert!(csv.contains(",-1.5,no,0.000,"), "{csv}");
    let bank = Bank::built_in();
    let page = progress.markdown(&bank, 2_000_000_000);
    assert!(
        page.contains("50 % (Needs improvement), after 2 answers."),
        "{page}"
    );
    assert!(
        page.contains("| Variational autoencoders | 50 % | 2 | 1 |"),
        "{page}"
    );
    let kl = &bank.get("kl-term").expect("built in").question;
    assert!(page.contains(&format!("- {kl} (`kl-term`)")), "{page}");
    assert!(
        Progress::default()
            .markdown(&bank, 0)
            .contains("Nothing was answered")
    );
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        proptest::collection::vec(0..9_usize, 1..4).prop_map(|chosen| Answer::Choose { chosen }),
        any::<i32>().prop_map(|n| Answer::Predict {
            value: f64::from(n) / 8.0
        }),
        ".{0,20}".prop_map(|expression| Answer::Set { expression }),
        (".{0,40}", proptest::collection::vec(any::<bool>(), 0..5))
            .prop_map(|(text, ticked)| Answer::Explain { text, ticked }),
    ]
}

proptest! {
    #[test]
    fn progress_survives_its_file(
        answers in proptest::collection::vec((any_answer(), 0..u64::MAX, 0.0..=1.0f64), 0..12),
        reviews in proptest::collection::vec((0..4_usize, 0..4_usize, 0..9_000_000_000u64), 0..12),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = ProgressFile::open(&folder.path().join("p.json"));
        for (answer, at, score) in answers {
            let made = Attempt { answer, ..attempt("a,\"b", 0, at, score) };
            file.progress_mut().record(made);
        }
        for (question, rating, now) in reviews {
            let id = ["a", "b", "c", "d"][question];
            file.progress_mut().review(id, Rating::ALL[rating], now);
        }
        file.save().expect("the folder is there");
        let again = ProgressFile::open(file.path());
        prop_assert_eq!(again.notice(), None);
        prop_assert_eq!(again.progress(), file.progress());
        let _ = again.progress().csv();
    }

    #[test]
    fn damaged_files_never_panic(place in 0..400_usize, byte in any::<u8>()) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = ProgressFile::open(&folder.path().join("p.json"));
        file.progress_mut().record(attempt("a", 0, 10, 1.0));
        file.progress_mut().review("a", Rating::Good, 10);
        file.save().expect("the folder is there");
        let mut bytes = fs::read(file.path()).expect("it is there");
        let place = place % bytes.len();
        bytes[place] = byte;
        fs::write(file.path(), &bytes).expect("written");
        let mut again = ProgressFile::open(file.path());
        let now = again.progress().next_due(0).unwrap_or(5);
        again.progress_mut().review("a", Rating::Again, now);
        let _ = again.progress().overall_over_time();
        let _ = again.progress().csv();
    }
}

#[test]
fn standings_come_back_with_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("p.json");
    let question = read_file(WHOLE).expect("sound");
    let mut file = ProgressFile::open(&path);
    for task in 0..question.tasks.len() {
        file.progress_mut().record(attempt("whole", task, 10, 1.0));
    }
    file.save().expect("the folder is there");
    let again = ProgressFile::open(&path);
    assert_eq!(again.progress().status(&question), QuestionStatus::Done);
}
