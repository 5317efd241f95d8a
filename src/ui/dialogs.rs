//! File dialogs, each waited for on a thread of its own.
//!
//! The hazard here is a frozen window: a dialog stays open for minutes. It is made on the
//! window's thread, as macOS demands, and awaited elsewhere; the answer comes by a channel.

use crate::app::tools::encode::Encode;
use crate::app::{
    Action, Actions, CurveFile, FileKind, LearningAction, LearningFile, SessionAction, Wake,
};
use crate::document::session_file::ENDING;
use rfd::{AsyncFileDialog, FileHandle};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How the names of pictures end that can be encoded.
const PICTURE_ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "webp", "bmp", "gif"];

/// How the names of files end that hold models.
const MODEL_ENDINGS: [&str; 8] = [
    "safetensors",
    "pt",
    "pth",
    "ckpt",
    "bin",
    "pkl",
    "npz",
    "json",
];

/// A person needs longer than this to say no; a missing dialog service does not.
const TOO_FAST_FOR_A_PERSON: Duration = Duration::from_millis(300);

const NO_DIALOG: &str = "This desktop offers no file dialog";

/// What a dialog was opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    OpenAny,
    OpenModel,
    OpenPicture,
    OpenDirections,
    SavePicture,
    Export(FileKind),
    OpenSession,
    SaveSession,
    SaveScene,
    Learning(LearningFile),
    Curves(CurveFile),
}

struct Answer {
    purpose: Purpose,
    path: Option<PathBuf>,
    took: Duration,
}

/// The dialog that is open, if any, and the way its answer comes.
pub struct Dialogs {
    wake: Wake,
    answers: Receiver<Answer>,
    sender: SyncSender<Answer>,
    open: bool,
}

impl Dialogs {
    pub fn new(wake: Wake) -> Self {
        let (sender, answers) = sync_channel(1);
        Self {
            wake,
            answers,
            sender,
            open: false,
        }
    }

    /// Asks for a file of any kind.
    pub fn open_any(&mut self, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new().set_title("Open");
        self.show(Purpose::OpenAny, actions, move || dialog.pick_file());
    }

    /// Asks for a model file.
    pub fn open_model(&mut self, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Open model")
            .add_filter("Model", &MODEL_ENDINGS);
        self.show(Purpose::OpenModel, actions, move || dialog.pick_file());
    }

    /// Asks for a picture to encode.
    pub fn open_picture(&mut self, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Encode picture")
            .add_filter("Picture", &PICTURE_ENDINGS);
        self.show(Purpose::OpenPicture, actions, move || dialog.pick_file());
    }

    /// Asks for a file of directions.
    pub fn open_directions(&mut self, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Import directions")
            .add_filter("NumPy arrays", &["npy", "npz"]);
        self.show(Purpose::OpenDirections, actions, move || dialog.pick_file());
    }

    /// Asks where to save the picture.
    pub fn save_picture(&mut self, suggested_name: &str, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Save picture")
            .set_file_name(suggested_name)
            .add_filter("PNG picture", &["png"]);
        self.show(Purpose::SavePicture, actions, move || dialog.save_file());
    }

    /// Asks where an export is to be.
    pub fn export(&mut self, suggested_name: &str, kind: FileKind, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Export")
            .set_file_name(suggested_name)
            .add_filter(kind.words, &[kind.ending]);
        self.show(Purpose::Export(kind), actions, move || dialog.save_file());
    }

    /// Asks for a session file.
    pub fn open_session(&mut self, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Open session")
            .add_filter("Session (.zscape)", &[ENDING]);
        self.show(Purpose::OpenSession, actions, move || dialog.pick_file());
    }

    /// Asks where to save the session.
    pub fn save_session(&mut self, suggested_name: &str, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Save session")
            .set_file_name(suggested_name)
            .add_filter("Session (.zscape)", &[ENDING]);
        self.show(Purpose::SaveSession, actions, move || dialog.save_file());
    }

    /// Asks where to save a scene.
    pub fn save_scene(&mut self, suggested_name: &str, actions: &mut Actions) {
        let dialog = AsyncFileDialog::new()
            .set_title("Save as scene")
            .set_file_name(suggested_name)
            .add_filter("Scene (.zscape)", &[ENDING]);
        self.show(Purpose::SaveScene, actions, move || dialog.save_file());
    }

    /// Asks where to write what was learned.
    pub fn save_learning(&mut self, file: LearningFile, actions: &mut Actions) {
        let (name, words, ending) = file.suggestion();
        let dialog = AsyncFileDialog::new()
            .set_title("Export")
            .set_file_name(name)
            .add_filter(words, &[ending]);
        self.show(Purpose::Learning(file), actions, move || dialog.save_file());
    }

    /// Asks where to write curves of quality.
    pub fn save_curves(&mut self, file: CurveFile, actions: &mut Actions) {
        let (name, words, ending) = file.suggestion();
        let dialog = AsyncFileDialog::new()
            .set_title("Export")
            .set_file_name(name)
            .add_filter(words, &[ending]);
        self.show(Purpose::Curves(file), actions, move || dialog.save_file());
    }

