//! Interpolate: keyframes, strips, play and scrub.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use zscape::app::tools::interpolate::{LERP_STRIP, SHEET, SLERP_STRIP, STRIP};
use zscape::app::tools::variations::Variations;
use zscape::app::{Action, Command, Edit};
use zscape::latent::expr::Expr;

fn open() -> Window {
    let mut window = Window::open_named("digits-gan");
    window.open_tool("Interpolate");
    window.set_path(&[3, 9]);
    window
}

fn places(window: &Window) -> Vec<Option<String>> {
    let settings = &window.app().tools().settings().interpolate;
    let text = |place: &Option<Expr>| place.as_ref().map(ToString::to_string);
    settings.places.iter().map(text).collect()
}

#[test]
fn it_opens_with_two_places_and_clicks_fill_them() {
    let mut window = Window::open_named("digits-gan");
    window.open_tool("Interpolate");
    let seed = |seed: u32| Some(format!("seed({seed})"));
    assert_eq!(places(&window), [None, None]);
    for empty in ["From: empty", "To: empty"] {
        window.find(Role::Button, empty);
    }
    let play = window.app().availability(Command::Play);
    assert!(
        play.is_err_and(|why| why.contains("two pictures")),
        "{play:?}"
    );
    window.click("seed(7)");
    assert_eq!(places(&window), [seed(7), None]);
    assert_eq!(window.expression(), "seed(7)");
    window.click("seed(8)");
    window.wait("the strips", |app| app.pictures().is_settled());
    assert_eq!(places(&window)[1], seed(8));
    let strip = window.app().pictures().set(SLERP_STRIP);
    assert_eq!(
        strip.iter().flatten().count(),
        STRIP,
        "the path is shown at once"
    );
    assert_eq!(window.app().tools().interpolate().time(), 1.0);
    // Both are filled: a click goes there, as in other tools.
    window.click("seed(2)");
    assert_eq!(places(&window)[0], seed(7));
    assert_eq!(window.expression(), "seed(2)");
    // A place that is marked takes the next one.
    window.click("Mark From");
    window.click("seed(4)");
    assert_eq!(places(&window)[0], seed(4));
    assert_eq!(window.app().tools().interpolate().time(), 0.0);
    window.wait("a step", |app| app.availability(Command::Undo).is_ok());
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(places(&window)[0], seed(7), "undo empties the hand");
    window.click("Remove keyframe 1");
    assert_eq!(places(&window)[0], None, "to stays to");
    assert_eq!(places(&window)[1], seed(8));
}

#[test]
fn places_are_marked_and_filled_by_keyboard() {
    let mut window = Window::open_named("digits-gan");
    window.open_tool("Interpolate");
    window.find(Role::Button, "To: empty").focus();
    window.press(Modifiers::NONE, Key::Enter);
    window.find(Role::Button, "seed(5)").focus();
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(places(&window), [None, Some("seed(5)".to_owned())]);
    window
        .find(Role::Button, "Add the current picture as a keyframe")
        .focus();
    window.press(Modifiers::NONE, Key::Enter);
    let five = || Some("seed(5)".to_owned());
    assert_eq!(places(&window), [five(), five()]);
}

#[test]
fn favourites_of_variations_are_there_to_take() {
    let mut window = Window::open_named("digits-gan");
    let liked = Expr::Seed(77);
    let favour = liked.clone();
    window.ask(Action::edit_tool::<Variations>(|settings| {
        settings.favour(favour, true);
    }));
    window.open_tool("Interpolate");
    window.click("Favourite 1");
    assert_eq!(places(&window)[0], Some(liked.to_string()));
}

#[test]
fn both_strips_show_the_same_pair_and_only_slerp_keeps_the_norm() {
    let window = open();
    let norms = |key| -> Vec<f32> {
        let set = window.app().pictures().set(key);
        set.iter()
            .flatten()
            .map(|picture| picture.code.norm())
            .collect()
    };
    let (slerp, lerp) = (norms(SLERP_STRIP), norms(LERP_STRIP));
    assert_eq!((slerp.len(), lerp.len()), (STRIP, STRIP));
    assert_eq!(
        (slerp[0], slerp[STRIP - 1]),
        (lerp[0], lerp[STRIP - 1]),
        "the same ends"
    );
    let least = |norms: &[f32]| norms.iter().copied().fold(f32::INFINITY, f32::min);
    assert!(
        least(&lerp) < 0.8 * least(&slerp),
        "lerp cuts through the inside"
    );
}

#[test]
fn keyframes_are_dropped_in_and_the_way_is_scrubbed() {
    let mut window = open();
    window.drag("seed(1)", "Keyframes");
    let keyframes: Vec<String> = places(&window).into_iter().flatten().collect();
    assert_eq!(keyframes.len(), 3);
    let before = window.picture();
    window.click("slerp 16 of 16");
    assert_eq!(window.expression(), keyframes[2]);
    assert_ne!(window.picture(), before);
    window.click("slerp 1 of 16");
    assert_eq!(window.expression(), keyframes[0]);
    window.click("Remove keyframe 3");
    assert_eq!(places(&window).len(), 2);
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(places(&window).len(), 3);
}

#[test]
fn space_plays_the_way_and_escape_stops_it() {
    let mut window = open();
    window.harness.key_press(Key::Space);
    window.wait("the way is under way", |app| {
        app.tools().interpolate().time() > 0.02
    });
    assert!(window.app().is_playing());
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.app().is_playing());
    assert!(
        window.expression().starts_with("slerp(seed(3), seed(9), "),
        "{}",
        window.expression()
    );
}

#[test]
fn who_goes_elsewhere_while_it_plays_stays_there() {
    let mut window = open();
    let before = window.expression();
    for (go, there) in [
        (Action::Run(Command::Undo), "seed(42)"),
        (Action::Run(Command::NextSeed), "seed(43)"),
        // The path ends at seed(9) by itself, so it has to be another one.
        (Action::Edit(Edit::Seed(5)), "seed(5)"),
    ] {
        window.harness.key_press(Key::Space);
        window.wait("the way is under way", |app| {
            app.is_playing() && app.position().expression().to_string().starts_with("slerp")
        });
        window.ask(go);
        window.settle();
        assert!(!window.app().is_playing());
        assert_eq!(window.expression(), there);
        window.harness.run_steps(20);
        assert_eq!(window.expression(), there);
        window.type_expression(&before);
        window.press(Modifiers::NONE, Key::Enter);
    }
}

#[test]
fn even_change_is_measured_and_the_sheet_has_four_corners() {
    let mut window = open();
    window.find(Role::CheckBox, "Constant speed").click();
    window.settle();
    window.wait("the length of the way", |app| {
        app.tools()
            .interpolate()
            .lengths()
            .is_some_and(|lengths| lengths.total() > 0.0)
    });
    window.drag("seed(1)", "Keyframes");
    window.drag("seed(2)", "Keyframes");
    window
        .find(Role::CheckBox, "Sheet between four corners")
        .click();
    window.settle();
    window.wait("the sheet", |app| {
        app.pictures().set(SHEET).iter().flatten().count() == 49
    });
    window.click("Sheet row 1 column 1");
    assert_eq!(window.expression(), "seed(3)");
}
