//! The small pictures at the ends of sliders.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use zscape::app::{Action, ParamId, Slider};

impl Window {
    /// Waits until the ends of all sliders on the window are those of what is shown.
    #[track_caller]
    fn wait_for_ends(&mut self) {
        self.wait("the ends of the sliders", |app| {
            app.ends().are_settled(app.workspace()) && app.pictures().is_settled()
        });
        self.harness.run_steps(2);
    }
}

fn step(name: &str) -> ParamId {
    ParamId::Step(name.to_owned())
}

#[test]
fn sliders_show_what_lies_at_their_ends_and_a_click_goes_there() {
    let mut window = Window::open_named("faces-stylegan");
    window.wait_for_ends();
    let name = {
        let params = window.app().params();
        let first = params.iter().find(|it| matches!(it.id, ParamId::Step(_)));
        first.expect("the model has directions").name.clone()
    };
    let ends = |window: &Window| {
        let app = window.app();
        let slider = Slider::Param(step(&name));
        let pictures = app.ends().of(app.pictures(), &slider);
        pictures.map(|it| it.expect("it has come").expression.to_string())
    };
    let [low, high] = ends(&window);
    let wanted = |value: i32| {
        let word = if value < 0 { "-" } else { "+" };
        format!("{word} 3*dir(\"{name}\")")
    };
    assert!(low.ends_with(&wanted(-3)), "{low}");
    assert!(high.ends_with(&wanted(3)), "{high}");

    // They are those of the place where the hand rests.
    window.next_seed();
    window.wait_for_ends();
    assert_ne!(ends(&window), [low, high.clone()]);
    let high = ends(&window)[1].clone();
    let picture = format!("{name} at 3");
    window.find(Role::Image, &picture).click();
    window.settle();
    assert_eq!(window.expression(), high);
}

#[test]
fn the_numbers_of_a_plane_have_ends_too() {
    let mut window = Window::open_named("digits-vae2");
    window.wait_for_ends();
    let images = |window: &Window| {
        let all = window.harness.query_all_by_role(Role::Image);
        let names: Vec<_> = all
            .filter_map(|node| node.accesskit_node().label())
            .collect();
        names
            .iter()
            .filter(|name| name.starts_with("z0 at "))
            .count()
    };
    assert_eq!(images(&window), 2);
    for dim in [0, 1] {
        let app = window.app();
        let pictures = app.ends().of(app.pictures(), &Slider::Coordinate(dim));
        assert!(pictures.iter().all(Option::is_some), "z{dim}");
    }
}

#[test]
fn where_there_is_no_time_or_no_room_there_are_none() {
    let mut window = Window::open_named("digits-ddpm");
    window.harness.run_steps(4);
    let at_ends = window.harness.query_all_by_label_contains(" at 3").count();
    assert_eq!(at_ends, 0, "a picture takes many steps");
    assert!(window.app().ends().are_settled(window.app().workspace()));

    // Twice the text in a small window: the slider needs its place.
    let mut window = Window::open_named("faces-stylegan");
    window.harness.set_size([1024.0, 640.0].into());
    for _ in 0..4 {
        window.ask(Action::Run(zscape::app::Command::LargerText));
    }
    window.settle();
    let sliders = window.harness.query_all_by_role(Role::Slider);
    let narrow = sliders.filter(|it| it.rect().width() < 40.0).count();
    assert_eq!(narrow, 0);
}
