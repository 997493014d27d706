//! `CallRest`: az rest.

use super::{Answer, implement_commands};
use crate::rest::{self, Outcome};

implement_commands! { |own, call|
    CallRestRequest => {
        let (sessions, profile) = (&call.daemon.sessions, call.profile);
        match rest::call(sessions, profile, call.subscription, &own, call.report).await? {
            Outcome::Document(document) => Answer::Document(document),
            Outcome::Text(text) => Answer::Text(text),
            Outcome::File(response) => Answer::Data(Box::new(response)),
            Outcome::Nothing => Answer::Nothing,
        }
    };
}
