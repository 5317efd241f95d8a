//! Files written from the window: the same bytes that the command line writes from their recipe.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;
use std::process::{Command, Output};
use zscape::app::export::{Kind, Settings};
use zscape::app::tools::interpolate::{self, Interpolate};
use zscape::app::{Action, Overlay};
use zscape::document::animation::AnimationFormat;
use zscape::document::codes::read_codes;
use zscape::document::embedded::recipe_in_file;
use zscape::document::{Subject, photo};

/// Opens the card and chooses a kind of file.
fn choose(window: &mut Window, kind: &str) {
    window.press(Modifiers::COMMAND, Key::E);
    assert_eq!(window.app().overlay(), Overlay::Export);
    window.click(kind);
}

/// Writes what is set up, as if the file had been chosen in the dialog.
fn write(window: &mut Window, path: &Path) {
    window
        .harness
        .state_mut()
        .ask(Action::Export(path.to_owned()));
    window.harness.run_steps(2);
    window.wait("the file", |app| app.export().runs().is_empty());
    window.harness.run_steps(1);
    let message = window.messages().pop().expect("a message");
    assert!(message.starts_with("Saved"), "{message}");
    assert_eq!(window.app().overlay(), Overlay::None);
}

/// Runs the command line and writes to `path`.
fn command_line(arguments: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zscape"))
        .args(arguments)
        .arg("-o")
        .arg(path)
        .args(["--device", "cpu"])
        .output()
        .expect("zscape runs")
}

/// Makes a file again from its recipe by the command line.
fn made_again(path: &Path) -> Vec<u8> {
    let again = path.with_file_name(format!(
        "again-{}",
        path.file_name().expect("a name").to_string_lossy()
    ));
    let from = path.to_string_lossy();
    let output = command_line(&["render", "--from", &from], &again);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    std::fs::read(again).expect("it is there")
}

/// The name and the bytes of every file in a folder and in those in it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let inside = contents(&path).into_iter();
            found.extend(inside.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            found.push((name, std::fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

const KEYFRAMES: [&str; 4] = [
    "seed(3)",
    "0.5*seed(9)",
    "[1, -2]",
    "slerp(seed(1), seed(2), 0.3)",
];

/// Every kind and format: what is set up, the name of the file, and the command that makes it.
fn every_file() -> Vec<(Settings, &'static str, Vec<&'static str>)> {
    const MODEL: &str = "digits-vae2";
    let of = |kind| Settings {
        kind,
        scale: 2,
        smooth: true,
        ..Settings::default()
    };
    let with = |command: &'static str, rest: &[&'static str]| {
        let size: &[&str] = match command {
            "codes" => &[],
            _ => &["--scale", "2", "--smooth"],
        };
        [&[command, MODEL], rest, size].concat()
    };
    let strip = [&KEYFRAMES[..], &["--count", "5", "--method", "lerp"]].concat();
    let sheet = [
        &KEYFRAMES[..],
        &["--columns", "3", "--rows", "3", "--method", "lerp"],
    ]
    .concat();
    let mut files = vec![
        (of(Kind::Picture), "a.png", with("render", &["seed(42)"])),
        (
            Settings {
                count: 5,
                ..of(Kind::Strip)
            },
            "a.png",
            with("strip", &strip),
        ),
        (
            Settings {
                side: 3,
                ..of(Kind::Sheet)
            },
            "a.png",
            with("sheet", &sheet),
        ),
        (
            Settings {
                first_seed: 7,
                seeds: 70,
                ..of(Kind::Grid)
            },
            "a.png",
            with("grid", &["--seeds", "7-76"]),
        ),
        (of(Kind::Codes), "a.npz", with("codes", &["seed(42)"])),
    ];
    let walk = ["--frames", "8", "--seconds", "0.8", "--method", "lerp"];
    let ends = ["--once", "--even", "--loop", "--easing", "smooth"];
    let walk = [&KEYFRAMES[..], &walk, &ends].concat();
    for (format, name) in [
        (AnimationFormat::Gif, "a.gif"),
        (AnimationFormat::Apng, "a.png"),
        (AnimationFormat::WebP, "a.webp"),
        (AnimationFormat::Mp4, "a.mp4"),
        (AnimationFormat::PngSequence, "a_##.png"),
        (AnimationFormat::PngSequence, "frames"),
    ] {
        let settings = Settings {
            format,
            fps: 10.0,
            once: true,
            ..of(Kind::Animation)
        };
        files.push((settings, name, with("animate", &walk)));
    }
    files
}

#[test]
fn every_kind_and_format_is_what_the_command_line_makes() {
    let mut window = Window::open_named("digits-vae2");
    let expressions = KEYFRAMES.map(|text| zscape::latent::expr::parse(text).expect("sound"));
    for (settings, name, arguments) in every_file() {
        // A strip is spread by the easing and the lengths of the way, a command's is not.
        let is_animation = settings.kind == Kind::Animation;
        let way = interpolate::Settings {
            method: zscape::latent::path::Method::Lerp,
            easing: match is_animation {
                true => zscape::latent::path::Easing::Smooth,
                false => zscape::latent::path::Easing::Linear,
            },
            closed: is_animation,
            even: is_animation,
            secs: 0.8,
            ..interpolate::Settings::through(expressions.clone())
        };
        window.ask(Action::edit_tool::<Interpolate>(|settings| *settings = way));
        window.ask(Action::SetExport(settings.clone()));
        window.harness.run_steps(2);
        let what = format!("{:?} as {name} ({})", settings.kind, settings.format);

        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let before = window.messages().len();
        window.ask(Action::Export(folders[0].path().join(name)));
        window.harness.run_steps(2);
        window.wait(&what, |app| app.export().runs().is_empty());
        window.harness.run_steps(1);
        let message = window
            .messages()
            .split_off(before)
            .pop()
            .expect("a message");
        let output = command_line(&arguments, &folders[1].path().join(name));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            message.starts_with("Saved"),
            output.status.success(),
            "{what}: {message:?} and {said:?}"
        );
        if !output.status.success() {
            // Only MP4 needs another program.
            assert_eq!(settings.format, AnimationFormat::Mp4, "{said}");
            assert!(
                said.contains("ffmpeg") && message.contains("ffmpeg"),
                "{message}"
            );
        }
        let [window_made, command_made] = folders.map(|folder| contents(folder.path()));
        let names = |files: &[(String, Vec<u8>)]| {
            files
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&window_made), names(&command_made), "{what}");
        assert_eq!(window_made.is_empty(), !output.status.success(), "{what}");
        assert!(window_made == command_made, "{what}: the bytes differ");
    }
}