    /// Queues what the user answered.
    pub fn take_answers(&mut self, actions: &mut Actions) {
        while let Ok(answer) = self.answers.try_recv() {
            self.open = false;
            match (answer.path, answer.purpose) {
                (Some(path), Purpose::OpenAny | Purpose::OpenModel) => {
                    actions.push(Action::OpenFile(path));
                }
                (Some(path), Purpose::OpenPicture) => {
                    actions.ask_tool(|_: &mut Encode, cx| Encode::open_file(cx, path));
                }
                (Some(path), Purpose::OpenDirections) => {
                    actions.push(Action::OpenDirections(path));
                }
                (Some(path), Purpose::SavePicture) => {
                    actions.push(Action::SavePicture(with_ending(path, "png")));
                }
                (Some(path), Purpose::Export(kind)) => {
                    actions.push(Action::Export(with_ending(path, kind.ending)));
                }
                (Some(path), Purpose::OpenSession) => {
                    actions.push(Action::OpenFile(path));
                }
                (Some(path), Purpose::SaveSession) => {
                    let path = with_ending(path, ENDING);
                    actions.push(Action::Session(SessionAction::Save(path)));
                }
                (Some(path), Purpose::SaveScene) => {
                    actions.push(Action::SaveScene(with_ending(path, ENDING)));
                }
                (Some(path), Purpose::Learning(file)) => {
                    let path = with_ending(path, file.suggestion().2);
                    actions.push(Action::Learn(LearningAction::Export(file, path)));
                }
                (Some(path), Purpose::Curves(file)) => {
                    let path = with_ending(path, file.suggestion().2);
                    actions.push(Action::WriteCurves(file, path));
                }
                (None, purpose) if answer.took < TOO_FAST_FOR_A_PERSON => {
                    actions.push(Action::Report(no_dialog_message(purpose)));
                }
                (None, _) => {}
            }
        }
    }

    fn show<F>(&mut self, purpose: Purpose, actions: &mut Actions, ask: impl FnOnce() -> F)
    where
        F: Future<Output = Option<FileHandle>> + Send + 'static,
    {
        if self.open {
            return;
        }
        let answer = ask();
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let asked_at = Instant::now();
        let thread = std::thread::Builder::new().name("zscape-dialog".to_owned());
        // Not joined: nobody may ever answer the dialog, and the end of the program closes it.
        let started = thread.spawn(move || {
            let path = pollster::block_on(answer).map(|file| file.path().to_owned());
            // Nobody listens when the window was closed in the meantime.
            sender
                .send(Answer {
                    purpose,
                    path,
                    took: asked_at.elapsed(),
                })
                .ok();
            wake();
        });
        match started {
            Ok(_) => self.open = true,
            Err(err) => actions.push(Action::Report(format!(
                "No file dialog could be opened: {err}"
            ))),
        }
    }
}

/// What to do where no dialog can be opened.
fn no_dialog_message(purpose: Purpose) -> String {
    let advice = match purpose {
        Purpose::OpenAny => "Drop the file on the window, or start zscape with its name",
        Purpose::OpenModel => {
            "Drop a model file on the window, or start zscape with the file's name"
        }
        Purpose::OpenPicture => "Drop a PNG, JPEG, WebP, BMP or GIF on the window",
        Purpose::OpenDirections => "Type the directions into the equation bar as vectors",
        Purpose::SavePicture => "Copy the expression and write the picture with `zscape render`",
        Purpose::Export(kind) => {
            let command = kind.command;
            return format!("{NO_DIALOG}. `zscape {command}` writes the same file");
        }
        Purpose::OpenSession => {
            "Drop a .zscape file on the window, or start zscape with the file's name"
        }
        Purpose::Curves(_) => {
            "`zscape eval` with --method and --steps measures the same on more pictures"
        }
        Purpose::Learning(_) => "`zscape progress` writes what was learned",
        Purpose::SaveScene => "Export the picture: its file leads back to it, too",
        Purpose::SaveSession => {
            "The session is kept for the next start; start zscape with the name of a session \
             file to save into that one"
        }
    };
    format!("{NO_DIALOG}. {advice}")
}

fn with_ending(mut path: PathBuf, ending: &str) -> PathBuf {
    let has_ending = path
        .extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(ending));
    if !has_ending {
        path.as_mut_os_string().push(".");
        path.as_mut_os_string().push(ending);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::export::{Kind, Settings};

    #[test]
    fn without_a_dialog_an_export_names_the_command_that_writes_it() {
        for (kind, command) in Kind::ALL.into_iter().zip([
            "render", "strip", "sheet", "grid", "sheet", "animate", "render", "codes",
        ]) {
            let settings = Settings {
                kind,
                ..Settings::default()
            };
            let said = no_dialog_message(Purpose::Export(settings.file_kind()));
            assert!(said.contains(&format!("`zscape {command}`")), "{said}");
            assert!(!said.contains("Drop"), "{said}");
        }
    }

    #[test]
    fn files_get_their_ending() {
        assert_eq!(
            with_ending("a/seed.png".into(), "png"),
            PathBuf::from("a/seed.png")
        );
        assert_eq!(
            with_ending("a/seed.PNG".into(), "png"),
            PathBuf::from("a/seed.PNG")
        );
        assert_eq!(
            with_ending("a/v1.2".into(), "png"),
            PathBuf::from("a/v1.2.png")
        );
    }
}
