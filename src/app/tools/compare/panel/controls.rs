//! How the panes are shown, and how each differs from the first.

use super::{View, mode_words};
use crate::app::models::source_title;
use crate::app::tools::compare::{
    AMPLIFICATION, BLINK, Compare, FLIP, MAX_PANES, Mode, OverlaidPair, PaneSettings, SECONDS,
    Settings, psi_of_pane,
};
use crate::app::{Actions, AppState, Command, ParamId, Scale, Tool};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::path::{Method, interpolates};
use crate::ui::panels::tools::{Controls, panes};
use crate::ui::panels::{parameter_row, seed};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{
    SliderRow, caption, command_button, icon, number_field, reset_button, section, section_with,
    slider_row,
};
use eframe::egui::{
    Align, Button, ComboBox, DragValue, Frame, Grid, Layout, Margin, RichText, Stroke, Ui, vec2,
};
use lucide_icons::Icon;

/// Width of the words before a choice: as wide as those of a slider.
const WORD_WIDTH: f32 = 56.0;
/// Width of the seed of a pane.
const SEED_WIDTH: f32 = 72.0;
/// What a pane shows that follows.
const CURRENT: &str = "The current picture";
/// The longest expression in a list, in characters.
const MAX_WORDS: usize = 40;

/// Paints the controls.
pub fn ui(ui: &mut Ui, controls: &mut Controls<'_>, view: &mut View) {
    let app = controls.app;
    let settings = &app.tools().settings().compare;
    seed::ui(ui, app, controls.actions);
    section(ui, "Show", |ui| {
        modes_ui(ui, controls.actions, settings);
        match settings.mode {
            Mode::SideBySide => {}
            Mode::Wipe => wipe_ui(ui, view),
            Mode::Blink => blink_ui(ui, app, controls.actions),
            Mode::Difference => gain_ui(ui, app, controls.actions),
        }
        if settings.mode != Mode::SideBySide {
            pair_ui(ui, controls.actions, settings);
            if let Ok(laid_over) = app.tools().compare().laid_over() {
                numbers_ui(ui, laid_over);
            }
        }
    });
    let (count, ()) = section_with(
        ui,
        "Panes",
        |ui| panes::count_ui(ui, settings.panes(), MAX_PANES),
        |ui| {
            caption(
                ui,
                "Pane 1 is the current picture; the others follow it, or show a code of their own",
            );
            for index in 1..settings.panes() {
                pane_ui(ui, controls, settings, index);
            }
        },
    );
    if let Some(count) = count {
        controls
            .actions
            .edit_tool::<Compare>(move |settings| settings.set_panes(count));
    }
    let is_default = *settings == Settings::default();
    let reset = ui
        .add_enabled(
            !is_default,
            Button::new((icon(Icon::RotateCcw), "Reset the comparison")),
        )
        .on_hover_text(
            "Two panes side by side, the second truncated; undo restores the previous ones",
        )
        .on_disabled_hover_text("Everything is at its default")
        .accessible_name("Reset the comparison");
    if reset.clicked() {
        controls
            .actions
            .edit_tool::<Compare>(|settings| *settings = Settings::default());
    }
}

fn modes_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings) {
    let width = (ui.available_width() - space::XS) / 2.0;
    for modes in Mode::ALL.chunks(2) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for &mode in modes {
                let (words, glyph, tip) = mode_words(mode);
                let button = Button::new((icon(glyph), words))
                    .selected(settings.mode == mode)
                    .min_size(vec2(width, size::CONTROL));
                let response = ui
                    .add(button)
                    .on_hover_text(format!("{tip} (C goes on to the next)"))
                    .accessible_name(words);
                if response.clicked() {
                    actions.edit_tool::<Compare>(move |settings| settings.mode = mode);
                }
            }
        });
    }
}

fn wipe_ui(ui: &mut Ui, view: &mut View) {
    let row = SliderRow {
        name: "Divider",
        accessible_name: "Position of the divider",
        tooltip: "Left of it is the first picture, right of it the second; the divider itself \
                  can be dragged, too",
        value: view.wipe,
        range: 0.0..=1.0,
        scale: Scale::Closed,
        default: 0.5,
        ends: None,
    };
    if let Some(wipe) = slider_row(ui, &row) {
        view.wipe = wipe.clamp(0.0, 1.0);
    }
}

