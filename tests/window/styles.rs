//! Style mixing, on a small style-based model with random weights.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use zscape::app::tools::styles::{MATRIX, change_pairs};
use zscape::engine::ModelSource;

fn open() -> (Window, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("random-style.safetensors");
    let bytes = zscape::model::style::random_model(1).expect("it can be made");
    zscape::files::save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open_model(Some(ModelSource::File(path)));
    window.open_tool("Style mixing");
    (window, folder)
}

#[test]
fn the_matrix_shows_mixtures_and_a_click_takes_one() {
    let (mut window, _folder) = open();
    let set = window.app().pictures().set(MATRIX);
    assert_eq!(
        set.iter().flatten().count(),
        12,
        "three rows of four columns"
    );
    let before = window.picture();
    window.click("Fine");
    window.wait("the new mixtures", |app| app.pictures().is_settled());
    window.click("Mixture of row 2 and column 3");
    let mixture = window.expression();
    assert!(
        mixture.starts_with("mix(seed(2), seed(13), layers "),
        "{mixture}"
    );
    assert_ne!(window.picture(), before);
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(42)");
}

#[test]
fn rows_and_columns_are_dropped_in_and_taken_away() {
    let (mut window, _folder) = open();
    window.drag("seed(7)", "New column");
    assert_eq!(window.app().tools().settings().styles.sources.len(), 5);
    window.find(Role::Button, "Column 5: seed(7)");
    window.click("Remove Row 1: seed(1)");
    assert_eq!(window.app().tools().settings().styles.targets.len(), 2);
}

#[test]
fn a_model_without_styles_says_why() {
    let mut window = Window::open();
    window.open_tool("Style mixing");
    window
        .harness
        .get_by_label_contains("style mixing needs one code for each layer");
    window.find(Role::Button, "Open model…");
}

#[test]
fn what_each_layer_changes_is_measured_once_and_shown() {
    let (mut window, _folder) = open();
    window.wait("the change by layer", |app| {
        let model = app.model().expect("it is loaded");
        app.tools().styles().is_measured(model)
    });
    window.settle();
    window.find(Role::Image, "What each layer changes, by layer");
    window.harness.get_by_label_contains("Coarse ");
    let model = window.app().model().expect("it is loaded").clone();
    let live = window.app().tools().styles();
    let change = live.change(&model).expect("it was measured").clone();
    assert_eq!(change.pairs(), change_pairs(&model) as usize);
    let coarse = change.scales()[0] * 100.0;
    let words = format!("Coarse {coarse:.1} %, middle");
    window.harness.get_by_label_contains(&words);
    // Another look measures nothing again.
    window.open_tool("Explore");
    window.open_tool("Style mixing");
    window.harness.run_steps(8);
    let live = window.app().tools().styles();
    assert_eq!(live.change(&model), Some(&change));
}

#[test]
fn measuring_ends_with_the_tool_and_goes_on_with_it() {
    let (mut window, _folder) = open();
    window.open_tool("Explore");
    let pairs = |window: &Window| {
        let model = window.app().model().expect("it is loaded");
        let live = window.app().tools().styles();
        live.change(model).map_or(0, |change| change.pairs())
    };
    window.harness.run_steps(4);
    let left_at = pairs(&window);
    for _ in 0..20 {
        window.harness.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(pairs(&window), left_at, "nobody looks at it");
    window.open_tool("Style mixing");
    window.wait("the change by layer", |app| {
        let model = app.model().expect("it is loaded");
        app.tools().styles().is_measured(model)
    });
}
