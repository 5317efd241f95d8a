//! All commands as menu, palette, buttons and keys show them, those of tools included.

use super::{Command, CommandInfo, Tool};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};

impl Tool {
    /// The command that opens it.
    pub fn command(self) -> Command {
        Command::Open(self)
    }

    /// Its own commands.
    pub fn commands(self) -> impl Iterator<Item = Command> {
        let keys = self.command_keys().into_iter();
        keys.map(move |key| Command::OfTool(self, key))
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

    /// How the command is shown and reached.
    pub fn info(self) -> CommandInfo {
        let of_tool = || match self {
            Self::OfTool(tool, key) => tool.command_info(key),
            Self::Open(tool) => Some(tool.info().command_info()),
            _ => None,
        };
        let info = self.own_info().or_else(of_tool);
        info.unwrap_or_else(|| Tool::default().info().command_info())
    }

    /// The shortcut of the table, and those that people know from elsewhere.
    pub fn shortcuts(self) -> impl Iterator<Item = KeyboardShortcut> {
        let other = match self {
            Self::Redo => Some(Key::Y),
            // The plus sign sits above the equals sign on many keyboards.
            Self::LargerText => Some(Key::Equals),
            _ => None,
        };
        let other = other.map(|key| KeyboardShortcut::new(Modifiers::COMMAND, key));
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
            Key::F1 | Key::F5 | Key::F6 | Key::F10 | Key::F11 | Key::F12
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
