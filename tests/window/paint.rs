//! Painting codes: strokes, the codebook, cells of another picture, the eraser, counts and what is expected.

use crate::graph_files::{self, CODES};
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;
use zscape::app::tools::paint::{Mode, Order, PALETTE, Paint};
use zscape::app::{Action, Edit, ParamId};
use zscape::engine::{ModelSource, Picture};
use zscape::latent::expr::{Expr, parse};
use zscape::model::ModelFile;
use zscape::model::manifest::Entry;

const BRUSH: &str = "Picture to paint codes on";

/// A small model whose codes are grids of 4x4 indices out of 32, in Paint.
fn open() -> (Window, TempDir) {
    open_file(&graph_files::bytes(CODES))
}

fn open_file(bytes: &[u8]) -> (Window, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("codes.safetensors");
    zscape::files::save::save(&path, bytes).expect("it can be written");
    let mut window = Window::open_model(Some(ModelSource::File(path)));
    window.press(Modifiers::NONE, Key::D);
    settle(&mut window);
    (window, folder)
}

#[track_caller]
fn settle(window: &mut Window) {
    window.settle();
    window.wait("the pictures and the grid", |app| {
        app.pictures().is_settled() && app.tool::<Paint>().indices().is_some()
    });
    window.harness.run_steps(4);
}

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

#[track_caller]
fn set(window: &mut Window, path: &str, value: f32) {
    let id: ParamId = path.parse().expect("it is a path");
    window.ask(Action::Set(id, value));
    settle(window);
}

#[track_caller]
fn edit(window: &mut Window, edit: Edit) {
    window.ask(Action::Edit(edit));
    settle(window);
}

/// A place in parts of the picture, which is a square as large as it fits; `pixels` a side where these
/// are enlarged by whole numbers.
fn at(window: &Window, [x, y]: [f32; 2], pixels: f32) -> Pos2 {
    let area = window.find(Role::Image, BRUSH).rect();
    let side = (area.width().min(area.height()) / pixels).floor() * pixels;
    area.center() + vec2(x - 0.5, y - 0.5) * side
}

