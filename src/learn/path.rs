//! The study path: ten weeks in five stages, from the first idea to open problems.

use super::bank::Bank;
use super::question::Level;
use serde::Deserialize;
use std::collections::BTreeSet;

const SOURCE: &str = include_str!("../../assets/questions/path.toml");

/// A stage of two weeks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Foundation,
    Practice,
    Application,
    Mastery,
    Innovation,
}

impl Stage {
    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Foundation => "Foundation",
            Self::Practice => "Practice",
            Self::Application => "Application",
            Self::Mastery => "Mastery",
            Self::Innovation => "Innovation",
        }
    }
}

/// A week of the path.
#[derive(Clone, PartialEq, Debug)]
pub struct Week {
    /// From 1.
    pub number: usize,
    pub stage: Stage,
    pub title: String,
    /// Ids in the order in which they are taken.
    pub questions: Vec<String>,
}

/// An ordered course through all questions of a bank, each once.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct StudyPath {
    pub weeks: Vec<Week>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPath {
    week: Vec<RawWeek>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeek {
    stage: Stage,
    title: String,
    parts: Vec<RawPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    level: Level,
    topics: Vec<String>,
}

impl StudyPath {
    /// The path over a bank. Questions of topics that the path does not know, such as a
    /// teacher's, come at the end of the last week of their level.
    ///
    /// # Errors
    /// When the path's file is not sound, or takes the questions of a topic and level twice.
    pub fn of(bank: &Bank) -> Result<Self, String> {
        let raw: RawPath = toml::from_str(SOURCE).map_err(|error| error.message().to_owned())?;
        let mut taken = BTreeSet::new();
        let mut last_week = [0; Level::ALL.len()];
        let mut weeks = Vec::new();
        for (place, week) in raw.week.iter().enumerate() {
            let mut questions = Vec::new();
            for part in &week.parts {
                last_week[part.level as usize] = place;
                for topic in &part.topics {
                    if !taken.insert((topic.clone(), part.level)) {
                        let level = part.level.key();
                        return Err(format!("{topic} of level {level} stands in two weeks"));
                    }
                    let of_part = bank
                        .questions()
                        .iter()
                        .filter(|q| q.topic == *topic && q.level == part.level);
                    questions.extend(of_part.map(|question| question.id.clone()));
                }
            }
            weeks.push(Week {
                number: place + 1,
                stage: week.stage,
                title: week.title.clone(),
                questions,
            });
        }
        for question in bank.questions() {
            if !taken.contains(&(question.topic.clone(), question.level))
                && let Some(week) = weeks.get_mut(last_week[question.level as usize])
            {
                week.questions.push(question.id.clone());
            }
        }
        Ok(Self { weeks })
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let weeks = self.weeks.iter();
        weeks.flat_map(|week| week.questions.iter().map(String::as_str))
    }

    /// The id that follows one, and the first of all after `None`.
    pub fn after(&self, id: Option<&str>) -> Option<&str> {
        let mut ids = self.ids();
        match id {
            None => ids.next(),
            Some(id) => {
                ids.by_ref().find(|other| *other == id)?;
                ids.next()
            }
        }
    }

    /// The first question of the path for which `is_done` does not hold.
    pub fn next_open(&self, is_done: impl Fn(&str) -> bool) -> Option<&str> {
        self.ids().find(|id| !is_done(id))
    }

    /// The first question behind `id`, and then from the start of the path up to it, for which
    /// `is_settled` does not hold.
    pub fn next_open_after(
        &self,
        id: Option<&str>,
        is_settled: impl Fn(&str) -> bool,
    ) -> Option<&str> {
        let behind = self.ids().skip_while(|other| Some(*other) != id).skip(1);
        let before = self.ids().take_while(|other| Some(*other) != id);
        behind.chain(before).find(|id| !is_settled(id))
    }

    /// The week of a question.
    pub fn week_of(&self, id: &str) -> Option<&Week> {
        self.weeks
            .iter()
            .find(|week| week.questions.iter().any(|other| other == id))
    }
}
