//! Statistics of a whole bank: what can be counted about how well its questions teach.

use super::advice::MAX_DEEPER_WORDS;
use super::question::{Level, Question};
use super::task::{Choice, Task, TaskKind};
use std::collections::BTreeMap;
use std::fmt;

/// The refrain that corrects a common error; on every page it corrects nothing.
const REFRAIN: &str = "often said";

/// Counts over some questions.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Statistics {
    pub questions: usize,
    /// Questions of each level, in the order of [`Level::ALL`].
    pub by_level: [usize; Level::ALL.len()],
    /// Tasks by kind and level.
    pub tasks: BTreeMap<&'static str, [usize; Level::ALL.len()]>,
    /// Choices of which one option is right.
    pub choices: usize,
    /// Those of them whose right option is the longest.
    pub longest_is_right: usize,
    pub explains: usize,
    /// Free answers with points of their own.
    pub with_points: usize,
    pub scenes: usize,
    /// Scenes that show something else than what is asked.
    pub nearest: usize,
    /// Scenes that show numbers live.
    pub watching: usize,
    /// Questions that open a small model on their page.
    pub toys: usize,
    /// Texts with the words "Often said".
    pub refrains: usize,
    /// Longer explanations of more than 350 words besides code, tables and figures.
    pub wordy: usize,
    pub claims: usize,
    /// Questions that say when their facts were checked.
    pub dated: usize,
    /// Code blocks that are drawn as figures, and how many questions have one.
    pub figures: usize,
    pub with_figures: usize,
}

impl Statistics {
    /// Counts over questions.
    pub fn of<'q>(questions: impl IntoIterator<Item = &'q Question>) -> Self {
        let mut statistics = Self::default();
        for question in questions {
            statistics.count(question);
        }
        statistics
    }

    fn count(&mut self, question: &Question) {
        let level = question.level as usize;
        self.questions += 1;
        self.by_level[level] += 1;
        for task in &question.tasks {
            self.tasks.entry(task.kind_name()).or_default()[level] += 1;
            self.count_task(task);
        }
        if let Some(scene) = &question.scene {
            self.scenes += 1;
            self.nearest += usize::from(scene.nearest.is_some());
            self.watching += usize::from(!scene.watch.is_empty());
        }
        self.toys += usize::from(question.toy.is_some());
        let texts = [&question.answer.markdown, &question.deeper.markdown];
        let is_refrain = |text: &&String| text.to_lowercase().contains(REFRAIN);
        self.refrains += usize::from(texts.iter().any(is_refrain));
        let is_wordy = question.deeper.prose_words() > MAX_DEEPER_WORDS;
        self.wordy += usize::from(is_wordy);
        self.claims += question.claims.len();
        self.dated += usize::from(question.as_of.is_some());
        let drawn = question.answer.figures.len() + question.deeper.figures.len();
        self.figures += drawn;
        self.with_figures += usize::from(drawn > 0);
    }

    fn count_task(&mut self, task: &Task) {
        match &task.kind {
            TaskKind::Choose { options } if task.right_options() == 1 => {
                self.choices += 1;
                self.longest_is_right += usize::from(longest_is_right(options));
            }
            TaskKind::Explain { points } => {
                self.explains += 1;
                self.with_points += usize::from(!points.is_empty());
            }
            _ => {}
        }
    }

    /// The share of choices whose right option is the longest, in percent. By chance it would be
    /// about a third.
    pub fn percent_longest(&self) -> f64 {
        percent(self.longest_is_right, self.choices)
    }
}

/// Whether the right option is longer than every wrong one.
fn longest_is_right(options: &[Choice]) -> bool {
    let [right, wrong] = longest(options);
    right > wrong
}

/// The characters of the longest right and of the longest wrong option.
pub(super) fn longest(options: &[Choice]) -> [usize; 2] {
    [true, false].map(|is_right| {
        let options = options.iter().filter(|option| option.is_right == is_right);
        let lengths = options.map(|option| option.text.chars().count());
        lengths.max().unwrap_or(0)
    })
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: String| writeln!(f, "{name:<34}{value:>7}");
        let share = |part: usize, whole: usize| {
            format!("{part:>7}  of {whole} ({:.0} %)", percent(part, whole))
        };
        line("questions", self.questions.to_string())?;
        let longest = share(self.longest_is_right, self.choices);
        line("choose: the longest is right", longest)?;
        let points = share(self.with_points, self.explains);
        line("explain: with points of its own", points)?;
        line("scenes: nearest", share(self.nearest, self.scenes))?;
        line("scenes: watch", share(self.watching, self.scenes))?;
        line("toys", self.toys.to_string())?;
        line(
            "texts: \"Often said\"",
            share(self.refrains, self.questions),
        )?;
        line("texts: over 350 words", share(self.wordy, self.questions))?;
        line("texts: as_of", share(self.dated, self.questions))?;
        line(
            "texts: with a figure",
            share(self.with_figures, self.questions),
        )?;
        line("figures", self.figures.to_string())?;
        line("claims", self.claims.to_string())?;
        write!(f, "{:<18}", "tasks")?;
        for level in Level::ALL {
            write!(f, "{:>14}", level.key())?;
        }
        writeln!(f, "{:>8}", "all")?;
        for (kind, counts) in &self.tasks {
            write!(f, "  {kind:<16}")?;
            for count in counts {
                write!(f, "{count:>14}")?;
            }
            writeln!(f, "{:>8}", counts.iter().sum::<usize>())?;
        }
        write!(f, "  {:<16}", "questions")?;
        for count in self.by_level {
            write!(f, "{count:>14}")?;
        }
        write!(f, "{:>8}", self.questions)
    }
}