#[test]
fn an_even_closed_animation_is_what_its_recipe_makes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-vae2");
    window.open_tool("Interpolate");
    window.set_path(&[3, 9]);
    window.harness.get_by_label("Closed loop").click();
    window.harness.get_by_label("Constant speed").click();
    window.settle();
    for (format, name) in [
        ("GIF", "walk.gif"),
        ("WebP", "walk.webp"),
        ("APNG", "walk.apng"),
    ] {
        choose(&mut window, "Animation");
        window.click(format);
        let path = folder.path().join(name);
        write(&mut window, &path);
        let recipe = recipe_in_file(&path).expect("a recipe");
        let Subject::Animation(animation) = &recipe.subject else {
            panic!("{name} is an animation: {recipe:?}");
        };
        assert!(animation.even && animation.closed);
        assert_eq!(animation.frames, 100, "25 a second for four seconds");
        assert_eq!(recipe.size, [28 * 8, 28 * 8]);
        assert!(
            std::fs::read(&path).expect("it is there") == made_again(&path),
            "{name} is the same when it is made again"
        );
    }
}

#[test]
fn stills_strips_and_grids_carry_what_makes_them_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-gan");
    window.set_path(&[3, 9]);
    for (kind, size) in [
        ("Picture", [224, 224]),
        ("Strip", [16 * 224, 224]),
        ("Grid", [8 * 224, 8 * 224]),
    ] {
        choose(&mut window, kind);
        let path = folder.path().join(format!("{kind}.png"));
        write(&mut window, &path);
        assert_eq!(
            photo::read(&path).expect("a picture").size(),
            size,
            "{kind}"
        );
        assert!(
            std::fs::read(&path).expect("it is there") == made_again(&path),
            "the {kind} is the same when it is made again"
        );
    }
    // A sheet needs four corners; the card says so and writes nothing.
    choose(&mut window, "Sheet");
    let why = "A sheet needs four keyframes in Interpolate: its corners";
    window.harness.get_by_label(why).click();
    window.settle();
    let button = window.find(Role::Button, "Choose a file…");
    assert!(button.accesskit_node().is_disabled());
    assert_eq!(
        window.app().overlay(),
        Overlay::Export,
        "a word is no backdrop"
    );
}

#[test]
fn codes_go_out_and_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("codes.npz");
    let mut window = Window::open_named("digits-vae2");
    choose(&mut window, "Codes");
    write(&mut window, &path);
    let model = window.app().model().expect("a model");
    let back = read_codes(&path, &model.manifest.spaces)
        .expect("codes")
        .codes;
    let shown = window.app().preview().frame().expect("a picture");
    assert_eq!(back, [("z".to_owned(), shown.code.clone())]);
    choose(&mut window, "Codes");
    window.click("All bookmarks");
    window
        .harness
        .get_by_label("No bookmark was made with this model");
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-gan");
    choose(&mut window, "Grid");
    let mut settings = window.app().export().settings().clone();
    settings.seeds = 10_000;
    settings.scale = 4;
    window.harness.state_mut().ask(Action::SetExport(settings));
    window.harness.run_steps(2);
    let path = folder.path().join("many.png");
    window.harness.state_mut().ask(Action::Export(path));
    window.harness.run_steps(3);
    window.find(Role::Button, "Cancel the export").click();
    window.harness.run_steps(3);
    assert!(window.app().export().runs().is_empty());
    let message = window.messages().pop().expect("a message");
    assert!(message.contains("many.png was cancelled"), "{message}");
    // The thread needs a moment to put its things away.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    let left = || {
        std::fs::read_dir(folder.path())
            .expect("it can be listed")
            .count()
    };
    while left() > 0 && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(left(), 0, "nothing is left");
}

#[test]
fn a_small_picture_is_saved_large_enough_to_be_shown_around() {
    let folder = tempfile::tempdir().expect("a folder");
    for (model, side, is_smooth) in [("digits-vae2", 18 * 28, false), ("faces-vae", 8 * 64, true)] {
        let mut window = Window::open_named(model);
        let path = folder.path().join(format!("{model}.png"));
        window.ask(Action::SavePicture(path.clone()));
        window.harness.run_steps(2);
        window.wait("the file", |app| app.export().runs().is_empty());
        let recipe = recipe_in_file(&path).expect("it carries a recipe");
        assert_eq!(recipe.size, [side; 2], "{model}");
        assert_eq!(recipe.smooth, is_smooth, "{model}: as on the window");
    }
}
