//! The matrix: every model of the catalogue, in every tool, from every kind of code, under every
//! basic act. Each ends in a picture and no message. A model that is added to the catalogue joins
//! it, and so does a tool that is added to the list of tools.

use crate::graph_files;
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, PointerButton, Pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;
use zscape::app::tools::compare::PaneState;
use zscape::app::tools::neighbours::current_code_in;
use zscape::app::tools::{compare, directions, map, variations};
use zscape::app::{Action, AppState, Command, Edit, Level, Tool};
use zscape::engine::{ModelInfo, ModelSource, Picture};
use zscape::files::save::save;
use zscape::latent::expr::parse;
use zscape::latent::{Sampler, Space};

/// A window, and where in the matrix it is: what a failure is reported with.
struct Cell {
    window: Window,
    place: String,
}

impl Cell {
    /// Does something, waits for what it leads to, and checks that all is well.
    #[track_caller]
    fn act(&mut self, name: &str, act: impl FnOnce(&mut Window)) {
        let before = self.window.messages().len();
        act(&mut self.window);
        self.arrived(name);
        self.check(name, before);
    }

    /// Waits for the picture and everything that the open tool shows.
    #[track_caller]
    fn arrived(&mut self, name: &str) {
        let what = format!("{}, {name}: {}", self.place, self.window.expression());
        self.window.settle();
        self.window.wait(&what, |app| {
            let map = app.tools().map();
            let has_tiles = app.tools().open() != Tool::Map
                || map.why_not().is_some()
                || (map.plane().is_some() && map.tiles().is_complete());
            app.pictures().is_settled() && has_tiles && is_compared(app)
        });
    }

    #[track_caller]
    fn check(&self, name: &str, messages_before: usize) {
        let (app, place) = (self.window.app(), &self.place);
        let at = format!("{place}, {name}: {}", self.window.expression());
        assert_eq!(app.preview().failure(), None, "{at}");
        let frame = app.preview().frame().expect("a picture");
        assert!(frame.code.values.is_finite(), "{at}");
        let failures: Vec<_> = app.pictures().failures().collect();
        assert!(failures.is_empty(), "{at}: {failures:?}");
        let news: Vec<_> = app.notices().all().iter().skip(messages_before).collect();
        let bad = news
            .iter()
            .find(|notice| matches!(notice.level, Level::Error | Level::Warning));
        assert!(bad.is_none(), "{at}: {bad:?}");
        let expected = match app.tools().open() {
            Tool::Variations => Some((variations::CHILDREN, variations::SHOWN)),
            Tool::Directions => Some((directions::STRIP, directions::STRIP_SIGMAS.len())),
            _ => None,
        };
        if let Some((key, least)) = expected
            && app.tools().directions().looked_at().is_some()
        {
            let shown = app.pictures().set(key).iter().flatten().count();
            assert!(shown >= least, "{at}: {shown} of {least} pictures");
        }
        if app.tools().open() == Tool::Map {
            assert_eq!(app.tools().map().why_not(), None, "{at}");
            assert_eq!(app.tools().map().tiles().failure(), None, "{at}");
        }
        if app.tools().open() == Tool::Compare {
            for pane in app.tools().compare().panes() {
                let is_shown = matches!(pane.state, PaneState::Picture(_));
                assert!(is_shown, "{at}: {:?}", pane.state);
            }
        }
    }
}

fn is_compared(app: &AppState) -> bool {
    app.tools().open() != Tool::Compare
        || app
            .tools()
            .compare()
            .panes()
            .iter()
            .all(|pane| matches!(pane.state, PaneState::Picture(_) | PaneState::Cannot(_)))
}

fn ask(window: &mut Window, action: Action) {
    window.harness.state_mut().ask(action);
    window.harness.run_steps(1);
}

fn edit(window: &mut Window, edit: Edit) {
    ask(window, Action::Edit(edit));
}

fn run(window: &mut Window, command: Command) {
    ask(window, Action::Run(command));
}

/// One code of each kind that the model has: in z, along a stored direction of each space,
/// truncated, and in w+.
fn starts(model: &ModelInfo) -> Vec<String> {
    let mut all = vec!["seed(42)".to_owned()];
    if model.has_real_seeds() {
        all.push("truncate(seed(7), 0.7)".to_owned());
    } else {
        all.push("cross(seed(1), seed(2), 3)".to_owned());
    }
    for space in [Space::Z, Space::W] {
        let mut stored = model.directions.iter();
        if let Some(direction) = stored.find(|direction| direction.space == space) {
            all.push(format!("seed(3) + 1.5*dir(\"{}\")", direction.name));
        }
    }
    if let Some(vocabulary) = &model.manifest.conditions {
        let [first, second] = [0, 1].map(|index| &vocabulary.words[index]);
        all.push(format!("given(seed(5), \"{first}\")"));
        all.push(format!(
            "slerp(given(seed(5), \"{first}\"), given(seed(6), \"{second}\"), 0.5)"
        ));
    }
    if model.manifest.spaces.contains_key(&Space::W_PLUS) {
        all.push("mix(seed(1), seed(2), layers 0..3)".to_owned());
    }
    all
}