fn blink_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        command_button(ui, app, actions, Command::OfTool(Tool::Compare, BLINK));
        command_button(ui, app, actions, Command::OfTool(Tool::Compare, FLIP));
    });
    parameter_row::ui(ui, app, actions, &ParamId::Tool(SECONDS));
}

fn gain_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    parameter_row::ui(ui, app, actions, &ParamId::Tool(AMPLIFICATION));
}

/// Which two are laid over each other, where there is a choice.
fn pair_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings) {
    if settings.panes() < 3 {
        return;
    }
    let pair = settings.laid_over();
    for (which, word) in ["First", "Second"].into_iter().enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            word_ui(ui, word);
            for index in 0..settings.panes() {
                let number = (index + 1).to_string();
                let button = Button::new(&number)
                    .selected(pair[which] == index)
                    .min_size(vec2(size::CONTROL, size::CONTROL));
                let response = ui
                    .add(button)
                    .on_hover_text(format!("Take pane {number} as the {}", word.to_lowercase()))
                    .accessible_name(format!("{word} is pane {number}"));
                if response.clicked() {
                    // Two that change places, when the other one is chosen.
                    let mut new = pair;
                    if pair[1 - which] == index {
                        new[1 - which] = pair[which];
                    }
                    new[which] = index;
                    actions.edit_tool::<Compare>(move |settings| settings.set_pair(new));
                }
            }
        });
    }
}

/// The mean and the maximum of the absolute difference.
fn numbers_ui(ui: &mut Ui, laid_over: &OverlaidPair) {
    Grid::new("comparison numbers")
        .num_columns(3)
        .spacing(vec2(space::M, space::XS))
        .show(ui, |ui| {
            let difference = laid_over.difference;
            for (name, level) in [("Mean", difference.mean), ("Maximum", difference.max)] {
                ui.label(name).on_hover_text(
                    "Of the absolute difference over all pixels and channels, 0 to 1",
                );
                ui.label(RichText::new(format!("{level:.4}")).font(TextRole::Code.font()));
                caption(ui, format!("{:.1} of 255", level * 255.0));
                ui.end_row();
            }
        });
}

/// What one pane changes.
fn pane_ui(ui: &mut Ui, controls: &mut Controls<'_>, settings: &Settings, index: usize) {
    let Controls { app, model, .. } = *controls;
    let actions = &mut *controls.actions;
    let number = index + 1;
    let before = settings.pane(index);
    let mut pane = before.clone();
    let tokens = tokens(ui);
    Frame::new()
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(size::RADIUS)
        .inner_margin(Margin::same(space::S as i8))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.horizontal(|ui| {
                ui.label(RichText::new(format!("Pane {number}")).color(tokens.text_strong));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let reset = reset_button(ui, pane != PaneSettings::default())
                        .on_hover_text("Show the current picture as it is")
                        .on_disabled_hover_text("Shows the current picture as it is")
                        .accessible_name(format!("Reset pane {number}"));
                    if reset.clicked() {
                        pane = PaneSettings::default();
                    }
                });
            });
            code_ui(ui, app, model, &mut pane, number);
            model_ui(ui, app, &mut pane, number);
            parameter_row::ui(ui, app, actions, &ParamId::Tool(psi_of_pane(index)));
            method_ui(ui, app, &mut pane, number);
        });
    if pane != before {
        actions.ask_tool(move |_: &mut Compare, cx| Compare::set_pane(cx, index, pane));
    }
}

