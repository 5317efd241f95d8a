//! Where am I: plain words about the current code.

use crate::support::Window;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use zscape::app::tools::where_am_i::Where;

fn at(model: &str, expression: &str) -> Window {
    let mut window = Window::open_named(model);
    window.open_tool("Where am I");
    window.type_expression(expression);
    window.press(Modifiers::NONE, Key::Enter);
    window
}

#[test]
fn a_seed_is_typical_and_a_far_code_is_not() {
    let window = at("digits-gan", "seed(7)");
    window.harness.get_by_label_contains("Typical");
    let window = at("digits-gan", "4*seed(7)");
    window.harness.get_by_label_contains("Far outside");
    let window = at("digits-gan", "0.01*seed(7)");
    window.harness.get_by_label_contains("its norm is smaller");
}

/// Codes in w and w+ are measured against seeds in w, not against the prior of z.
#[test]
fn a_code_in_w_is_measured_against_seeds_in_w() {
    for (expression, words) in [
        ("w(seed(1))", "Typical"),
        ("seed(3) + 0.5*dir(\"w1\")", "Typical"),
        ("w(seed(1)) + 30*dir(\"w0\")", "Far outside"),
        ("truncate(seed(1), 0.1)", "Nearer to the mean of w"),
        ("mix(seed(1), seed(2), layers 0..3)", "The layer of w+"),
    ] {
        let window = at("faces-stylegan", expression);
        if words.starts_with("The layer") {
            window.harness.get_by_label("Layer");
        } else {
            window.harness.get_by_label_contains(words);
        }
        let labels = window.harness.query_all_by_label_contains("(z").count();
        assert_eq!(labels, 0, "{expression}: dimensions of w are named as such");
        assert!(
            window
                .harness
                .query_all_by_label_contains("w has no prior")
                .count()
                > 0
        );
    }
    let window = at("faces-stylegan", "seed(1)");
    window.harness.get_by_label_contains("Log density");
}

#[test]
fn the_data_are_named_where_the_model_holds_some() {
    let mut window = at("digits-vae2", "@digit-1");
    window.harness.get_by_label_contains("Typical");
    // Ones lie around the mean of the ones; their pictures come a little later.
    window.wait_until("a one beside the mean of the ones", |window| {
        let found = window
            .harness
            .query_all_by_label_contains("Nearest datum: 1");
        found.count() > 0
    });
    let window = at("digits-ae2", "seed(1)");
    window.harness.get_by_label_contains("has no prior");
}

/// A flow knows the density of any picture; the number follows the picture.
#[test]
fn a_flow_says_how_likely_its_picture_is() {
    let bits = |window: &Window| window.app().tool::<Where>().bits_per_dimension();
    let mut window = at("digits-flow", "seed(7)");
    // Shown by a frame after it was found.
    window.wait_until("the likelihood of a seed", |window| {
        let words = bits(window).map(|bits| format!("{bits:.3} bits/dim"));
        words.is_some_and(|words| window.harness.query_by_label(&words).is_some())
    });
    let of_seed = bits(&window).expect("waited for");
    assert!((0.3..3.0).contains(&of_seed), "{of_seed} bits");
    for name in ["Likelihood", "Log-likelihood", "Test pictures"] {
        window.harness.get_by_label(name);
    }
    window.type_expression("3*seed(7)");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_until("that of a code far outside", |window| {
        bits(window).is_some_and(|bits| bits != of_seed)
    });
    let of_far = bits(&window).expect("waited for");
    assert!(of_far > of_seed + 0.5, "{of_far}, not more than {of_seed}");

    let window = at("digits-gan", "seed(7)");
    assert_eq!(bits(&window), None);
    let found = window.harness.query_all_by_label("Likelihood").count();
    assert_eq!(found, 0, "a GAN knows no density");
}

/// Wherever the picture of a flow is edited, its likelihood stands below it and follows.
#[test]
fn the_likelihood_stands_below_the_picture_and_follows_it() {
    let mut window = Window::open_named("digits-flow");
    let bits = |window: &Window| window.app().tool::<Where>().bits_per_dimension();
    let shows = |window: &Window, words: &str| {
        let found = window.harness.query_all_by_label(words).count();
        found > 0
    };
    assert_eq!(window.app().tools().open(), zscape::app::Tool::Explore);
    window.wait_until("the likelihood", |window| {
        bits(window).is_some_and(|bits| shows(window, &format!("{bits:.3} bits/dim")))
    });
    let of_seed = bits(&window);
    // At a lower temperature pictures are likelier.
    window.ask(zscape::app::Action::Set(zscape::app::ParamId::Psi, 0.5));
    window.wait_until("that of the colder picture", |window| {
        let now = bits(window);
        now < of_seed && now.is_some_and(|bits| shows(window, &format!("{bits:.3} bits/dim")))
    });
    window.open_tool("Directions");
    let words = format!("{:.3} bits/dim", bits(&window).expect("waited for"));
    window.wait_until("the number", |window| shows(window, &words));

    let window = at("digits-gan", "seed(7)");
    let found = window.harness.query_all_by_label_contains("bits/dim");
    assert_eq!(found.count(), 0, "a GAN knows no density");
}