/// Drags the brush over the small model's picture.
fn stroke(window: &mut Window, from: [f32; 2], to: [f32; 2]) {
    let [from, to] = [from, to].map(|part| at(window, part, 16.0));
    window.harness.hover_at(from);
    window.harness.drag_at(from);
    for step in 1..=8 {
        window
            .harness
            .hover_at(from + (to - from) * (step as f32 / 8.0));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(to);
    settle(window);
}

fn dot(window: &mut Window, part: [f32; 2]) {
    stroke(window, part, part);
}

#[test]
fn a_stroke_is_a_mix_and_one_undo_takes_it_back() {
    let (mut window, _folder) = open();
    let before = pixels(&window);
    let indices = window.app().tool::<Paint>().indices().cloned();
    assert_eq!(indices.expect("it came").len(), 16);
    set(&mut window, "tool/paint/entry", 17.0);
    stroke(&mut window, [0.1, 0.6], [0.9, 0.6]);
    assert_eq!(
        window.expression(),
        "mix(seed(42), fill(\"codes\", 17), cells [8..12])"
    );
    let row = pixels(&window);
    assert!(row != before, "the picture follows");
    let painted = window.app().tool::<Paint>().indices().cloned();
    assert_eq!(painted.expect("it came")[8..12], [17; 4]);
    dot(&mut window, [0.1, 0.1]);
    assert_eq!(
        window.expression(),
        "mix(seed(42), fill(\"codes\", 17), cells [0, 8..12])"
    );
    window.press(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert!(pixels(&window) == row, "one stroke is taken back");
    window.press(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert_eq!(window.expression(), "seed(42)");
    assert!(pixels(&window) == before);
    // A larger brush.
    window.press(Modifiers::NONE, Key::CloseBracket);
    settle(&mut window);
    dot(&mut window, [0.5, 0.5]);
    assert_eq!(
        window.expression(),
        "mix(seed(42), fill(\"codes\", 17), cells [5..7, 9..11])"
    );
    window.click("Remove all paint");
    assert_eq!(window.expression(), "seed(42)");
}

#[test]
fn an_entry_is_picked_erased_and_chosen_in_the_codebook() {
    let (mut window, _folder) = open();
    let indices = window.app().tool::<Paint>().indices().cloned();
    let indices = indices.expect("it came");
    window.click("Pick an entry");
    dot(&mut window, [0.4, 0.1]);
    let entry = |window: &Window| window.app().tool::<Paint>().entry();
    assert_eq!(entry(&window), indices[1]);
    assert_eq!(window.expression(), "seed(42)", "nothing is painted");
    assert!(!window.app().tools().paint().picks());
    // With Alt held a click picks, too.
    let place = at(&window, [0.9, 0.9], 16.0);
    window.harness.hover_at(place);
    for pressed in [true, false] {
        let button = Event::PointerButton {
            pos: place,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::ALT,
        };
        window.harness.event_modifiers(button, Modifiers::ALT);
        window.harness.run_steps(1);
    }
    settle(&mut window);
    assert_eq!(entry(&window), indices[15]);

    let name = "Entry 3, 0 here";
    let has = |window: &Window| window.harness.query_by_label(name).is_some();
    if has(&window) {
        window.click(name);
        assert_eq!(entry(&window), 3);
    } else {
        set(&mut window, "tool/paint/entry", 3.0);
    }
    stroke(&mut window, [0.1, 0.1], [0.9, 0.1]);
    let text = "mix(seed(42), fill(\"codes\", 3), cells [0..4])";
    assert_eq!(window.expression(), text);
    window.press(Modifiers::NONE, Key::E);
    settle(&mut window);
    let mode = |window: &Window| window.app().tools().settings().paint.mode;
    assert_eq!(mode(&window), Mode::Erase);
    stroke(&mut window, [0.4, 0.1], [0.9, 0.1]);
    assert_eq!(
        window.expression(),
        "mix(seed(42), fill(\"codes\", 3), cells [0])"
    );
    window.press(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert_eq!(window.expression(), text);
}

#[test]
fn cells_of_another_picture_are_copied_and_sources_are_taken() {
    let (mut window, _folder) = open();
    window.press(Modifiers::NONE, Key::T);
    settle(&mut window);
    window.find(Role::Button, "Picture to copy from");
    dot(&mut window, [0.1, 0.1]);
    // Seeds of this model are grids.
    assert_eq!(window.expression(), "mix(seed(42), seed(8), cells [0])");
    window.ask(Action::Choose(Expr::Seed(3)));
    settle(&mut window);
    assert_eq!(
        window.expression(),
        "mix(seed(42), seed(8), cells [0])",
        "the code went to the brush"
    );
    let before = pixels(&window);
    stroke(&mut window, [0.1, 0.9], [0.9, 0.9]);
    assert_eq!(
        window.expression(),
        "mix(mix(seed(42), seed(8), cells [0]), seed(3), cells [12..16])"
    );
    assert!(pixels(&window) != before);
}

#[test]
fn the_keyboard_paints_and_walks_through_the_codebook() {
    let (mut window, _folder) = open();
    window.find(Role::Image, BRUSH).focus();
    window.harness.run_steps(2);
    for key in [Key::ArrowRight, Key::ArrowDown, Key::ArrowDown, Key::Enter] {
        window.harness.key_press(key);
        window.harness.run_steps(2);
    }
    settle(&mut window);
    assert_eq!(
        window.expression(),
        "mix(seed(42), fill(\"codes\", 0), cells [9])"
    );
    window
        .find(Role::ListBox, "Codebook, entry 0 chosen")
        .focus();
    window.harness.run_steps(2);
    for key in [Key::ArrowRight, Key::ArrowRight] {
        window.harness.key_press(key);
        window.harness.run_steps(2);
    }
    settle(&mut window);
    assert_eq!(window.app().tool::<Paint>().entry(), 2);
}

#[test]
fn the_codebook_is_seen_sorted_and_counted() {
    let (mut window, _folder) = open();
    let palette = window.app().pictures().set(PALETTE);
    assert_eq!(palette.iter().flatten().count(), 32);
    window
        .harness
        .get_by_label_contains("of 32 entries in this picture");
    for (button, order) in [
        ("By use", Order::Use),
        ("By likeness", Order::Likeness),
        ("By number", Order::Number),
    ] {
        window.click(button);
        assert_eq!(window.app().tools().settings().paint.order, order);
    }
    window.click("Count entries");
    window.wait("the count", |app| app.tool::<Paint>().counted().is_some());
    let view = window.app().tool::<Paint>();
    let counted = view.counted().expect("it was waited for");
    assert_eq!((counted.seeds, counted.usage.used()), (100, 32));
    let sum: u32 = counted.usage.counts.iter().sum();
    assert_eq!(sum, 1600);
    let perplexity = counted.usage.perplexity();
    assert!((28.0..=32.0).contains(&perplexity), "{perplexity}");
    window.harness.get_by_label_contains("perplexity");
}

#[test]
fn a_model_that_writes_says_what_it_expects() {
    let mut window = Window::open_named("faces-vq");
    window.open_tool("Paint");
    settle(&mut window);
    assert_eq!(
        window
            .app()
            .pictures()
            .set(PALETTE)
            .iter()
            .flatten()
            .count(),
        512
    );
    window.ask(Action::ask_tool(|tool: &mut Paint, _| tool.look_at(9)));
    window.wait("what is expected", |app| {
        app.tool::<Paint>().expected().is_some()
    });
    window.harness.run_steps(3);
    let expected = window.app().tool::<Paint>().expected().cloned();
    let expected = expected.expect("it was waited for");
    let sum: f32 = expected.probabilities.iter().sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    assert_eq!(expected.likeliest.len(), 8);
    // One that does not stand there is painted by a click.
    let view = window.app().tool::<Paint>();
    let now = view.indices().expect("it came")[9];
    let wanted = *expected
        .likeliest
        .iter()
        .find(|index| **index != now)
        .expect("there are eight");
    let name = format!("Entry {wanted}, ");
    let rows: Vec<_> = window.harness.get_all_by_role(Role::Button).collect();
    let row = rows.iter().find(|row| {
        let label = egui_kittest::kittest::NodeT::accesskit_node(*row).label();
        label.is_some_and(|label| label.starts_with(&name) && label.ends_with('%'))
    });
    row.expect("a row for each").click();
    settle(&mut window);
    assert_eq!(
        window.expression(),
        format!("mix(seed(42), fill(\"codes\", {wanted}), cells [9])")
    );

    // With another temperature the grid is written out first, so that painting changes nothing else.
    edit(
        &mut window,
        Edit::Expression(parse("seed(42)").expect("a seed")),
    );
    set(&mut window, "sampler/temperature", 0.3);
    let cold = pixels(&window);
    window.ask(Action::ask_tool(|tool: &mut Paint, cx| {
        let view = cx.view(tool);
        let now = view.indices().expect("it came")[0];
        tool.paint_place(cx, 0, now);
    }));
    settle(&mut window);
    assert!(
        window.expression().starts_with("mix(at(\"codes\", ["),
        "{}",
        window.expression()
    );
    assert!(
        pixels(&window) == cold,
        "what stands there was painted once more"
    );
}

#[test]
fn a_model_without_codes_says_which_has_them() {
    let mut window = Window::open();
    window.open_tool("Paint");
    window.harness.get_by_label_contains("No grid to paint on");
    window
        .find(Role::Button, "Open Faces, codes from a codebook")
        .click();
    window.wait("the other model", |app| {
        app.model().is_some_and(|model| model.id.name == "faces-vq")
    });
    settle(&mut window);
    window.find(Role::Image, BRUSH);
}

#[test]
fn entries_with_names_are_called_by_them() {
    let file = ModelFile::from_bytes(&graph_files::bytes(CODES)).expect("it is sound");
    let mut manifest = file.manifest.clone();
    let entry = |index: u8| Entry {
        name: format!("label {index}"),
        colour: [8 * index, 128, 255 - 8 * index],
    };
    manifest.entries = (0..32).map(entry).collect();
    let bytes = ModelFile::to_bytes(&manifest, &file.tensors).expect("it is sound");
    let (mut window, _folder) = open_file(&bytes);
    let palette = window.app().pictures().set(PALETTE);
    assert_eq!(palette.iter().count(), 0, "colours need no pictures");
    let indices = window.app().tool::<Paint>().indices().cloned();
    let indices = indices.expect("it came");
    let count = indices.iter().filter(|index| **index == 4).count();
    window.click(&format!("Label 4, {count} here"));
    window.find(Role::ListBox, "Labels, label 4 chosen");
    dot(&mut window, [0.1, 0.1]);
    assert_eq!(
        window.expression(),
        "mix(seed(42), fill(\"codes\", 4), cells [0])"
    );
    let place = at(&window, [0.1, 0.1], 16.0);
    window.harness.hover_at(place);
    window.harness.run_steps(2);
    window.find(Role::Label, "Row 1, column 1: label 4");
    window.click("By likeness");
}

#[test]
fn a_count_is_cancelled_and_settings_are_taken_back() {
    let mut window = Window::open_named("faces-vq");
    window.open_tool("Paint");
    settle(&mut window);
    window.find(Role::Button, "Count entries").click();
    window.wait("the count to begin", |app| {
        app.tool::<Paint>().counting().is_some()
    });
    window
        .find(Role::Button, "Cancel the count of entries")
        .click();
    window.wait("the count to end", |app| {
        app.tool::<Paint>().counting().is_none()
    });
    assert!(window.app().tool::<Paint>().counted().is_none());
    assert!(window.messages().is_empty());
    // Settings go with the steps of the history.
    set(&mut window, "tool/paint/brush", 3.0);
    set(&mut window, "tool/paint/entry", 700.0);
    assert_eq!(window.app().tool::<Paint>().entry(), 511);
    window.press(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert_eq!(window.app().tool::<Paint>().entry(), 0);
    window.press(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert_eq!(window.app().tools().settings().paint.size(), 1);
}
