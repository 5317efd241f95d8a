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

const PLAIN: Modifiers = Modifiers::NONE;
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
            $(const $part: &'static [Self] = &[$(Self::$variant),*];)*

            /// How the command is shown and reached.
            pub fn info(self) -> CommandInfo {
                let shortcut: Option<(Modifiers, Key)>;
                let (name, icon, tooltip) = match self {
                    $($(Self::$variant => {
                        shortcut = $shortcut;
                        ($name, Icon::$icon, $tooltip)
                    })*)*
                    Self::Open(tool) => return tool.info().command_info(),
                    Self::OfTool(tool, key) => {
                        let own = tool.command_info(key);
                        return own.unwrap_or_else(|| tool.info().command_info());
                    }
                };
                CommandInfo {
                    name,
                    tooltip,
                    icon,
                    shortcut: shortcut.map(|(modifiers, key)| KeyboardShortcut::new(modifiers, key)),
                }
            }
        }
    };
}

commands! {
{
    OpenModel, "Open model…", FolderOpen, Some((CTRL, Key::O)),
        "Load a model from a .safetensors file";
    OpenPicture, "Encode picture…", ImageUp, Some((CTRL, Key::I)),
        "Open a picture in the Encode tool and find its code";
    SavePicture, "Save picture as PNG…", ImageDown, Some((CTRL, Key::S)),
        "Write the picture to a file that also holds its expression";
    Export, "Export…", Download, Some((CTRL, Key::E)),
        "Write a still, a strip, a sheet, a grid, an animation or codes to a file";
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
        "Hide everything but the picture, for showing to a room";
    ToggleControls, "Show controls", PanelLeft, Some((CTRL, Key::B)),
        "Show or hide the controls on the left";
    ToggleFilmstrip, "Show filmstrip", Film, Some((CTRL, Key::J)),
        "Show or hide the history of pictures";
    ToggleBookmarks, "Show bookmarks", Bookmark, Some((CTRL_SHIFT, Key::D)),
        "Show or hide named codes";
    ToggleLearning, "Show questions", GraduationCap, Some((CTRL, Key::G)),
        "Show or hide questions that fit what you do, each with a live scene";
    LeaveScene, "Leave the scene", DoorOpen, None,
        "Close the scene of the question and go back to your own picture";
    ToggleTheme, "Toggle light and dark theme", SunMoon, Some((CTRL_SHIFT, Key::L)),
        "Change between the light and the dark theme";
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
    Shortcuts, "Keyboard shortcuts", Keyboard, Some((PLAIN, Key::F1)),
        "List every shortcut";
    About, "About zscape", Info, None,
        "Version, licence and the model that is loaded";
    Leave, "Leave the current mode", X, Some((PLAIN, Key::Escape)),
        "Close what is open on top, stop the walk, or leave full screen; it never quits";
}
}

impl Command {
    /// Every command, in the order of the menus.
    pub fn all() -> impl Iterator<Item = Self> {
        let open = Tool::ALL.iter().map(|&tool| Self::Open(tool));
        let of_tools = Tool::ALL.iter().flat_map(|tool| tool.commands());
        let table = |part: &'static [Self]| part.iter().copied();
        table(Self::BEFORE_TOOLS)
            .chain(open)
            .chain(of_tools)
            .chain(table(Self::AFTER_TOOLS))
    }

    /// The shortcut of the table, and those that people know from elsewhere.
    pub fn shortcuts(self) -> impl Iterator<Item = KeyboardShortcut> {
        let other = match self {
            Self::Redo => Some((CTRL, Key::Y)),
            // The plus sign sits above the equals sign on many keyboards.
            Self::LargerText => Some((CTRL, Key::Equals)),
            _ => None,
        };
        let other = other.map(|(modifiers, key)| KeyboardShortcut::new(modifiers, key));
        self.info().shortcut.into_iter().chain(other)
    }

    /// Whether the shortcut may fire while the cursor is in a text field.
    ///
    /// Plain keys write text there, and text fields have an undo of their own.
    pub fn works_while_typing(self) -> bool {
        let Some(shortcut) = self.info().shortcut else {
            return false;
        };
        let is_function_key = matches!(
            shortcut.logical_key,
            Key::F1 | Key::F10 | Key::F11 | Key::F12
        );
        let belongs_to_text = matches!(self, Self::Undo | Self::Redo | Self::ResetAll);
        is_function_key || (shortcut.modifiers.any() && !belongs_to_text)
    }

    /// Whether the shortcut may fire while a control has the keyboard, as after pressing Tab.
    ///
    /// Arrow keys move a focused slider and Space presses a focused button.
    pub fn works_while_focused(self) -> bool {
        !matches!(
            self,
            Self::NextSeed | Self::PreviousSeed | Self::SeedUp | Self::SeedDown | Self::Play
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_says_what_it_is() {
        for command in Command::all() {
            let info = command.info();
            assert!(
                !info.name.is_empty() && !info.tooltip.is_empty(),
                "{command:?}"
            );
            assert!(
                !info.tooltip.ends_with('.'),
                "one short sentence has no full stop: {command:?}"
            );
            assert!(info.name.starts_with(char::is_uppercase), "{command:?}");
        }
    }

    #[test]
    fn names_and_shortcuts_are_unique() {
        let all: Vec<Command> = Command::all().collect();
        for (index, a) in all.iter().enumerate() {
            for b in &all[index + 1..] {
                assert_ne!(a.info().name, b.info().name);
                if a.info().shortcut.is_some() {
                    assert_ne!(a.info().shortcut, b.info().shortcut, "{a:?} and {b:?}");
                }
            }
        }
    }
}
