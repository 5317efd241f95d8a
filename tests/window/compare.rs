//! Compare: panes in step, other models, wipe, blink, difference.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Rect, pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use zscape::app::tools::compare::{BLINK, Compare, Mode, PaneState};
use zscape::app::{AppState, Command, Tool};
use zscape::engine::ModelSource;

fn open_with(model: &str) -> Window {
    let mut window = Window::open_named(model);
    window.open_tool("Compare");
    assert_eq!(window.app().tools().open(), Tool::Compare);
    show(&mut window);
    window
}

/// Waits until the panes show the current expression.
fn show(window: &mut Window) {
    window.wait("the panes", |app| {
        let current = app.position().expression();
        let panes = app.tools().compare().panes();
        let settings = &app.tools().settings().compare;
        panes.len() == settings.panes()
            && panes
                .first()
                .is_some_and(|pane| pane.expression == *current)
            && panes
                .iter()
                .all(|pane| !matches!(pane.state, PaneState::Waiting | PaneState::Loading))
            && panes
                .iter()
                .enumerate()
                .all(|(index, pane)| pane.expression == settings.pane(index).expression(current))
    });
    window.harness.run_steps(2);
}

/// Chooses the model of a pane by its list.
fn choose_model(window: &mut Window, pane: usize, title: &str) {
    let name = format!("Model of pane {pane}");
    window.find(Role::ComboBox, &name).click();
    window.harness.run_steps(3);
    window
        .harness
        .get_by_role_and_label(Role::Button, title)
        .click();
    window.harness.run_steps(3);
    show(window);
}

fn expressions(app: &AppState) -> Vec<String> {
    let panes = app.tools().compare().panes();
    panes
        .iter()
        .map(|pane| pane.expression.to_string())
        .collect()
}

/// The middle of a picture, where no tag and no divider lies.
fn inside(rect: Rect) -> Rect {
    Rect::from_center_size(rect.center(), vec2(64.0, 64.0)).translate(vec2(0.0, 60.0))
}

#[test]
fn panes_follow_the_current_picture_in_step() {
    let mut window = open_with("digits-gan");
    assert_eq!(
        expressions(window.app()),
        ["seed(42)", "truncate(seed(42), 0.7)"]
    );
    let middle = window.find(Role::Image, "Pane 1").rect().center();
    window.harness.hover_at(middle);
    window.harness.drag_at(middle);
    let mut seen = std::collections::BTreeSet::new();
    for step in 1..=40 {
        window
            .harness
            .hover_at(middle + vec2(3.0, -2.0) * step as f32);
        window.harness.step();
        std::thread::sleep(std::time::Duration::from_millis(2));
        let panes = window.app().tools().compare().panes();
        let walked = panes[0].expression.to_string();
        assert_eq!(
            panes[1].expression.to_string(),
            walked.replace("seed(42)", "truncate(seed(42), 0.7)"),
            "both panes are at the same step"
        );
        for pane in panes {
            let picture = pane
                .picture()
                .expect("a picture stays while the hand moves");
            assert_eq!(picture.expression, pane.expression);
        }
        seen.insert(walked);
    }
    assert!(seen.len() > 10, "they follow live: {seen:?}");
    window.harness.drop_at(middle + vec2(120.0, -80.0));
    show(&mut window);
    window.press(Modifiers::COMMAND, Key::Z);
    show(&mut window);
    assert_eq!(window.expression(), "seed(42)");

    let numbers = |window: &Window| window.app().tools().compare().panes()[1].difference;
    assert!(numbers(&window).expect("the same size").mean > 0.0);
    window.click("Reset pane 2");
    show(&mut window);
    let same = numbers(&window).expect("the same size");
    assert_eq!((same.mean, same.max), (0.0, 0.0));
    let rects = ["Pane 1", "Pane 2"].map(|name| window.find(Role::Image, name).rect());
    assert_eq!(
        window.pixels(inside(rects[0])),
        window.pixels(inside(rects[1]))
    );
}

