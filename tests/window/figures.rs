//! Figures in the text of a question: drawn in both themes, said to those who do not see them, and with
//! the pictures of the model that they name.

use crate::school::CTRL;
use crate::support::{Window, options};
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use std::path::Path;
use zscape::app::learning::figure_key;
use zscape::app::{Action, Command, LearningAction};
use zscape::engine::ModelSource;
use zscape::files::save::save;
use zscape::ui::WindowOptions;

const QUESTION: &str = r#"+++
id = "figures"
question = "What do the figures of this test show?"
level = "beginner"
topic = "school"
related = ["kl-term", "latent-space-definition"]
covers = ["One of each kind."]
+++

Four figures.

```figure
caption = "Between two codes the digit changes."
[pictures]
model = "digits-ae2"
show = ["[-1, 0.5]", "[0, 0]", "[1, -0.5]", "seed(4)"]
labels = ["left", "the middle of the plane", "right", "seed 4"]
columns = 4
```

```figure
caption = "The cosine schedule keeps the picture longer than the linear one."
[lines]
x = "time step"
y = "alpha-bar"
from = 0
to = 1000
[[lines.series]]
name = "cosine"
formula = "cos((x/1000 + 0.008)/1.008*PI/2)^2"
[[lines.series]]
name = "linear"
formula = "exp(-(x*0.0001 + x^2*0.00001))"
```

```figure
caption = "Two dimensions carry everything."
[bars]
y = "KL in nats"
values = [["z0", 4.1], ["z1", 3.8], ["z2 to z15", 0.02]]
```

```figure
caption = "Encoder and decoder of a VAE."
diagram = """
x -> encoder -> "mu, sigma" -> z -> decoder -> "x again"
noise -> z
"""
```

```figure
caption = "The loop of a GAN."
diagram = """
z -> generator -> fake -> discriminator -> "real or fake?"
"training data" -> discriminator
discriminator -[gradient]-> generator
"""
```

## Deeper

Nothing more.
"#;

fn open(folder: &Path) -> Window {
    let questions = folder.join("questions");
    std::fs::create_dir_all(&questions).expect("a folder");
    save(&questions.join("figures.md"), QUESTION.as_bytes()).expect("it can be written");
    let mut window = Window::open_options(WindowOptions {
        model: Some(ModelSource::Catalogue("digits-vae2".to_owned())),
        questions: Some(questions),
        progress: Some(folder.join("progress.json")),
        ..options()
    });
    window.press(CTRL, Key::G);
    window.wait("the questions", |app| app.learning().bank().is_some());
    window.ask(Action::Learn(LearningAction::Read("figures".to_owned())));
    window
}

#[test]
fn figures_are_drawn_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path());
    let set = figure_key(0);
    assert!(
        window.app().pictures().set(set).get(0).is_none(),
        "the answer is hidden"
    );
    let mut faults = Vec::new();
    for (theme, name) in [("dark", "figures"), ("light", "figures-light")] {
        if theme == "light" {
            window.ask(Action::Run(Command::ToggleTheme));
        } else {
            window.ask(Action::Learn(LearningAction::Reveal(String::new())));
        }
        window.wait("the pictures of the figure", |app| {
            (0..4).all(|index| app.pictures().set(set).get(index).is_some())
        });
        window.settle();
        window.find(
            Role::Image,
            "4 pictures by digits-ae2: left; the middle of the plane; right; seed 4",
        );
        window.find(
            Role::Image,
            "Bars of KL in nats: z0 4.1, z1 3.8, z2 to z15 0.02",
        );
        let loops = "z leads to generator; generator leads to fake; fake leads to discriminator; \
                     discriminator leads to real or fake?; training data leads to discriminator; \
                     discriminator leads to generator (gradient)";
        window.find(Role::Image, loops);
        // The whole page at once.
        window.harness.set_size(eframe::egui::vec2(1280.0, 2200.0));
        window.harness.remove_cursor();
        window.harness.run_steps(6);
        let image = window.harness.render().expect("the window can be painted");
        let panel = image::imageops::crop_imm(&image, image.width() - 380, 0, 380, 2100).to_image();
        let options = SnapshotOptions::new().max_failed_pixels(150);
        if let Err(error) = try_image_snapshot_options(&panel, name, &options) {
            faults.push(error.to_string());
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
