//! Directions that came with a model file: shown with their measured effects, the best first.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use zscape::app::tools::directions::{Directions, STRIP};
use zscape::app::{Action, Command};
use zscape::engine::ModelSource;
use zscape::latent::Space;
use zscape::model::ModelFile;
use zscape::model::directions::{
    DirectionsRecord, MeasuredDirection, Method, RECORD_VERSION, SideEffect,
};
use zscape::model::file::{StoredTensor, direction_tensor};

const LABELS: [&str; 10] = [
    "shield", "weapon", "cloak", "hat", "robe", "hair", "gloves", "boots", "armour", "orc",
];

/// The random style-based model with ten directions, eight of which are the best, and a measure.
fn open() -> (Window, tempfile::TempDir) {
    let bytes = zscape::model::style::random_model(1).expect("it can be made");
    let ModelFile {
        mut manifest,
        mut tensors,
        ..
    } = ModelFile::from_bytes(&bytes).expect("it is sound");
    let directions: Vec<MeasuredDirection> = LABELS
        .into_iter()
        .enumerate()
        .map(|(number, label)| MeasuredDirection {
            name: label.to_owned(),
            space: if label == "hat" { Space::Z } else { Space::W },
            method: Method::Probe,
            label: Some(label.to_owned()),
            flips: 0.78 - 0.07 * number as f32,
            others: vec![SideEffect {
                label: "elf".to_owned(),
                change: 0.09,
            }],
            others_total: 0.09,
            picture_change: 0.05,
            accuracy: Some(0.9),
            baseline: Some(0.6),
            score: 0.7 - 0.06 * number as f32,
            is_best: number < 8,
        })
        .collect();
    for (number, one) in directions.iter().enumerate() {
        let values = (0..32).map(|at| if at == number { 1.0 } else { 0.0 });
        tensors.insert(
            direction_tensor(one.space, &one.name),
            StoredTensor::vector(values.collect()),
        );
    }
    manifest.directions = Some(DirectionsRecord {
        version: RECORD_VERSION,
        judge: "a-judge".to_owned(),
        judge_hash: String::new(),
        samples: 1000,
        measured: 300,
        seed: 0,
        sigma: 2.0,
        directions,
        left_out: Vec::new(),
    });
    manifest.quality.insert("path_length_w".to_owned(), 12.5);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("with-directions.safetensors");
    ModelFile::write(&path, &manifest, &tensors).expect("it can be written");
    (Window::open_model(Some(ModelSource::File(path))), folder)
}

#[test]
fn the_best_come_first_with_what_they_do_and_the_rest_unfolds() {
    let (mut window, _folder) = open();
    window.open_tool("Directions");
    let tops: Vec<f32> = LABELS[..8]
        .iter()
        .map(|label| {
            window
                .find(Role::Button, &format!("Look at {label}"))
                .rect()
                .top()
        })
        .collect();
    assert!(tops.is_sorted(), "{tops:?}");
    window
        .harness
        .get_by_label("flips shield in 78\u{a0}% · also elf +9\u{a0}%");
    let is_shown = |window: &Window, label: &str| {
        let name = format!("Look at {label}");
        window.harness.query_by_label(&name).is_some()
    };
    assert!(!is_shown(&window, "orc"));
    // It may lie below what the list shows.
    let press = |window: &mut Window| {
        let name = "Show all directions";
        window.find(Role::Button, name).click_accesskit();
        window.settle();
    };
    press(&mut window);
    assert!(is_shown(&window, "orc") && is_shown(&window, "armour"));
    press(&mut window);
    assert!(!is_shown(&window, "orc"));
}

#[test]
fn a_step_along_one_goes_through_w_and_fills_the_strip() {
    let (mut window, _folder) = open();
    window.open_tool("Directions");
    let before = window.picture();
    for _ in 0..5 {
        window.find(Role::Slider, "shield").increment_accesskit();
        window.harness.run_steps(1);
    }
    window.settle();
    let expression = window.expression();
    assert!(
        expression.starts_with("seed(42) + ") && expression.ends_with("*dir(\"shield\")"),
        "{expression}"
    );
    assert_ne!(window.picture(), before);
    window.wait("the strip", |app| {
        app.pictures().set(STRIP).iter().flatten().count() == 7
    });
}

#[test]
fn directions_of_z_and_w_go_together() {
    let (mut window, _folder) = open();
    window.open_tool("Directions");
    let go = |window: &mut Window, name: &str, sigma: f32| {
        let stepped = window.app().tool::<Directions>().stepped(name, sigma);
        let edit = zscape::app::Edit::Expression(stepped);
        window.harness.state_mut().ask(Action::Edit(edit));
        // No frame in between: a hand is faster.
        window.harness.run_steps(1);
    };
    go(&mut window, "hat", 2.0);
    go(&mut window, "shield", 1.5);
    go(&mut window, "hat", 1.0);
    window.settle();
    assert_eq!(
        window.expression(),
        "seed(42) + dir(\"hat\") + 1.5*dir(\"shield\")"
    );
    assert!(window.app().preview().failure().is_none());
    let step = |name: &str| window.app().position().step(name);
    assert_eq!([step("hat"), step("shield"), step("robe")], [1.0, 1.5, 0.0]);
    // A step in z stays before the truncation, which acts in w.
    let psi = zscape::app::Edit::Psi(0.5);
    window.harness.state_mut().ask(Action::Edit(psi));
    window.settle();
    assert_eq!(
        window.expression(),
        "truncate(seed(42) + dir(\"hat\"), 0.5) + 1.5*dir(\"shield\")"
    );
    let psi = zscape::app::Edit::Psi(1.0);
    window.harness.state_mut().ask(Action::Edit(psi));
    window.settle();
    go(&mut window, "hat", 0.0);
    window.settle();
    assert_eq!(window.expression(), "seed(42) + 1.5*dir(\"shield\")");
}

#[test]
fn the_card_of_the_model_says_what_was_measured() {
    let (mut window, _folder) = open();
    window.harness.state_mut().ask(Action::Run(Command::About));
    window.harness.run_steps(4);
    window.harness.get_by_label("path length w");
    window.harness.get_by_label("12.500");
    window.harness.get_by_label("10, judged by a-judge");
}
