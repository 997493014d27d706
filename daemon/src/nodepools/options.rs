//! The shape of the declarative tables of `add` and `update`: one row per option, with its type,
//! the place of its value in Azure's request, and az's check.
//!
//! A table is in az's order of arguments, because az checks them in that order. Building a request
//! from a table cannot fail: steps that can (files, the pool as it is, a snapshot) come before, in
//! az's order, and a computed row reads their outcome.
//!
//! Deliberately absent: any particular option.

use std::collections::HashMap;

use azq_proto::v1;
use azq_python::number;
use serde_json::Value as Json;

use super::API_VERSION;
use super::headers::Headers;
use super::operation::{self, object};
use azq_arm::Report;
use azq_arm::{Arm, Request};
use azq_command::CommandError;

/// The outcome of a check.
pub(super) type Checked = Result<(), CommandError>;

/// One option of a command, which [`rows!`] declares. `R` is the command's request, `C` the context
/// that is known once Azure has been asked.
pub(super) struct Row<R, C> {
    /// The option's field in the request.
    field: &'static str,
    /// The place of its value: a dotted path below `properties`; objects on the way are made where
    /// they are missing.
    path: &'static str,
    /// The option's type and accessor.
    value: Value<R, C>,
    /// az's check, if it has one.
    check: Option<Check<R>>,
}

/// The type of an option, with its accessor. An option that was not given changes nothing.
pub(super) enum Value<R, C> {
    Text(fn(&R) -> Option<&str>),
    Integer(fn(&R) -> Option<i64>),
    /// A flag that is sent whether or not it is given.
    Flag(fn(&R) -> bool),
    /// A flag that sets the property to this value if it is given.
    Switch(fn(&R) -> bool, bool),
    Words(fn(&R) -> Option<&v1::Words>),
    /// A computed value; `null` removes the property, as `None` does in az's SDK.
    Computed(fn(&C) -> Option<Json>),
}

/// A check of az's, which runs before any request to Azure.
enum Check<R> {
    /// A check of the option's own text, given the option's name.
    Text(fn(&str, Option<&str>) -> Checked),
    /// A check of several options together, or one that warns.
    Request(fn(&R, &dyn Report) -> Checked),
}

/// Declares a table: `KIND FIELD => PATH [= VALUE] [, valid CHECK] [, check CHECK];`.
///
/// `KIND` is a variant of [`Value`] in lower case, `FIELD` the option's field of the request.
/// `VALUE` is an accessor (by default that of the field), or for a switch the value to set. `valid`
/// names a check of the option's own text, `check` one of the request.
macro_rules! rows {
    (@ text $field:ident) => { Value::Text(|r| r.$field.as_deref()) };
    (@ text $field:ident $value:expr) => { Value::Text($value) };
    (@ integer $field:ident) => { Value::Integer(|r| r.$field) };
    (@ integer $field:ident $value:expr) => { Value::Integer($value) };
    (@ flag $field:ident) => { Value::Flag(|r| r.$field) };
    (@ switch $field:ident $to:expr) => { Value::Switch(|r| r.$field, $to) };
    (@ words $field:ident) => { Value::Words(|r| r.$field.as_ref()) };
    (@ computed $field:ident $value:expr) => { Value::Computed($value) };
    ($($kind:ident $field:ident => $path:literal $(= $value:expr)?
        $(, valid $valid:expr)? $(, check $check:expr)?;)*) => {
        &[$(
            Row::new(stringify!($field), $path, rows!(@ $kind $field $($value)?))
                $(.valid($valid))? $(.checked($check))?
        ),*]
    };
}
pub(super) use rows;

impl<R, C> Row<R, C> {
    pub(super) const fn new(field: &'static str, path: &'static str, value: Value<R, C>) -> Self {
        Self {
            field,
            path,
            value,
            check: None,
        }
    }

    /// Adds a check of the option's own value.
    pub(super) const fn valid(mut self, check: fn(&str, Option<&str>) -> Checked) -> Self {
        self.check = Some(Check::Text(check));
        self
    }

    /// Adds a check of the request.
    pub(super) const fn checked(mut self, check: fn(&R, &dyn Report) -> Checked) -> Self {
        self.check = Some(Check::Request(check));
        self
    }

