//! What the window itself has to do for a request: dialogs, the clipboard, its size.

use crate::document::Framing;
use std::sync::Arc;

/// What only the window itself can do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    AskForAnyFile,
    AskForModelFile,
    AskForSessionFile,
    /// A picture to encode.
    AskForPhoto,
    /// A file of directions.
    AskForDirections,
    AskWhereToSaveSession {
        suggested_name: String,
    },
    AskWhereToSaveScene {
        suggested_name: String,
    },
    AskForPictureFile {
        suggested_name: String,
    },
    AskWhereToExport {
        suggested_name: String,
        kind: FileKind,
    },
    /// Where to write curves of quality.
    AskForCurveFile(CurveFile),
    /// Where to write what was learned.
    AskForLearningFile(LearningFile),
    Copy(String),
    FullScreen(bool),
    Close,
    EditExpression,
    /// Give the keyboard to the next part of the window, or to the one before.
    FocusPart {
        forward: bool,
    },
    FitPicture,
    /// Show this part of the picture.
    Frame(Framing),
    /// The theme or the text size is another.
    Restyle,
}

/// A kind of file, as dialogs name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileKind {
    pub words: &'static str,
    pub ending: &'static str,
    /// The command of `zscape` that writes such files, for where there is no dialog.
    pub command: &'static str,
}

/// A file that can be made of what was learned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LearningFile {
    ProgressCsv,
    ProgressMarkdown,
    InterviewReport,
}

impl LearningFile {
    /// Name, kind of file as dialogs name it, and ending.
    pub fn suggestion(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ProgressCsv => ("progress.csv", "Table (.csv)", "csv"),
            Self::ProgressMarkdown => ("progress.md", "Markdown (.md)", "md"),
            Self::InterviewReport => ("interview.md", "Markdown (.md)", "md"),
        }
    }
}

/// A file that can be made of curves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CurveFile {
    Csv,
    Svg,
}

impl CurveFile {
    pub const ALL: [Self; 2] = [Self::Csv, Self::Svg];

    /// The words on its button.
    pub fn words(self) -> &'static str {
        match self {
            Self::Csv => "CSV…",
            Self::Svg => "SVG…",
        }
    }

    /// Name, kind of file as dialogs name it, and ending.
    pub fn suggestion(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Csv => ("quality.csv", "Table (.csv)", "csv"),
            Self::Svg => ("quality.svg", "Picture (.svg)", "svg"),
        }
    }
}

/// Called from another thread to have the window look at what came.
pub type Wake = Arc<dyn Fn() + Send + Sync>;
