//! The one list of everything that can be done by name.
//!
//! Menu, buttons, shortcuts, tooltips and the palette all read this table, so they cannot
//! drift apart. What carries data (a slider's value, a chosen file) is an
//! [`Action`](super::Action) instead.

use super::Tool;
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use lucide_icons::Icon;

/// How a command is shown and reached.
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    /// The words on the menu entry and in the palette; also the accessible name.
    pub name: &'static str,
    /// One sentence on what it does.
    pub tooltip: &'static str,
    pub icon: Icon,
    pub shortcut: Option<KeyboardShortcut>,
}

/// Whether a command can run now; `Err` carries the reason, for the tooltip of the greyed control.
pub type Availability = Result<(), &'static str>;

const PLAIN: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

macro_rules! commands {
    (
        { $($before:tt)* }
        { $($after:tt)* }
    ) => {
        commands!(@table BEFORE_TOOLS: { $($before)* } AFTER_TOOLS: { $($after)* });
    };
    (@table $($part:ident: {
        $($variant:ident, $name:literal, $icon:ident, $shortcut:expr, $tooltip:literal;)*
    })*) => {
        /// An action without data, known by name.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Command {
            $($(#[doc = $tooltip] $variant,)*)*
            /// Open a tool.
            Open(Tool),
            /// A command of a tool, by its key among them.
            OfTool(Tool, &'static str),
        }

        impl Command {
            $(pub(super) const $part: &'static [Self] = &[$(Self::$variant),*];)*

            /// How the command is shown and reached; `None` for those of tools, which say it
            /// themselves.
            pub(super) fn own_info(self) -> Option<CommandInfo> {
                let shortcut: Option<(Modifiers, Key)>;
                let (name, icon, tooltip) = match self {
                    $($(Self::$variant => {
                        shortcut = $shortcut;
                        ($name, Icon::$icon, $tooltip)
                    })*)*
                    Self::Open(_) | Self::OfTool(..) => return None,
                };
                Some(CommandInfo {
                    name,
                    tooltip,
                    icon,
                    shortcut: shortcut.map(|(modifiers, key)| KeyboardShortcut::new(modifiers, key)),
                })
            }
        }
    };
}

commands! {
{
    OpenFile, "Open…", FolderOpen, Some((CTRL, Key::O)),
        "Open any file as dropping it does: a picture with its recipe, a photo, a model, a session, codes";
    OpenModel, "Open model…", Box, None,
        "Load a model from a .safetensors file";
    OpenPicture, "Encode picture…", ImageUp, Some((CTRL, Key::I)),
        "Open a picture in the Encode tool and find its code";
    SavePicture, "Save picture as PNG…", ImageDown, Some((CTRL, Key::S)),
        "Write the picture, small ones enlarged, to a file that also holds its expression; Export has other sizes";
    Export, "Export…", Download, Some((CTRL, Key::E)),
        "Write a still, a strip, a sheet, a grid, an animation or codes to a file";
    SaveScene, "Save as scene…", Clapperboard, None,
        "Write model, picture and tool with a caption to a file for others, without your history";
    NewSession, "New session", FilePlus, Some((CTRL, Key::N)),
        "Start with an empty history; the previous session is kept";
    OpenSession, "Open session…", FolderClock, Some((CTRL_SHIFT, Key::O)),
        "Open a .zscape file with its history and bookmarks";
    SaveSession, "Save session", Save, Some((CTRL_SHIFT, Key::S)),
        "Write history, bookmarks and tools to the session's file";
    SaveSessionAs, "Save session as…", SaveAll, None,
        "Write history, bookmarks and tools to another file";
    Quit, "Quit", LogOut, Some((CTRL, Key::Q)),
        "Close the window; the session is kept for the next start";
    Undo, "Undo", Undo2, Some((CTRL, Key::Z)),
        "Undo the last change";
    Redo, "Redo", Redo2, Some((CTRL_SHIFT, Key::Z)),
        "Redo what was undone";
    AddBookmark, "Bookmark this…", BookmarkPlus, Some((CTRL, Key::D)),
        "Give the current code a name, to use it as @name in any expression";
    CopyExpression, "Copy expression", Copy, Some((CTRL_SHIFT, Key::C)),
        "Copy the text that makes exactly this picture";
    EditExpression, "Edit expression", SquareFunction, Some((CTRL, Key::L)),
        "Put the cursor into the equation bar";
    RandomSeed, "Random seed", Dices, Some((PLAIN, Key::R)),
        "Jump to a seed drawn at random";
    NextSeed, "Next seed", ChevronRight, Some((PLAIN, Key::ArrowRight)),
        "Go to the next seed";
    PreviousSeed, "Previous seed", ChevronLeft, Some((PLAIN, Key::ArrowLeft)),
        "Go to the previous seed";
    SeedUp, "Seed +100", ChevronsUp, Some((PLAIN, Key::ArrowUp)),
        "Go 100 seeds up";
    SeedDown, "Seed -100", ChevronsDown, Some((PLAIN, Key::ArrowDown)),
        "Go 100 seeds down";
}
{
    Play, "Play a walk", Play, Some((PLAIN, Key::Space)),
        "Drift through the latent space from seed to seed; again to stop";
    ResetAll, "Reset all", RotateCcw, Some((CTRL, Key::Backspace)),
        "Reset every slider and the truncation; the seed stays";
    Palette, "Search commands", Search, Some((CTRL, Key::K)),
        "Find any command, model or seed by typing";
    FullScreen, "Full screen", Maximize, Some((PLAIN, Key::F11)),
        "Fill the whole screen, or go back to a window";
    PictureOnly, "Picture only", Presentation, Some((PLAIN, Key::F10)),
        "Hide everything but what the tool shows, for a room; Esc brings it back";
    Present, "Present", Projector, Some((PLAIN, Key::F5)),
        "Large text and picture without menus, equation and small print; Page Down goes to the next bookmark, Esc leaves";
    ToggleControls, "Show controls", PanelLeft, Some((CTRL, Key::B)),
        "Show or hide the controls on the left";
    ToggleFilmstrip, "Show filmstrip", Film, Some((CTRL, Key::J)),
        "Show or hide the history of pictures";
    ToggleBookmarks, "Show bookmarks", Bookmark, Some((CTRL_SHIFT, Key::D)),
        "Show or hide named codes";
    ToggleLearning, "Show questions", GraduationCap, Some((CTRL, Key::G)),
        "Show or hide questions that fit what you do, each with a live scene";
    NextQuestion, "Next question", ArrowRight, Some((PLAIN, Key::PageDown)),
        "Go to the next question that is due or not done yet";
    PreviousQuestion, "Previous question", ArrowLeft, Some((PLAIN, Key::PageUp)),
        "Go back to the question that was read before";
    LeaveScene, "Leave the scene", DoorOpen, None,
        "Close the scene of the question and go back to your own picture";
    ToggleTheme, "Toggle light and dark theme", SunMoon, Some((CTRL_SHIFT, Key::L)),
        "Change between the light and the dark theme";
    ToggleSmooth, "Smooth pictures", Blend, None,
        "Enlarge pictures smoothly, or show every pixel as a square";
    ResetView, "Fit picture", Expand, Some((PLAIN, Key::F)),
        "Show the whole picture as large as it can be";
    LargerText, "Larger text", AArrowUp, Some((CTRL, Key::Plus)),
        "Make everything larger, for a projector";
    SmallerText, "Smaller text", AArrowDown, Some((CTRL, Key::Minus)),
        "Make everything smaller";
    NormalText, "Normal text size", ALargeSmall, Some((CTRL, Key::Num0)),
        "Go back to the usual size";
    Notifications, "Notifications", Bell, Some((CTRL_SHIFT, Key::N)),
        "List every message since the start";
    Explain, "What is this?", CircleQuestionMark, Some((SHIFT, Key::F1)),
        "Read the question that explains the open tool";
    TakeTour, "Take the tour", Footprints, None,
        "Five things to try, each shown at its control";
    Shortcuts, "Keyboard shortcuts", Keyboard, Some((PLAIN, Key::F1)),
        "List every shortcut";
    About, "About zscape", Info, None,
        "Version, licence and the model that is loaded";
    NextPart, "Next part of the window", PanelsTopLeft, Some((PLAIN, Key::F6)),
        "Give the keyboard to the next part: menus, tools, controls, picture, questions, expression";
    PreviousPart, "Previous part of the window", PanelsTopLeft, Some((SHIFT, Key::F6)),
        "Give the keyboard to the part before";
    Leave, "Leave the current mode", X, Some((PLAIN, Key::Escape)),
        "Close what is open on top, stop the walk, or leave full screen; it never quits";
}
}