/// What the pane shows: the current picture, or a code of its own.
fn code_ui(ui: &mut Ui, app: &AppState, model: &ModelInfo, pane: &mut PaneSettings, number: usize) {
    let names = app.names();
    let tools = app.tools().settings();
    let favourites = &tools.variations.favourites;
    let mut seed = match pane.code {
        Some(Expr::Seed(seed)) => Some(seed),
        _ => None,
    };
    ui.horizontal(|ui| {
        word_ui(ui, "Code");
        let words = match &pane.code {
            None => CURRENT.to_owned(),
            Some(Expr::Seed(_)) => "Seed".to_owned(),
            Some(code) => code.to_string(),
        };
        let beside = if seed.is_some() { SEED_WIDTH + space::S } else { 0.0 };
        let combo = ComboBox::from_id_salt(("compare code", number))
            .selected_text(words)
            .width(ui.available_width() - beside)
            .truncate()
            .show_ui(ui, |ui| {
                let mut entry = |ui: &mut Ui, code: Option<Expr>, words: &str| {
                    if ui.selectable_label(pane.code == code, words).clicked() {
                        pane.code = code;
                    }
                };
                entry(ui, None, CURRENT);
                let current = app.position().expression();
                let kept = format!("{}, kept", shortened(&current.to_string()));
                entry(ui, Some(current.clone()), &kept);
                let next = seed.unwrap_or_else(|| app.position().last_seed().wrapping_add(1));
                entry(ui, Some(Expr::Seed(next)), "Seed");
                let offered = tools.sources.offered(model, &names.codes, favourites);
                for code in offered.named {
                    let words = code.to_string();
                    entry(ui, Some(code), &words);
                }
                for (index, code) in offered.favourites.into_iter().enumerate() {
                    entry(ui, Some(code), &format!("Favourite {}", index + 1));
                }
            });
        combo
            .response
            .on_hover_text(
                "What this pane shows: the current picture as it moves, or a code that stays. A picture \
                 can be dropped on the pane, too",
            )
            .accessible_name(format!("Code of pane {number}"));
        if let Some(seed) = &mut seed {
            let field = DragValue::new(seed).speed(0.1);
            let response = number_field(ui, SEED_WIDTH, field)
                .on_hover_text("Seed of this pane: drag, or click to type a number")
                .accessible_name(format!("Seed of pane {number}"));
            if response.changed() {
                pane.code = Some(Expr::Seed(*seed));
            }
        }
    });
}

fn model_ui(ui: &mut Ui, app: &AppState, pane: &mut PaneSettings, number: usize) {
    ui.horizontal(|ui| {
        word_ui(ui, "Model");
        let current = "The current model";
        let words = match &pane.model {
            None => current.to_owned(),
            Some(source) => source_title(source),
        };
        let combo = ComboBox::from_id_salt(("compare model", number))
            .selected_text(words)
            .width(ui.available_width())
            .truncate()
            .show_ui(ui, |ui| {
                let mut entry = |ui: &mut Ui, source, words: &str| {
                    if ui.selectable_label(pane.model == source, words).clicked() {
                        pane.model = source;
                    }
                };
                entry(ui, None, current);
                for source in app.models().choices() {
                    let words = source_title(&source);
                    entry(ui, Some(source), &words);
                }
            });
        combo
            .response
            .on_hover_text("The model that decodes this pane; the current model stays")
            .accessible_name(format!("Model of pane {number}"));
    });
}

fn method_ui(ui: &mut Ui, app: &AppState, pane: &mut PaneSettings, number: usize) {
    let holds_one = interpolates(app.position().expression());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        word_ui(ui, "Method");
        let choices = [
            (
                None,
                "unchanged",
                "Leave the interpolations of the expression unchanged",
            ),
            (
                Some(Method::Slerp),
                "slerp",
                "Use slerp in every interpolation of the expression",
            ),
            (
                Some(Method::Lerp),
                "lerp",
                "Use lerp in every interpolation of the expression",
            ),
        ];
        for (method, words, tip) in choices {
            let button = Button::new(words)
                .selected(pane.method == method)
                .min_size(vec2(0.0, size::CONTROL));
            // One that was chosen can always be taken back.
            let response = ui
                .add_enabled(holds_one || pane.method.is_some(), button)
                .on_hover_text(tip)
                .on_disabled_hover_text("The expression holds no lerp and no slerp")
                .accessible_name(format!("Interpolation in pane {number}: {words}"));
            if response.clicked() {
                pane.method = method;
            }
        }
    });
}

/// The beginning of a text that is too long for a list.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A word before a choice, as wide as the name of a slider.
fn word_ui(ui: &mut Ui, word: &str) {
    let size = vec2(WORD_WIDTH, size::CONTROL);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.label(word);
    });
}
