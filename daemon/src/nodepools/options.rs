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
use serde_json::{Map, Value as Json};

use super::API_VERSION;
use azq_arm::Report;
use azq_arm::{Arm, Request};
use azq_command::CommandError;

/// The outcome of a check.
pub(super) type Checked = Result<(), CommandError>;

/// One option of a command. `R` is the command's request, `C` the context that is known once Azure
/// has been asked.
pub(super) struct Row<R, C> {
    /// az's name for the option.
    name: &'static str,
    /// The option's type and accessor.
    value: Value<R, C>,
    /// The place of its value.
    place: Place,
    /// az's check, if it has one.
    check: Option<Check<R>>,
}

/// The type of an option, with its accessor. An option that was not given changes nothing.
enum Value<R, C> {
    Text(fn(&R) -> Option<&str>),
    Integer(fn(&R) -> Option<i64>),
    Flag(fn(&R) -> bool),
    Switch(fn(&R) -> bool, bool),
    Words(fn(&R) -> Option<&v1::Words>),
    Computed(fn(&C) -> Option<Json>),
    Consulted,
}

/// The place of an option's value.
enum Place {
    /// A dotted path below `properties`; objects on the way are made where they are missing.
    Property(&'static str),
    /// A header of the request.
    Header(&'static str),
    /// The headers that an object names.
    Headers,
    /// No place in the request.
    Nowhere,
}

/// A check of az's, which runs before any request to Azure.
enum Check<R> {
    /// A check of the option's own text, given the option's name.
    Text(fn(&str, Option<&str>) -> Checked),
    /// A check of several options together, or one that warns.
    Request(fn(&R, &dyn Report) -> Checked),
}

impl<R, C> Row<R, C> {
    /// Returns a row for a string that becomes the property at `path`.
    pub(super) const fn text(
        name: &'static str,
        path: &'static str,
        value: fn(&R) -> Option<&str>,
    ) -> Self {
        Self::new(name, Place::Property(path), Value::Text(value))
    }

    /// Returns a row for a whole number that becomes the property at `path`.
    pub(super) const fn integer(
        name: &'static str,
        path: &'static str,
        value: fn(&R) -> Option<i64>,
    ) -> Self {
        Self::new(name, Place::Property(path), Value::Integer(value))
    }

    /// Returns a row for a flag that is sent whether or not it is given.
    pub(super) const fn flag(
        name: &'static str,
        path: &'static str,
        value: fn(&R) -> bool,
    ) -> Self {
        Self::new(name, Place::Property(path), Value::Flag(value))
    }

    /// Returns a row for a flag that sets the property to `to` if it is given.
    pub(super) const fn switch(
        name: &'static str,
        path: &'static str,
        to: bool,
        value: fn(&R) -> bool,
    ) -> Self {
        Self::new(name, Place::Property(path), Value::Switch(value, to))
    }

    /// Returns a row for a list of strings that becomes the property at `path`.
    pub(super) const fn words(
        name: &'static str,
        path: &'static str,
        value: fn(&R) -> Option<&v1::Words>,
    ) -> Self {
        Self::new(name, Place::Property(path), Value::Words(value))
    }

    /// Returns a row for a property that is computed; `null` removes it, as `None` does in az's
    /// SDK.
    pub(super) const fn computed(
        name: &'static str,
        path: &'static str,
        value: fn(&C) -> Option<Json>,
    ) -> Self {
        Self::new(name, Place::Property(path), Value::Computed(value))
    }

    /// Returns a row for a header.
    pub(super) const fn header(
        name: &'static str,
        header: &'static str,
        value: fn(&C) -> Option<Json>,
    ) -> Self {
        Self::new(name, Place::Header(header), Value::Computed(value))
    }

    /// Returns a row for several headers: the entries of an object.
    pub(super) const fn headers(name: &'static str, value: fn(&C) -> Option<Json>) -> Self {
        Self::new(name, Place::Headers, Value::Computed(value))
    }

    /// Returns a row for an option without a value of its own: another row, or the sending, uses
    /// it.
    pub(super) const fn consulted(name: &'static str) -> Self {
        Self::new(name, Place::Nowhere, Value::Consulted)
    }

    const fn new(name: &'static str, place: Place, value: Value<R, C>) -> Self {
        Self {
            name,
            value,
            place,
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
            (Some(Check::Text(check)), Value::Text(value)) => check(self.name, value(request)),
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
    pub(super) headers: Vec<(String, String)>,
}

/// Runs the table's checks, in its order.
pub(super) fn check<R, C>(table: &[Row<R, C>], request: &R, report: &dyn Report) -> Checked {
    table.iter().try_for_each(|row| row.check(request, report))
}

/// Writes the options into an agent pool, and collects the headers.
pub(super) fn write<R, C>(table: &[Row<R, C>], request: &R, context: &C, pool: Json) -> PutRequest {
    let mut sent = PutRequest {
        body: pool,
        headers: Vec::new(),
    };
    for row in table {
        let Some(value) = row.value.of(request, context) else {
            continue;
        };
        match &row.place {
            Place::Property(path) => set(member(&mut sent.body, "properties"), path, value),
            Place::Header(name) => set_header(&mut sent.headers, name, &value),
            Place::Headers => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    set_header(&mut sent.headers, name, value);
                }
            }
            Place::Nowhere => {}
        }
    }
    sent
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
        let started = arm.send(&request, report).await?;
        if no_wait {
            arm.leave(&request, &started, report);
            return Ok(None);
        }
        Ok(arm.finish(&request, started, report).await?)
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
            Value::Consulted => None,
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

/// Returns the value as an object; it becomes an empty object if it is not one.
fn object(value: &mut Json) -> &mut Map<String, Json> {
    if !value.is_object() {
        *value = Json::Object(Map::new());
    }
    match value {
        Json::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

/// Sets a header; names are compared without regard to case, and the last value wins.
fn set_header(headers: &mut Vec<(String, String)>, name: &str, value: &Json) {
    let value = value.as_str().unwrap_or_default().to_owned();
    match headers
        .iter_mut()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        Some(header) => header.1 = value,
        None => headers.push((name.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests;
