//! The main screens, compared with stored pictures by a software renderer, so that a change of
//! layout is seen by whoever makes it. `UPDATE_SNAPSHOTS=1` stores new ones.

use crate::support::{Window, options};
use eframe::egui::Key;
use eframe::egui::Modifiers;
use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use zscape::app::{Action, Command, Edit, Tool};
use zscape::engine::ModelSource;
use zscape::latent::expr::parse;
use zscape::ui::WindowOptions;

/// The status bar shows times, which no two runs share; in pixels from the bottom.
const STATUS_HEIGHT: u32 = 30;
/// Edges of glyphs and lines may fall on either side of a pixel from one processor to the next.
const MAX_FAILED_PIXELS: usize = 150;

struct Screen {
    name: &'static str,
    model: &'static str,
    expression: &'static str,
    tool: Tool,
    is_light: bool,
}

const SCREENS: &[Screen] = &[
    screen("first-start", "faces-stylegan", "seed(42)", Tool::Explore),
    screen("explore", "digits-vae2", "seed(42)", Tool::Explore),
    screen(
        "explore-styles",
        "faces-stylegan",
        "truncate(seed(7), 0.8) + 1.5*dir(\"glasses\")",
        Tool::Explore,
    ),
    light("explore-light", "digits-gan", "seed(3)", Tool::Explore),
    screen("map", "digits-ae2", "seed(1)", Tool::Map),
    light("map-light", "digits-vae2", "@digit-3", Tool::Map),
    screen("variations", "faces-vae", "seed(5)", Tool::Variations),
    light("compare-light", "faces-stylegan", "seed(42)", Tool::Compare),
    screen("where", "digits-gan", "1.3*seed(8)", Tool::Where),
    light("encode-light", "fashion-vae", "seed(2)", Tool::Encode),
    screen("directions", "faces-stylegan", "seed(9)", Tool::Directions),
];

const fn screen(
    name: &'static str,
    model: &'static str,
    expression: &'static str,
    tool: Tool,
) -> Screen {
    Screen {
        name,
        model,
        expression,
        tool,
        is_light: false,
    }
}

const fn light(
    name: &'static str,
    model: &'static str,
    expression: &'static str,
    tool: Tool,
) -> Screen {
    Screen {
        is_light: true,
        ..screen(name, model, expression, tool)
    }
}

#[test]
fn the_main_screens_look_as_they_did() {
    let mut faults = Vec::new();
    for screen in SCREENS {
        let mut window = Window::open_options(WindowOptions {
            model: Some(ModelSource::Catalogue(screen.model.to_owned())),
            ..options()
        });
        let ask = |window: &mut Window, action: Action| {
            window.harness.state_mut().ask(action);
            window.settle();
        };
        if screen.is_light {
            ask(&mut window, Action::Run(Command::ToggleTheme));
        }
        let expression = parse(screen.expression).expect("it is an expression");
        ask(&mut window, Action::Edit(Edit::Expression(expression)));
        ask(&mut window, Action::Run(screen.tool.command()));
        window.wait(screen.name, |app| {
            let map = app.tools().map();
            let has_map = app.tools().open() != Tool::Map
                || (map.plane().is_some() && map.tiles().is_complete());
            let has_ends =
                app.tools().open() != Tool::Explore || app.ends().are_settled(app.workspace());
            has_ends
                && app.pictures().is_settled()
                && app.session().thumbnails().is_settled()
                && has_map
        });
        // Only the first picture and this one: the steps between depend on the clock.
        window.press(Modifiers::NONE, Key::Escape);
        window.harness.remove_cursor();
        window.harness.run_steps(4);
        let mut image = window.harness.render().expect("the window can be painted");
        let top = image.height().saturating_sub(STATUS_HEIGHT);
        for y in top..image.height() {
            for x in 0..image.width() {
                image.put_pixel(x, y, image::Rgba([0, 0, 0, 255]));
            }
        }
        let options = SnapshotOptions::new().max_failed_pixels(MAX_FAILED_PIXELS);
        if let Err(error) = try_image_snapshot_options(&image, screen.name, &options) {
            faults.push(error.to_string());
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
