//! Engines that examine pictures for the check of questions.

use crate::cli::error::CliError;
use crate::cli::session::Session;
use crate::engine::{DeviceChoice, Fault, ModelSource};
use crate::latent::Sampler;
use crate::latent::expr::Expr;
use crate::learn::Measurer;
use crate::model::measurement::Measurement;
use std::collections::BTreeMap;

/// One engine for each model that was asked for.
pub struct Engines {
    device: DeviceChoice,
    sessions: BTreeMap<String, Session>,
    /// Why an engine stopped; then nothing can go on.
    error: Option<CliError>,
}

impl Engines {
    pub fn new(device: DeviceChoice) -> Self {
        Self {
            device,
            sessions: BTreeMap::new(),
            error: None,
        }
    }

    /// Why an engine stopped, if it is not a question's fault.
    pub fn take_error(&mut self) -> Option<CliError> {
        self.error.take()
    }

    fn session(&mut self, model: &str) -> Result<&mut Session, CliError> {
        if !self.sessions.contains_key(model) {
            let source = ModelSource::Catalogue(model.to_owned());
            let session = Session::open(source, self.device)?;
            self.sessions.insert(model.to_owned(), session);
        }
        let found = self.sessions.get_mut(model);
        found.ok_or_else(|| CliError::Failed(format!("{model} was not kept")))
    }
}

impl Measurer for Engines {
    fn examine(
        &mut self,
        model: &str,
        sampler: Sampler,
        expressions: &[Expr],
    ) -> Result<Vec<Measurement>, String> {
        let found = self
            .session(model)
            .and_then(|session| session.examine(sampler, expressions.to_vec()));
        found.map_err(|error| {
            let reason = error.to_string();
            // What the engine could not do with an expression is the question's fault.
            if !matches!(error, CliError::Job(Fault::Request(_))) {
                self.error = Some(error);
            }
            reason
        })
    }
}