#[test]
fn another_model_is_loaded_beside_the_current_one() {
    let mut window = open_with("digits-vae2");
    choose_model(&mut window, 2, "Fashion, VAE, 16-D latent");
    assert_eq!(
        window.app().model().expect("it stays").id.name,
        "digits-vae2"
    );
    let fashion = ModelSource::Catalogue("fashion-vae".to_owned());
    let known = window.app().models().known(&fashion).expect("it is known");
    let pane = &window.app().tools().compare().panes()[1];
    assert_eq!(pane.picture().expect("a picture").model, known.id);
    assert!(pane.difference.expect("the same size").mean > 0.0);

    window.type_expression("[0.5, -1.2]");
    window.press(Modifiers::NONE, Key::Enter);
    show(&mut window);
    let panes = window.app().tools().compare().panes();
    assert!(panes[0].picture().is_some());
    let PaneState::Cannot(why) = &panes[1].state else {
        panic!("two numbers are no code of 16: {:?}", panes[1].state);
    };
    assert!(why.contains("fashion-vae") && why.contains("16"), "{why}");
    let why = why.clone();
    window.harness.get_by_label(&why);
    assert!(window.messages().is_empty(), "it is said in the pane alone");
}

#[test]
fn a_model_that_cannot_be_loaded_is_said_in_its_pane() {
    let mut window = open_with("digits-vae2");
    let mut settings = (**window.app().tools().settings()).clone();
    settings.compare.others[0].model = Some(ModelSource::File("absent.safetensors".into()));
    let model = &window.app().model().expect("a model is loaded").id;
    let session = serde_json::json!({
        "zscape_session": 1,
        "models": [{"name": model.name, "hash": model.hash, "catalogue": "digits-vae2"}],
        "tools": [{"open": Tool::Compare, "settings": settings}],
        "scene": {"model": 0, "expression": "seed(42)", "tool": 0},
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pane.zscape");
    zscape::files::save::save(&file, session.to_string().as_bytes()).expect("it can be written");
    window.drop_file(&file);
    window.wait("the reason", |app| {
        let panes = app.tools().compare().panes();
        matches!(&panes[1].state, PaneState::Cannot(why) if why.contains("absent.safetensors"))
    });
    assert!(window.app().models().loading().is_none());
    assert!(window.messages().is_empty(), "it is said in the pane alone");
}

#[test]
fn slerp_is_held_against_lerp() {
    let mut window = open_with("digits-gan");
    window.type_expression("slerp(seed(1), seed(2), 0.5)");
    window.press(Modifiers::NONE, Key::Enter);
    window.click("Reset pane 2");
    window.click("Interpolation in pane 2: lerp");
    show(&mut window);
    assert_eq!(
        expressions(window.app()),
        [
            "slerp(seed(1), seed(2), 0.5)",
            "lerp(seed(1), seed(2), 0.5)"
        ]
    );
    let panes = window.app().tools().compare().panes();
    let [slerp, lerp] = [0, 1].map(|index| panes[index].picture().expect("a picture").code.norm());
    assert!(lerp < 0.8 * slerp, "{lerp} and {slerp}");
}

fn divider_at(window: &Window) -> f32 {
    window.find(Role::Slider, "Divider").rect().center().x
}

#[test]
fn the_wipe_shows_one_picture_on_each_side_of_its_divider() {
    let mut window = open_with("digits-gan");
    let mut sides = Vec::new();
    for name in ["Wipe", "Side by side", "Wipe"] {
        window.click(name);
        sides.push(window.app().tools().settings().compare.mode);
    }
    assert_eq!(sides, [Mode::Wipe, Mode::SideBySide, Mode::Wipe]);
    let picture = window.find(Role::Image, "Wiped pictures").rect();
    let probe = inside(picture);
    let divider = window.find(Role::Slider, "Divider").rect();
    let knob = divider.center();
    let drag = |window: &mut Window, from: f32, to: f32| {
        window.harness.hover_at(pos2(from, knob.y));
        window.harness.drag_at(pos2(from, knob.y));
        window.harness.hover_at(pos2((from + to) / 2.0, knob.y));
        window.harness.drop_at(pos2(to, knob.y));
        window.harness.run_steps(2);
    };
    let left = picture.left() - 50.0;
    let right = picture.right() + 50.0;
    drag(&mut window, knob.x, right);
    let first = window.pixels(probe);
    let at = divider_at(&window);
    drag(&mut window, at, left);
    let second = window.pixels(probe);
    assert_ne!(first, second, "one picture on each side");
    assert_eq!(window.expression(), "seed(42)", "the divider walks nowhere");

    // The divider has the keyboard since it was dragged.
    window.harness.key_press(Key::End);
    window.harness.run_steps(2);
    assert_eq!(window.pixels(probe), first);
    let end = divider_at(&window);
    window.harness.key_press(Key::Home);
    window.harness.run_steps(2);
    let home = divider_at(&window);
    assert_eq!(window.pixels(probe), second);
    window.harness.key_press(Key::ArrowRight);
    window.harness.run_steps(2);
    assert_eq!(window.expression(), "seed(42)", "arrows step no seed here");
    let part = (divider_at(&window) - home) / (end - home);
    assert!((part - 0.02).abs() < 1e-3, "{part} of the width");
}

#[test]
fn blinking_takes_turns_until_it_rests() {
    let mut window = open_with("digits-gan");
    window.harness.key_press(Key::B);
    window.harness.run_steps(2);
    assert_eq!(window.app().tools().settings().compare.mode, Mode::Blink);
    assert!(window.app().tools().compare().is_blinking());
    let first = window.app().tool::<Compare>().blinked();
    window.wait("the other picture", |app| {
        app.tool::<Compare>().blinked() != first
    });
    window.wait("the first picture again", |app| {
        app.tool::<Compare>().blinked() == first
    });
    window.harness.key_press(Key::B);
    window.harness.run_steps(2);
    assert!(!window.app().tools().compare().is_blinking());
    let name = |which: usize| format!("Blinked picture: pane {}", which + 1);
    let which = window.app().tool::<Compare>().blinked();
    let rect = window.find(Role::Image, &name(which)).rect();
    let shown = window.pixels(inside(rect));
    window.harness.run_steps(60);
    assert_eq!(window.app().tool::<Compare>().blinked(), which, "it rests");
    window.harness.key_press(Key::X);
    window.harness.run_steps(2);
    assert_eq!(window.app().tool::<Compare>().blinked(), 1 - which);
    window.find(Role::Image, &name(1 - which));
    assert_ne!(window.pixels(inside(rect)), shown);
    window.open_tool("Explore");
    let blink = Command::OfTool(Tool::Compare, BLINK);
    let reason = window.app().availability(blink);
    assert_eq!(reason, Err("Open Compare first"));
}

#[test]
fn the_difference_has_its_mean_and_its_maximum() {
    let mut window = open_with("digits-gan");
    for _ in 0..3 {
        window.press(Modifiers::NONE, Key::C);
    }
    assert_eq!(
        window.app().tools().settings().compare.mode,
        Mode::Difference
    );
    let laid_over = window.app().tools().compare().laid_over();
    let laid_over = laid_over.expect("both are 28×28").clone();
    let [a, b] = &laid_over.pictures;
    let all: Vec<f32> = a
        .values
        .iter()
        .zip(b.values.iter())
        .map(|(a, b)| (a - b).abs())
        .collect();
    let mean = all.iter().sum::<f32>() / all.len() as f32;
    let max = all.iter().copied().fold(0.0, f32::max);
    let found = laid_over.difference;
    assert!((found.mean - mean).abs() < 1e-6 && found.max == max && mean > 0.0);
    window
        .harness
        .get_by_role_and_label(Role::Label, &format!("{mean:.4}"));

    let rect = window
        .find(Role::Image, "Difference of the pictures")
        .rect();
    let plain = window.pixels(rect);
    for _ in 0..5 {
        window
            .find(Role::Slider, "Gain of the difference")
            .increment_accesskit();
        window.harness.run_steps(1);
    }
    let strong = window.pixels(rect);
    let brightness = |pixels: &crate::support::Pixels| -> u64 {
        pixels.0.iter().map(|pixel| u64::from(pixel[0])).sum()
    };
    assert!(brightness(&strong) > brightness(&plain));
}

#[test]
fn pictures_of_other_sizes_are_not_laid_over_each_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("random-style.safetensors");
    let bytes = zscape::model::style::random_model(1).expect("it can be made");
    zscape::files::save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open_model(Some(ModelSource::File(path)));
    window.open_tool("Compare");
    choose_model(&mut window, 2, "Digits, GAN, 64-D latent");
    assert_eq!(window.app().tools().compare().panes()[1].difference, None);
    window.click("Wipe");
    let why = window.app().tools().compare().laid_over();
    let why = why.expect_err("the sizes differ").to_owned();
    assert!(
        why.contains("28×28") && why.contains("only pictures of the same size"),
        "{why}"
    );
    window.harness.get_by_label(&why);
    window.find(Role::Image, "Pane 2");
    window.click("4 panes");
    show(&mut window);
    window.click("Second is pane 3");
    assert!(
        window.app().tools().compare().laid_over().is_ok(),
        "panes 1 and 3 have the same model"
    );
}

#[test]
fn a_pane_shows_a_code_of_its_own() {
    let mut window = open_with("digits-gan");
    let code_of = |window: &Window| {
        let pane = window.app().tools().settings().compare.pane(1);
        pane.code.map(|code| code.to_string())
    };
    let choose = |window: &mut Window, entry: &str| {
        window.find(Role::ComboBox, "Code of pane 2").click();
        window.harness.run_steps(3);
        window.find(Role::Button, entry).click();
        window.harness.run_steps(3);
        show(window);
    };
    window.click("Reset pane 2");
    choose(&mut window, "seed(42), kept");
    // The seed is drawn without leaving the tool; what was kept stays.
    window.click("Next seed");
    show(&mut window);
    assert_eq!(expressions(window.app()), ["seed(43)", "seed(42)"]);

    choose(&mut window, "The current picture");
    assert_eq!(expressions(window.app()), ["seed(43)", "seed(43)"]);
    choose(&mut window, "Seed");
    assert_eq!(code_of(&window).as_deref(), Some("seed(44)"));
    window.find(Role::SpinButton, "Seed of pane 2").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND, Key::A);
    window
        .harness
        .get_by_label("Seed of pane 2")
        .type_text("45");
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    show(&mut window);
    assert_eq!(expressions(window.app()), ["seed(43)", "seed(45)"]);

    // A drop stays in its pane; on the first it is the current picture.
    window.drag("seed(3)", "Pane 2");
    show(&mut window);
    assert_eq!(expressions(window.app()), ["seed(43)", "seed(3)"]);
    window.drag("seed(5)", "Pane 1");
    show(&mut window);
    assert_eq!(expressions(window.app()), ["seed(5)", "seed(3)"]);

    // The hand walks on what is current, by mouse and by keys, and not on what is kept.
    for (pane, walks) in [("Pane 2", false), ("Pane 1", true)] {
        window.find(Role::Image, pane).focus();
        window.harness.run_steps(2);
        window.press(Modifiers::NONE, Key::ArrowRight);
        show(&mut window);
        let shown = expressions(window.app());
        assert_eq!(shown[0] != "seed(5)", walks, "{pane}: {shown:?}");
        assert_eq!(shown[1], "seed(3)");
    }
    for _ in 0..3 {
        window.press(Modifiers::COMMAND, Key::Z);
    }
    show(&mut window);
    assert_eq!(expressions(window.app()), ["seed(43)", "seed(45)"]);
}
