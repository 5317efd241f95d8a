//! What the window remembers between runs.
//!
//! eframe keeps the place of the window and the widths of its panels in a file of its own, which it
//! writes in place; all that matters more is in a [`Memory`].

use crate::app::{AppState, Memory, View};
use crate::engine::ModelSource;
use crate::latent::expr::{Expr, parse};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Holds the version: a new format gets a new key, and the old one is left alone.
const KEY: &str = "zscape.window.v1";
/// The session files of the menu.
const MODELS_KEY: &str = "zscape.recent-models.v1";
const RECENT_KEY: &str = "zscape.recent-sessions.v1";

/// Questions that were dropped on the window.
const QUESTIONS_KEY: &str = "zscape.questions.v1";

/// Where a model comes from, as it is written down.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum StoredSource {
    Catalogue(String),
    File(PathBuf),
}

/// The written form.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Stored {
    model: Option<StoredSource>,
    expression: String,
    view: View,
}

/// What the last run left.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Remembered {
    pub model: Option<ModelSource>,
    pub expression: Option<Expr>,
    pub view: View,
    /// Session files, the latest first.
    pub recent_sessions: Vec<PathBuf>,
    /// Model files, the latest first.
    pub recent_models: Vec<PathBuf>,
    /// Files and folders of questions that were added.
    pub added_questions: Vec<PathBuf>,
}

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.get(key).map(str::to_owned)
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.set(key, value);
    }

    fn remove_string(&mut self, key: &str) {
        self.remove(key);
    }

    fn flush(&mut self) {
        Self::flush(self);
    }
}

/// Reads what the last run left. What cannot be read is as if it had never been written.
pub fn load(storage: &dyn eframe::Storage) -> Remembered {
    let recent_sessions = eframe::get_value(storage, RECENT_KEY).unwrap_or_default();
    let recent_models = eframe::get_value(storage, MODELS_KEY).unwrap_or_default();
    let added_questions = eframe::get_value(storage, QUESTIONS_KEY).unwrap_or_default();
    let Some(stored) = eframe::get_value::<Stored>(storage, KEY) else {
        return Remembered {
            recent_sessions,
            recent_models,
            added_questions,
            ..Remembered::default()
        };
    };
    Remembered {
        model: stored.model.map(|model| match model {
            StoredSource::Catalogue(name) => ModelSource::Catalogue(name),
            StoredSource::File(path) => ModelSource::File(path),
        }),
        expression: parse(&stored.expression).ok(),
        view: stored.view,
        recent_sessions,
        recent_models,
        added_questions,
    }
}

/// Writes down where the user is.
pub fn save(storage: &mut dyn eframe::Storage, app: &AppState) {
    // A scene is no place to begin with.
    let own = app.navigation().own_place(app.workspace());
    let model = own.map(|(source, _)| match source {
        ModelSource::Catalogue(name) => StoredSource::Catalogue(name.clone()),
        ModelSource::File(path) => StoredSource::File(path.clone()),
    });
    let expression = own.map_or(app.position().expression(), |(_, expression)| expression);
    let expression = expression.to_string();
    let stored = Stored {
        model,
        expression,
        view: app.view().clone(),
    };
    eframe::set_value(storage, KEY, &stored);
    eframe::set_value(storage, RECENT_KEY, &app.session().recent().to_vec());
    eframe::set_value(storage, MODELS_KEY, &app.models().opened().to_vec());
    eframe::set_value(storage, QUESTIONS_KEY, &app.learning().added().to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_falls_back_to_the_default() {
        for nonsense in ["", "(", "(model: 3)", "\u{0}"] {
            let mut storage = Memory::default();
            eframe::Storage::set_string(&mut storage, KEY, nonsense.to_owned());
            assert_eq!(load(&storage), Remembered::default(), "{nonsense}");
        }
    }

    #[test]
    fn only_who_never_ran_it_is_offered_the_tour() {
        let mut storage = Memory::default();
        assert!(!load(&storage).view.has_seen_tour);
        // As versions before the tour wrote it.
        let earlier = "(model:None,expression:\"seed(7)\",view:(theme:Light,filmstrip:false))";
        eframe::Storage::set_string(&mut storage, KEY, earlier.to_owned());
        let remembered = load(&storage);
        assert!(!remembered.view.filmstrip, "it was read");
        assert!(remembered.view.has_seen_tour);
    }

    #[test]
    fn an_expression_of_another_time_is_dropped_alone() {
        let mut storage = Memory::default();
        let stored = Stored {
            model: Some(StoredSource::Catalogue("digits-gan".to_owned())),
            expression: "frobnicate(3".to_owned(),
            view: View {
                filmstrip: false,
                ..View::default()
            },
        };
        eframe::set_value(&mut storage, KEY, &stored);
        let remembered = load(&storage);
        assert_eq!(
            remembered.model,
            Some(ModelSource::Catalogue("digits-gan".to_owned()))
        );
        assert_eq!(remembered.expression, None);
        assert!(!remembered.view.filmstrip);
    }
}
