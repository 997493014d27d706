//! The step from the parsed arguments to azq's action, in az's order of errors.
//!
//! az reports a bad query when it reads `--query`, then missing options, then unrecognized
//! arguments. Only the daemon knows queries and configured defaults. An error that az may report
//! second is therefore sent along as *pending*, with a request that is only validated.

use azq_proto::v1::Context;

use super::command::{Command, OptionRef, Source};
use super::globals::{self, Logging, QUERY};
use super::option::{Required, Shape};
use super::parser::Parsed;
use super::request::{CommandCall, Pending};
use super::usage::UsageError;
use super::{HandOver, Invocation, Reason};
use crate::environment::Environment;

/// The parsed arguments, and their environment.
pub(super) struct Outcome<'a> {
    pub(super) parsed: Parsed,
    pub(super) logging: Logging,
    pub(super) environment: &'a dyn Environment,
}

impl Outcome<'_> {
    /// Returns the invocation for an error that az finds while it reads the arguments.
    pub(super) fn refuse(self, error: UsageError) -> Invocation {
        match self.parsed.command {
            Some(command) if self.has_query() => {
                let pending = Pending {
                    error,
                    before_missing: true,
                };
                self.call(command, Vec::new(), Some(pending))
            }
            _ => Invocation::Usage(error),
        }
    }

    /// Returns the invocation after all arguments were read.
    pub(super) fn conclude(self, command: &'static Command) -> Invocation {
        let options = self.parsed.extras.iter().take_while(|extra| *extra != "--");
        let mut options = options.map(String::as_str).filter(|extra| extra.len() > 1);
        let unknown = options
            .find(|extra| extra.starts_with('-'))
            .map(str::to_owned);
        let left_to_az = self.parsed.handed_over.first().copied();
        let option = unknown.or(left_to_az.map(str::to_owned));
        let reason = option.map(Reason::Option);
        let reason = reason.or_else(|| self.newer_extension(command));
        let Some(reason) = reason.filter(|_| !command.is_own) else {
            return self.complete(command);
        };
        let otherwise = match (self.complete(command), left_to_az) {
            (Invocation::Command(call), Some(option)) if call.pending().is_none() => {
                Invocation::Usage(UsageError::unanswered(&format!("'{option}'")))
            }
            (otherwise, _) => otherwise,
        };
        Invocation::PassOn(HandOver {
            reason,
            otherwise: Box::new(otherwise),
        })
    }

    /// Returns the reason to leave a command to the real az, if its extension is installed in a
    /// newer version.
    fn newer_extension(&self, command: &Command) -> Option<Reason> {
        let extension = command.extension?;
        let installed = extension.newer(self.environment)?;
        Some(Reason::Extension {
            name: extension.name,
            installed,
            known: extension.known,
        })
    }

    fn complete(self, command: &'static Command) -> Invocation {
        let absent = command.options().filter(|option| self.is_absent(option));
        let absent = absent.map(|option| option.shape);
        let (unsure, sure): (Vec<&Shape>, Vec<&Shape>) =
            absent.partition(|shape| shape.required == Some(Required::UnlessConfigured));
        let error = if !sure.is_empty() {
            Some(UsageError::missing(sure.iter().map(|shape| shape.names)))
        } else if !self.parsed.extras.is_empty() {
            Some(UsageError::unrecognized(&self.parsed.extras))
        } else {
            None
        };
        match error {
            Some(error) if unsure.is_empty() && !self.has_query() => Invocation::Usage(error),
            error => {
                let sure = sure.iter().map(|shape| shape.field).collect();
                let before_missing = !self.parsed.own_options;
                let pending = error.map(|error| Pending {
                    error,
                    before_missing,
                });
                self.call(command, sure, pending)
            }
        }
    }

    /// Whether the option is required, and the command line lacks it.
    fn is_absent(&self, option: &OptionRef) -> bool {
        self.parsed.own_options
            && option.shape.required.is_some()
            && !self.parsed.given.iter().any(|(given, _)| given.is(option))
    }

    fn has_query(&self) -> bool {
        self.parsed
            .given
            .iter()
            .any(|(option, _)| option.shape.names == QUERY)
    }

    fn call(
        self,
        command: &'static Command,
        absent: Vec<&'static str>,
        pending: Option<Pending>,
    ) -> Invocation {
        let mut context = self.context(command);
        let mut own = Vec::new();
        for (option, given) in self.parsed.given {
            match option.source {
                Source::Shared(row) => row.fill(&mut context, given, self.environment),
                Source::Command(index) => own.push((index, given)),
            }
        }
        let request = command.table.request(own, context, self.environment);
        Invocation::Command(Box::new(CommandCall::new(
            request, command, absent, pending,
        )))
    }

    fn context(&self, command: &Command) -> Context {
        let deprecation = (!command.deprecation.is_empty()).then(|| command.deprecation.to_owned());
        let warning = self
            .parsed
            .warnings
            .iter()
            .cloned()
            .chain(deprecation)
            .collect();
        Context {
            warning,
            ..globals::context(self.logging, self.environment)
        }
    }
}
