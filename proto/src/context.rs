//! The `Debug` output of a request's context, which omits the values of its variables in logs and
//! panics. One of them (`IDENTITY_HEADER`) is a secret of the machine, and others (proxies) may
//! contain a password.

use crate::v1::Context;
use std::fmt;

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<_> = self.environment.keys().collect();
        f.debug_struct("Context")
            .field("azure_config_dir", &self.azure_config_dir)
            .field("subscription", &self.subscription)
            .field("variables", &variables)
            .field("output", &self.output)
            .field("only_show_errors", &self.only_show_errors)
            .field("verbose", &self.verbose)
            .field("debug", &self.debug)
            .field("validate_only", &self.validate_only)
            .field("warning", &self.warning)
            .field("seen", &self.seen)
            .field("az", &self.az)
            .field("working_directory", &self.working_directory)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::ListSkusRequest;

    #[test]
    fn values_of_variables_are_not_shown_by_debug() {
        let context = Context {
            environment: [("IDENTITY_HEADER".to_owned(), "s3cret".to_owned())].into(),
            ..Context::default()
        };
        let request = ListSkusRequest {
            context: Some(context),
            ..ListSkusRequest::default()
        };
        let shown = format!("{request:?}");
        assert!(shown.contains("IDENTITY_HEADER") && !shown.contains("s3cret"));
    }
}
