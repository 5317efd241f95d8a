//! What a newcomer sees without touching anything.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeSet;
use zscape::app::tools::directions::Directions;
use zscape::app::{Action, Command, ThumbnailKey};

#[test]
fn a_face_stands_there_and_a_slider_works() {
    let mut window = Window::first_start();
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.equation(), "seed(42)");
    let model = &window.app().model().expect("loaded").id.name;
    assert_eq!(model, "faces-stylegan");
    let before = window.picture();
    let shades: BTreeSet<_> = before.0.iter().collect();
    assert!(
        shades.len() > 8,
        "a picture has more than {} shades",
        shades.len()
    );

    // The sentence below the picture names a slider that is there.
    let directions = window.app().tool::<Directions>();
    assert_eq!(directions.first().len(), 8);
    let first = directions.to_try().expect("it has directions");
    window
        .harness
        .get_by_label_contains(&format!("Move the slider “{first}”"));
    window.find(Role::Slider, &first).increment_accesskit();
    window.settle();
    let step = format!("dir(\"{first}\")");
    assert!(
        window.expression().contains(&step),
        "{}",
        window.expression()
    );
    assert_eq!(window.equation(), window.expression());
    assert_ne!(window.picture(), before);
}

#[test]
fn one_thumbnail_is_there_and_the_status_is_told() {
    let mut window = Window::open();
    window.wait_for_stills();
    let row = window.app().session().filmstrip().row();
    assert_eq!(row.len(), 1);
    let key = ThumbnailKey::Step(row[0]);
    assert!(window.app().session().thumbnails().get(&key).is_some());
    window.harness.get_by_label("History 1: seed(42), current");
    window.harness.get_by_label_contains("decode ");
    window.harness.get_by_label_contains("28×28 shown at");
}

#[test]
fn large_text_on_a_small_screen_lays_nothing_over_the_menus() {
    let mut window = Window::open();
    window.harness.set_size([1024.0, 640.0].into());
    window.settle();
    loop {
        menus_are_free(&window);
        if window.app().availability(Command::LargerText).is_err() {
            break;
        }
        window.ask(Action::Run(Command::LargerText));
        window.settle();
    }
}

/// Nothing of the top line lies over anything else of it, or outside of the window.
#[track_caller]
fn menus_are_free(window: &Window) {
    let menus = ["File", "Edit", "View", "Model", "Tools", "Help"];
    let others = [
        "Search commands",
        "Show questions",
        "Toggle light and dark theme",
    ];
    let line: Vec<_> = menus
        .iter()
        .chain(&others)
        .map(|&name| (name, window.find(Role::Button, name).rect()))
        .chain([("the model", window.find(Role::ComboBox, "Model").rect())])
        .chain(["Undo", "Redo"].into_iter().filter_map(|name| {
            let button = window.harness.query_by_role_and_label(Role::Button, name);
            Some((name, button?.rect()))
        }))
        .collect();
    for (index, (name, rect)) in line.iter().enumerate() {
        assert!(
            rect.left() >= 0.0 && rect.right() <= 1024.0,
            "{name}: {rect:?}"
        );
        for (other, over) in &line[index + 1..] {
            let is_apart = rect.right() <= over.left() + 0.5 || over.right() <= rect.left() + 0.5;
            assert!(is_apart, "{name} {rect:?} and {other} {over:?}");
        }
    }
}

#[test]
fn it_fits_on_a_small_screen_and_on_a_large_one() {
    let mut window = Window::open();
    for size in [[1024.0, 640.0], [3840.0, 2160.0]] {
        window.harness.set_size(size.into());
        window.settle();
        let picture = window.find(Role::Image, "Picture").rect();
        assert!(
            picture.width() > 0.4 * size[0] && picture.height() > 0.4 * size[1],
            "{picture:?}"
        );
        let field = window.find(Role::TextInput, "Expression").rect();
        assert!(
            field.right() <= size[0] && field.bottom() <= size[1],
            "{field:?}"
        );
    }
}
