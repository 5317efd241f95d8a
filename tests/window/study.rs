//! Reviews, timed sets and the word list: what makes studying forgiving.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use egui_kittest::Node;
use egui_kittest::kittest::Queryable as _;
use zscape::app::LearningAction;
use zscape::learn::Glossary;
use zscape::learn::glossary::Term;
use zscape::learn::progress::{ProgressFile, Rating};

#[test]
fn a_review_that_a_wrong_clock_noted_can_be_rated_now() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("progress.json");
    let mut file = ProgressFile::open(&path);
    // 2100-01-01: some clock was ahead.
    file.progress_mut()
        .review("norms", Rating::Good, 4_102_444_800);
    file.save().expect("a file");
    let mut window = Window::open_school(folder.path());
    window.wait("the progress", |app| !app.learning().progress().is_empty());
    assert_eq!(window.app().learning().progress().due(0), ["norms"]);
    window.learn(LearningAction::Read("norms".to_owned()));
    window.push_button("Show the answer");
    assert!(window.shows("It is due now"));
    window.push_button("Good");
    let memory = window.app().learning().progress().memory("norms");
    let memory = memory.expect("it was rated");
    assert!(memory.reviewed < 4_000_000_000, "{memory:?}");
    assert!(window.shows("Next due on 20"));
}

#[test]
fn words_of_the_field_explain_themselves_and_lead_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.learn(LearningAction::Explain("vae-vs-gan".to_owned()));
    window.push_button("Show the answer");
    // A word may stand in the task and in the answer.
    let links = |window: &Window, word: &'static str| {
        let links = window.harness.query_all_by_role_and_label(Role::Link, word);
        links.count()
    };
    let leads_on = |term: &&Term| {
        let question = term.question.as_deref();
        question.is_some_and(|id| id != "vae-vs-gan")
    };
    let mut terms = Glossary::built_in().terms().iter().filter(leads_on);
    let term = terms.find(|term| links(&window, &term.word) > 0);
    let term = term.expect("the page has words of the field");
    assert!(!window.shows(&term.meaning), "nobody has asked");
    let link = |window: &Window, act: &dyn Fn(Node<'_>)| {
        let mut links = window
            .harness
            .query_all_by_role_and_label(Role::Link, &term.word);
        act(links.next().expect("it was there"));
    };
    link(&window, &|node| node.focus());
    window.harness.run_steps(3);
    assert!(window.shows(&term.meaning), "{term:?}");
    link(&window, &|node| node.click_accesskit());
    window.settle();
    let (question, _) = window.app().learning().open_question().expect("one");
    assert_eq!(Some(&question.id), term.question.as_ref());
}

#[test]
fn a_question_of_a_timed_set_can_be_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let options = zscape::learn::interview::Options {
        topics: vec!["school".to_owned()],
        size: 3,
        ..Default::default()
    };
    window.learn(LearningAction::BeginInterview(options));
    window.push(Role::RadioButton, "The double one");
    window.push_button("Check now");
    window.verdict();
    assert!(window.shows("1 of 11 tasks"));
    window.push_button("Skip this question");
    assert!(window.shows("1 of 8 tasks"), "its other tasks do not count");
    let (question, _) = window.app().learning().open_question().expect("the next");
    assert_eq!(question.id, "numbers");
    window.push_button("Skip this question");
    window.push_button("Skip this question");
    assert!(
        window.app().learning().interview().is_none(),
        "that was all"
    );
    let report = window.app().learning().report().expect("a report");
    assert!(report.contains("skipped, does not count"), "{report}");
    let attempts = window.app().learning().progress().attempts();
    assert_eq!(attempts.len(), 1);
}
