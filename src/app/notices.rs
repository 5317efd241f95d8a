//! Messages to the user: shown for a while on the window, kept in a list.

use super::Command;
use std::path::PathBuf;

/// How many messages the list keeps.
const CAPACITY: usize = 200;

/// The longest message, in characters.
const MAX_TEXT: usize = 1000;

/// How grave a message is. Shown with an icon and a word, not by colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Hint,
    Done,
    Warning,
    Error,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Hint => "Hint",
            Self::Done => "Done",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }

    /// How long the message stays on the window; long enough to be read twice.
    fn shown_secs(self) -> f64 {
        match self {
            Self::Hint | Self::Done => 5.0,
            Self::Warning => 10.0,
            Self::Error => 16.0,
        }
    }
}

/// What can be done about a message: a button under it.
#[derive(Clone, PartialEq, Debug)]
pub enum Remedy {
    Run {
        words: &'static str,
        command: Command,
    },
    OpenSession(PathBuf),
    /// Shows the current step with its own model.
    ShowStep,
    RestoreBookmark(String),
}

impl Remedy {
    /// The words on the button.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Run { words, .. } => words,
            Self::OpenSession(_) => "Open it",
            Self::ShowStep => "Load it",
            Self::RestoreBookmark(_) => "Undo the deletion",
        }
    }
}

/// What makes a message superfluous before its time is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// The panels are back, which the message says how to bring back.
    PanelsAreBack,
    /// Something was done: who works on has read what was found at the start.
    NextStep,
}

/// How long a message with a remedy stays at least: one has to decide.
const REMEDY_SECS: f64 = 20.0;

/// One message.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    pub id: u64,
    pub level: Level,
    pub text: String,
    pub remedy: Option<Remedy>,
    /// Seconds since the start of the program.
    pub since_secs: f64,
    until: Option<Until>,
    is_visible: bool,
}

impl Notice {
    fn shown_secs(&self) -> f64 {
        let least = if self.remedy.is_some() {
            REMEDY_SECS
        } else {
            0.0
        };
        self.level.shown_secs().max(least)
    }
}

/// Every message since the start, oldest first.
#[derive(Default, Debug)]
pub struct Notices {
    list: Vec<Notice>,
    next_id: u64,
    now_secs: f64,
}

impl Notices {
    pub fn push(&mut self, level: Level, text: impl Into<String>) {
        self.push_or_remedy(level, text.into(), None);
    }

    /// Shows a message with something to be done about it.
    pub fn push_with(&mut self, level: Level, text: impl Into<String>, remedy: Remedy) {
        self.push_or_remedy(level, text.into(), Some(remedy));
    }

    /// Has the newest message go when it is superfluous, at the latest after its time.
    pub fn last_only(&mut self, until: Until) {
        if let Some(last) = self.list.last_mut() {
            last.until = Some(until);
        }
    }

    /// Takes away the messages that are superfluous now.
    pub fn end(&mut self, until: Until) {
        let ended = self.list.iter_mut().filter(|it| it.until == Some(until));
        ended.for_each(|notice| notice.is_visible = false);
    }

    fn push_or_remedy(&mut self, level: Level, mut text: String, remedy: Option<Remedy>) {
        // What files say may be of any length.
        if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
            text.truncate(end);
            text.push('…');
        }
        match level {
            Level::Hint => log::debug!("{text}"),
            Level::Done => log::info!("{text}"),
            Level::Warning => log::warn!("{text}"),
            Level::Error => log::error!("{text}"),
        }
        // The same message again is shown once, as a new one.
        self.list
            .iter_mut()
            .filter(|old| old.text == text)
            .for_each(|old| old.is_visible = false);
        if self.list.len() == CAPACITY {
            self.list.remove(0);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.list.push(Notice {
            id,
            level,
            text,
            remedy,
            since_secs: self.now_secs,
            until: None,
            is_visible: true,
        });
    }

    pub fn dismiss(&mut self, id: u64) {
        self.list
            .iter_mut()
            .filter(|notice| notice.id == id)
            .for_each(|notice| {
                notice.is_visible = false;
            });
    }

    /// Takes away what has been shown long enough. Returns after how many seconds the next goes.
    pub fn tick(&mut self, now_secs: f64) -> Option<f64> {
        self.now_secs = now_secs;
        let mut next: Option<f64> = None;
        for notice in self.list.iter_mut().filter(|notice| notice.is_visible) {
            let left = notice.since_secs + notice.shown_secs() - now_secs;
            if left <= 0.0 {
                notice.is_visible = false;
            } else {
                next = Some(next.map_or(left, |other| other.min(left)));
            }
        }
        next
    }

    /// Every message, oldest first.
    pub fn all(&self) -> &[Notice] {
        &self.list
    }

    /// What is on the window now, oldest first.
    pub fn visible(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.list.iter().filter(|notice| notice.is_visible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_the_window_but_not_the_list() {
        let mut notices = Notices::default();
        notices.push(Level::Done, "saved");
        assert!(notices.tick(1.0).is_some());
        assert_eq!(notices.visible().count(), 1);
        assert_eq!(notices.tick(60.0), None);
        assert_eq!(notices.visible().count(), 0);
        assert_eq!(notices.all().len(), 1);
    }

    #[test]
    fn a_message_goes_when_it_is_superfluous() {
        let mut notices = Notices::default();
        notices.push(Level::Hint, "press Esc");
        notices.last_only(Until::PanelsAreBack);
        notices.push(Level::Done, "saved");
        notices.end(Until::NextStep);
        assert_eq!(notices.visible().count(), 2);
        notices.end(Until::PanelsAreBack);
        assert_eq!(notices.visible().count(), 1);
        assert_eq!(notices.all().len(), 2);
    }

    #[test]
    fn a_message_without_end_is_cut() {
        let mut notices = Notices::default();
        notices.push(Level::Error, "ä".repeat(MAX_TEXT + 5));
        assert_eq!(notices.all()[0].text.chars().count(), MAX_TEXT + 1);
    }

    #[test]
    fn a_repeated_message_is_on_the_window_once() {
        let mut notices = Notices::default();
        notices.push(Level::Error, "no such file");
        notices.push(Level::Error, "no such file");
        assert_eq!(notices.visible().count(), 1);
        assert_eq!(notices.all().len(), 2);
    }
}