/// The names of all sliders on the window.
fn sliders(window: &Window) -> Vec<String> {
    let sliders = window.harness.query_all_by_role(Role::Slider);
    let mut names: Vec<String> = sliders
        .filter(|slider| !slider.accesskit_node().is_disabled())
        .filter_map(|slider| slider.accesskit_node().label())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn drag_on_the_picture(window: &mut Window) {
    let Some(picture) = window
        .harness
        .query_by_role_and_label(Role::Image, "Picture")
    else {
        return;
    };
    let middle = picture.rect().center();
    let button = |pos: Pos2, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Default::default(),
    };
    window.harness.hover_at(middle);
    window.harness.event(button(middle, true));
    window.harness.run_steps(1);
    for step in 1..=4 {
        window
            .harness
            .hover_at(middle + vec2(8.0, -4.0) * step as f32);
        window.harness.run_steps(1);
    }
    window
        .harness
        .event(button(middle + vec2(32.0, -16.0), false));
    window.harness.run_steps(1);
}

fn acts(cell: &mut Cell) {
    cell.act("next seed", |window| run(window, Command::NextSeed));
    cell.act("random seed", |window| run(window, Command::RandomSeed));
    cell.act("drag on the picture", drag_on_the_picture);
    for name in sliders(&cell.window) {
        cell.act(&format!("slider {name}"), |window| {
            let found = window.harness.query_by_role_and_label(Role::Slider, &name);
            if let Some(slider) = found {
                slider.increment_accesskit();
                window.harness.run_steps(1);
            }
        });
    }
    let model = cell.window.app().model();
    if model.is_some_and(|model| model.has_real_seeds()) {
        cell.act("psi", |window| edit(window, Edit::Psi(0.6)));
        cell.act("seed with psi", |window| run(window, Command::NextSeed));
    }
    cell.act("play", |window| {
        run(window, Command::Play);
        window.harness.run_steps(6);
        run(window, Command::Leave);
    });
    cell.act("undo", |window| run(window, Command::Undo));
    cell.act("undo twice", |window| run(window, Command::Undo));
}

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

/// Writes the picture, goes elsewhere, drops the file, and has the same picture again.
fn there_and_back(cell: &mut Cell, folder: &Path) {
    let path = folder.join("there.png");
    let (expression, before) = (cell.window.expression(), pixels(&cell.window));
    cell.act("save", |window| {
        ask(window, Action::SavePicture(path.clone()));
        window.wait("the file", |app| app.export().runs().is_empty());
    });
    cell.act("elsewhere", |window| {
        edit(
            window,
            Edit::Expression(parse("seed(999)").expect("a seed")),
        );
    });
    cell.act("reopen", |window| {
        window.drop_file(&path);
        let what = format!("the expression of the file, {expression}");
        window.wait(&what, |app| {
            app.position().expression().to_string() == expression
        });
    });
    let place = &cell.place;
    assert!(
        pixels(&cell.window) == before,
        "{place}: the file of {expression} leads to another picture"
    );
}

#[track_caller]
fn matrix_of(name: &str) {
    walk(name, Window::open_named(name));
}

/// The matrix of a model that is not built in, whose networks are graphs.
#[track_caller]
fn matrix_of_graph(name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("{name}.safetensors"));
    save(&path, &graph_files::bytes(name)).expect("it can be written");
    walk(name, Window::open_model(Some(ModelSource::File(path))));
}

#[track_caller]
fn walk(name: &str, window: Window) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = window.app().model().expect("it is loaded").clone();
    let mut cell = Cell {
        window,
        place: name.to_owned(),
    };
    let first_direction = model.directions.first().map(|found| found.name.clone());
    for &tool in Tool::ALL {
        if cell.window.app().availability(tool.command()).is_err() {
            continue;
        }
        run(&mut cell.window, tool.command());
        if tool == Tool::Interpolate && model.has_real_seeds() {
            cell.window.set_path(&[3, 9]);
        }
        for start in starts(&model) {
            cell.place = format!("{name}, {tool:?} from {start}");
            cell.act("start", |window| {
                let start = parse(&start).expect("it is an expression");
                edit(window, Edit::Expression(start));
                if model.manifest.diffusion.is_some() {
                    // What works with four steps works with twenty, in a fifth of the time.
                    let few = Sampler {
                        steps: 4,
                        ..Sampler::default()
                    };
                    edit(window, Edit::Sampler(few));
                }
                if let Some(direction) = &first_direction {
                    let name = direction.clone();
                    type Of = directions::Directions;
                    ask(window, Action::ask_tool(|it: &mut Of, _| it.look_at(name)));
                }
            });
            acts(&mut cell);
        }
    }
    run(&mut cell.window, Command::Open(Tool::Explore));
    for start in starts(&model) {
        cell.place = format!("{name}, file of {start}");
        cell.act("start", |window| {
            edit(window, Edit::Expression(parse(&start).expect("it is one")));
        });
        there_and_back(&mut cell, folder.path());
    }
}