    fn check(&self, request: &R, report: &dyn Report) -> Checked {
        match (&self.check, &self.value) {
            (Some(Check::Request(check)), _) => check(request, report),
            (Some(Check::Text(check)), Value::Text(value)) => {
                let option = format!("--{}", self.field.replace('_', "-"));
                check(&option, value(request))
            }
            _ => Ok(()),
        }
    }
}

/// A command's PUT request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PutRequest {
    /// The agent pool.
    pub(super) body: Json,
    /// Headers beside the usual ones, each name once.
    pub(super) headers: Headers,
}

/// Runs the table's checks, in its order.
pub(super) fn check<R, C>(table: &[Row<R, C>], request: &R, report: &dyn Report) -> Checked {
    table.iter().try_for_each(|row| row.check(request, report))
}

/// Writes the options into an agent pool.
pub(super) fn write<R, C>(table: &[Row<R, C>], request: &R, context: &C, mut pool: Json) -> Json {
    for row in table {
        if let Some(value) = row.value.of(request, context) {
            set(member(&mut pool, "properties"), row.path, value);
        }
    }
    pool
}

impl PutRequest {
    /// Puts the pool. Returns the pool as Azure then has it; `None` if the command does not wait
    /// for that.
    pub(super) async fn put(
        self,
        arm: &Arm,
        path: &str,
        no_wait: bool,
        report: &dyn Report,
    ) -> Result<Option<Json>, CommandError> {
        let mut request = Request::put(path, API_VERSION, self.body);
        request.headers = self.headers;
        operation::send(arm, &request, no_wait, report).await
    }
}

impl<R, C> Value<R, C> {
    fn of(&self, request: &R, context: &C) -> Option<Json> {
        match self {
            Value::Text(text) => text(request).map(Json::from),
            Value::Integer(integer) => integer(request).map(Json::from),
            Value::Flag(flag) => Some(flag(request).into()),
            Value::Switch(flag, value) => flag(request).then(|| (*value).into()),
            Value::Words(words) => words(request).map(|words| words.word.clone().into()),
            Value::Computed(compute) => compute(context),
        }
    }
}

/// The properties of options whose integers may have more than 64 bits.
const UNBOUNDED: [(&str, &str); 6] = [
    ("--node-count", "count"),
    ("--node-osdisk-size", "osDiskSizeGB"),
    ("--drain-timeout", "drainTimeoutInMinutes"),
    ("--node-soak-duration", "nodeSoakDurationInMinutes"),
    ("--max-pods", "maxPods"),
    ("--gateway-prefix-size", "publicIPPrefixSize"),
];

/// Puts integers of more than 64 bits in the place of the nearest of 64 bits, which stood for them
/// so far.
pub(super) fn restore_large_integers(body: &mut Json, large: &HashMap<String, String>) {
    if large.is_empty() {
        return;
    }
    let stands_in = |value: &Json| matches!(value.as_i64(), Some(i64::MIN | i64::MAX));
    let exact = |name: &str| {
        let (option, _) = UNBOUNDED.iter().find(|(_, property)| *property == name)?;
        number::from_digits(large.get(*option)?)
    };
    match body {
        Json::Object(map) => {
            for (name, value) in map {
                match exact(name).filter(|_| stands_in(value)) {
                    Some(exact) => *value = Json::Number(exact),
                    None => restore_large_integers(value, large),
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                restore_large_integers(item, large);
            }
        }
        _ => {}
    }
}

/// Sets the property at a dotted path, or removes it if the value is `null`.
fn set(parent: &mut Json, path: &str, value: Json) {
    if let Some((first, rest)) = path.split_once('.') {
        set(member(parent, first), rest, value);
    } else if value.is_null() {
        object(parent).shift_remove(path);
    } else {
        object(parent).insert(path.to_owned(), value);
    }
}

/// Returns the member of an object; it becomes `null` if it is missing.
fn member<'a>(parent: &'a mut Json, name: &str) -> &'a mut Json {
    object(parent).entry(name).or_insert(Json::Null)
}

#[cfg(test)]
mod tests;
