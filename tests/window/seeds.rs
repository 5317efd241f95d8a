//! Seeds: walls, the truncation of one beside the other, a row for each class, and what is counted.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use zscape::app::tools::seeds::{Seeds, WALLS};
use zscape::app::{Action, Edit, ParamId};
use zscape::document::embedded::recipe_in_file;

fn open(model: &str) -> Window {
    let mut window = Window::open_named(model);
    window.press(Modifiers::NONE, Key::W);
    window.wait("the wall", |app| app.pictures().set(WALLS[0]).is_complete());
    window.harness.run_steps(2);
    window
}

#[test]
fn a_picture_of_the_wall_is_gone_to_and_walls_follow_one_another() {
    let mut window = open("fashion-vae");
    window.click("Seed 7");
    assert_eq!(window.expression(), "seed(7)");
    window.press(Modifiers::NONE, Key::N);
    window.wait("the next wall", |app| app.pictures().is_settled());
    window.harness.run_steps(2);
    window.click("Seed 40");
    assert_eq!(window.expression(), "seed(40)");
    window.press(Modifiers::NONE, Key::P);
    window.settle();
    assert_eq!(window.app().tools().settings().seeds.first_seed, 0);
    // A wall is turned by undo, too.
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().tools().settings().seeds.first_seed, 36);
}

#[test]
fn a_wall_beside_has_a_truncation_of_its_own() {
    let mut window = open("fashion-vae");
    window.ask(Action::Set(ParamId::Psi, 0.9));
    window.find(Role::CheckBox, "Another wall beside").click();
    window.wait("both walls", |app| {
        app.pictures().set(WALLS[1]).is_complete() && app.pictures().is_settled()
    });
    window.harness.run_steps(2);
    window.click("Seed 5 beside");
    assert_eq!(window.expression(), "truncate(seed(5), 0.7)");
    window.find(Role::CheckBox, "Another wall beside").click();
    window.wait("one wall", |app| {
        app.pictures().set(WALLS[1]).iter().count() == 0
    });
}

#[test]
fn each_class_has_a_row_of_the_same_seeds() {
    let mut window = open("digits-cgan");
    window.find(Role::CheckBox, "A row for each class").click();
    window.wait("ten rows", |app| {
        let set = app.pictures().set(WALLS[0]);
        set.iter().count() == 60 && set.is_complete()
    });
    window.harness.run_steps(2);
    window.click("Seed 3 as 8");
    assert_eq!(window.expression(), "given(seed(3), \"8\")");
    // The judge counts as many of each class, or nearly.
    window.click("Count labels");
    window.wait("the count", |app| app.tool::<Seeds>().counted().is_some());
    let view = window.app().tool::<Seeds>();
    let counted = view.counted().expect("it was waited for");
    assert_eq!(counted.pictures, 60);
    assert!(
        counted
            .labels
            .iter()
            .all(|(_, count)| (4..=8).contains(count)),
        "{:?}",
        counted.labels
    );
    // Another wall has not been counted.
    window.press(Modifiers::NONE, Key::N);
    assert!(window.app().tool::<Seeds>().counted().is_none());
}

#[test]
fn the_wall_is_exported_as_it_is_seen() {
    let mut window = open("digits-cgan");
    window.click("Export the wall");
    window.settle();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wall.png");
    window.ask(Action::Export(path.clone()));
    window.harness.run_steps(2);
    window.wait("the file", |app| app.export().runs().is_empty());
    let recipe = recipe_in_file(&path).expect("sound");
    assert!(
        format!("{recipe:?}").contains("seed(35)"),
        "it is not the whole wall"
    );
}

#[test]
fn arrow_keys_step_the_number_that_has_the_keyboard() {
    let mut window = Window::open_named("faces-stylegan");
    let press = |window: &mut Window, field: &str, keys: &[Key]| {
        window.find(Role::SpinButton, field).focus();
        window.harness.run_steps(2);
        for key in keys {
            window.harness.key_press(*key);
            window.harness.run_steps(2);
        }
        window.settle();
    };
    press(
        &mut window,
        "Seed",
        &[Key::ArrowUp, Key::ArrowUp, Key::ArrowDown],
    );
    assert_eq!(window.expression(), "seed(43)");
    window.press(Modifiers::NONE, Key::Escape);
    // It ends where its numbers end.
    window.ask(Action::Edit(Edit::Seed(1)));
    window.settle();
    press(&mut window, "Seed", &[Key::ArrowDown; 3]);
    assert_eq!(window.expression(), "seed(0)");
    window.press(Modifiers::NONE, Key::Escape);
    // Away from a field the keys are commands.
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.expression(), "seed(100)");
    window.press(Modifiers::NONE, Key::W);
    window.wait("the wall", |app| app.pictures().set(WALLS[0]).is_complete());
    press(&mut window, "First seed of the wall", &[Key::ArrowUp]);
    assert_eq!(window.app().tools().settings().seeds.first_seed, 1);
}