/// One test for each model, so that they run side by side; `every_model_is_in_the_matrix` makes
/// sure that none is missing.
macro_rules! matrix {
    ($($test:ident: $name:literal,)*) => {
        const MODELS: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            matrix_of($name);
        })*
    };
}

matrix! {
    faces_stylegan_works_in_every_tool: "faces-stylegan",
    faces_vae_works_in_every_tool: "faces-vae",
    faces_ldm_works_in_every_tool: "faces-ldm",
    faces_vq_works_in_every_tool: "faces-vq",
    faces_sketch_works_in_every_tool: "faces-sketch",
    digits_vae2_works_in_every_tool: "digits-vae2",
    digits_ae2_works_in_every_tool: "digits-ae2",
    fashion_vae_works_in_every_tool: "fashion-vae",
    digits_gan_works_in_every_tool: "digits-gan",
    digits_cvae_works_in_every_tool: "digits-cvae",
    digits_cgan_works_in_every_tool: "digits-cgan",
    digits_ddpm_works_in_every_tool: "digits-ddpm",
    digits_flow_works_in_every_tool: "digits-flow",
    digits_pixel_works_in_every_tool: "digits-pixel",
}

#[test]
fn graphs_from_z_work_in_every_tool() {
    matrix_of_graph(graph_files::RESIDUAL);
}

#[test]
fn graphs_with_a_mapping_work_in_every_tool() {
    matrix_of_graph(graph_files::MAPPED);
}

#[test]
fn graphs_of_label_maps_work_in_every_tool() {
    matrix_of_graph(graph_files::LAID_OUT);
}

#[test]
fn graphs_with_a_hidden_picture_work_in_every_tool() {
    matrix_of_graph(graph_files::HIDDEN);
}

#[test]
fn graphs_that_are_asked_for_words_work_in_every_tool() {
    matrix_of_graph(graph_files::ASKED);
}

#[test]
fn graphs_from_a_picture_of_reals_work_in_every_tool() {
    matrix_of_graph(graph_files::PICTURE);
}

#[test]
fn models_in_steps_work_in_every_tool() {
    matrix_of_graph(graph_files::DENOISER);
}

#[test]
fn graphs_from_indices_work_in_every_tool() {
    matrix_of_graph(graph_files::CODES);
}

#[test]
fn every_model_is_in_the_matrix() {
    let window = Window::open();
    let choices = window.app().models().choices();
    let names: Vec<String> = choices
        .filter_map(|source| match source {
            ModelSource::Catalogue(name) => Some(name),
            ModelSource::File(_) => None,
        })
        .collect();
    assert_eq!(names, MODELS);
}

/// Truncation has an effect where there is a mapping network, also beside the untouched picture.
#[test]
fn truncation_changes_the_picture_of_a_style_based_model() {
    let mut cell = Cell {
        window: Window::open_named("faces-stylegan"),
        place: "faces-stylegan".to_owned(),
    };
    run(&mut cell.window, Command::Open(Tool::Compare));
    cell.act("panes", |window| {
        let two = Action::edit_tool::<compare::Compare>(|settings| settings.set_panes(2));
        ask(window, two);
    });
    let panes = cell.window.app().tools().compare().panes();
    assert_eq!(panes[1].expression.to_string(), "truncate(seed(42), 0.7)");
    let difference = panes[1].difference.expect("both are shown");
    assert!(difference.mean > 0.01, "{difference:?}");
}

/// The map of a style-based model lies in w, goes through the current code and is walked on.
#[test]
fn the_map_of_a_style_based_model_lies_in_w() {
    let mut cell = Cell {
        window: Window::open_named("faces-stylegan"),
        place: "faces-stylegan".to_owned(),
    };
    run(&mut cell.window, Command::Open(Tool::Map));
    cell.act("map", |window| window.harness.run_steps(2));
    let app = cell.window.app();
    let plane = app.tools().map().plane().expect("a plane");
    assert_eq!(plane.space(), Space::W);
    // Across is the dimension that changes the picture most.
    let model = app.model().expect("loaded");
    let (first, _) = model.ranked_axes(Space::W)[0];
    assert_eq!(
        plane.expression([0.5, 0.0]).to_string(),
        format!("seed(42) + 0.5*dir(\"w{first}\")")
    );
    let code = current_code_in(app.workspace(), Space::W).expect("it was mapped");
    let [x, y] = plane.geometry().coordinates(&code);
    assert!(
        x.abs() + y.abs() < 1e-4,
        "the map goes through the code: {x} {y}"
    );
    assert!(plane.geometry().distance(&code) < 1e-3);
    cell.act("three codes", |window| {
        for (which, text) in [
            "seed(1)",
            "w(seed(2))",
            "mix(seed(3), seed(4), layers 2..5)",
        ]
        .into_iter()
        .enumerate()
        {
            let code = parse(text).expect("it is an expression");
            let corner = move |settings: &mut map::Settings| settings.set_corner(which, Some(code));
            ask(window, Action::edit_tool::<map::Map>(corner));
        }
    });
    let app = cell.window.app();
    let plane = app.tools().map().plane().expect("a plane");
    assert_eq!(plane.space(), Space::W_PLUS);
}
