//! The arguments that a function takes, and Python's errors for wrong ones (jmespath, `Functions`).

use std::borrow::Cow;
use std::sync::Arc;

use azq_document::Value;

use super::budget::Budget;
use super::error::RuntimeError;
use super::evaluate::{Failure, crash};
use super::functions::Function;
use super::node::{Node, Syntax};
use super::python;

/// A type that a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Array,
    ArrayNumber,
    ArrayString,
    Expref,
    Number,
    Object,
    String,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Array => "array",
            Type::ArrayNumber => "array-number",
            Type::ArrayString => "array-string",
            Type::Expref => "expref",
            Type::Number => "number",
            Type::Object => "object",
            Type::String => "string",
        }
    }

    /// Whether the type takes a value, without regard to an array's elements.
    pub(super) fn takes(self, value: &Value) -> bool {
        match self {
            Type::Array | Type::ArrayNumber | Type::ArrayString => {
                matches!(value, Value::Array(_))
            }
            Type::Expref => false,
            Type::Number => value.is_number(),
            Type::Object => matches!(value, Value::Object(_)),
            Type::String => matches!(value, Value::String(_)),
        }
    }

    /// Returns the type that an array's elements must have.
    fn element(self) -> Option<Type> {
        match self {
            Type::ArrayNumber => Some(Type::Number),
            Type::ArrayString => Some(Type::String),
            _ => None,
        }
    }
}

/// An argument of a call.
#[derive(Debug)]
pub(super) enum Argument<'a> {
    Value(Cow<'a, Value>),
    /// The expression behind `&`.
    Reference(&'a Node),
}

/// Arguments that fit a function's signature.
///
/// An accessor for the type that the signature names never returns its default.
pub(super) struct Arguments<'a>(Vec<Argument<'a>>);

impl<'a> Arguments<'a> {
    /// Checks arguments in Python's order, and pays for reading them.
    pub(super) fn check(
        arguments: Vec<Argument<'a>>,
        function: &'static Function,
        budget: &Budget<'_>,
    ) -> Result<Self, Failure> {
        let expected = function.signature.len();
        let received = arguments.len();
        if received < expected || (received > expected && !function.variadic) {
            let (function, variadic) = (function.name, function.variadic);
            return Err(Box::new(RuntimeError::Arity {
                function,
                expected,
                variadic,
                received,
            }));
        }
        // Python checks only the parameters that a variadic function names.
        for (argument, types) in arguments.iter().zip(function.signature) {
            check_one(argument, types, function, budget)?;
        }
        for argument in &arguments {
            if let Argument::Value(value) = argument {
                match &**value {
                    Value::String(text) => budget.spend(text.len())?,
                    other => budget.spend_parts(other)?,
                }
            }
        }
        Ok(Self(arguments))
    }

    /// Returns all values, beginning with the first.
    pub(super) fn values(&self) -> impl Iterator<Item = Result<&Value, Failure>> {
        self.0.iter().map(|argument| match argument {
            Argument::Value(value) => Ok(&**value),
            // Python would continue, but the result could not be printed.
            Argument::Reference(_) => crash("'_Expression' object is not iterable"),
        })
    }

    /// Returns the first value.
    pub(super) fn first(&self) -> Result<&Value, Failure> {
        self.values().next().unwrap_or(Ok(&Value::Null))
    }

    /// Returns a value; `None` for an expression reference.
    pub(super) fn value(&self, place: usize) -> Option<&Value> {
        match self.0.get(place) {
            Some(Argument::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// Returns a string.
    pub(super) fn string(&self, place: usize) -> &str {
        self.value(place)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Returns an array's elements.
    pub(super) fn array(&self, place: usize) -> &[Value] {
        self.value(place)
            .and_then(Value::as_array)
            .unwrap_or_default()
    }

    /// Returns an object's entries.
    pub(super) fn entries(&self, place: usize) -> &[(Arc<str>, Value)] {
        match self.value(place) {
            Some(Value::Object(object)) => &object.entries,
            _ => &[],
        }
    }

    /// Returns the expression of a reference.
    pub(super) fn expression(&self, place: usize) -> &Node {
        static CURRENT: Node = Node::leaf(Syntax::Current);
        match self.0.get(place) {
            Some(Argument::Reference(node)) => node,
            _ => &CURRENT,
        }
    }
}

fn check_one(
    argument: &Argument<'_>,
    types: &[Type],
    function: &'static Function,
    budget: &Budget<'_>,
) -> Result<(), Failure> {
    if types.is_empty() {
        return Ok(());
    }
    let value = match argument {
        Argument::Value(value) => &**value,
        Argument::Reference(_) if types.contains(&Type::Expref) => return Ok(()),
        Argument::Reference(_) => {
            let value = "<jmespath.visitor._Expression object>".to_owned();
            return type_error(function.name, value, types, "expref");
        }
    };
    if !types.iter().any(|kind| kind.takes(value)) {
        let shown = python::display(value, budget)?;
        let received = python::jmespath_type_name(value);
        return type_error(function.name, shown, types, received);
    }
    match value {
        Value::Array(items) => check_elements(items, types, function, budget),
        _ => Ok(()),
    }
}

/// Checks that all elements have the type of the first one.
fn check_elements(
    items: &[Value],
    types: &[Type],
    function: &'static Function,
    budget: &Budget<'_>,
) -> Result<(), Failure> {
    let wanted = || types.iter().filter_map(|kind| kind.element());
    let Some(first) = items.first().filter(|_| wanted().next().is_some()) else {
        return Ok(());
    };
    let kind = wanted().find(|kind| kind.takes(first));
    let takes = |item: &Value| kind.is_some_and(|kind| kind.takes(item));
    let Some(wrong) = items.iter().find(|item| !takes(item)) else {
        return Ok(());
    };
    let shown = python::display(wrong, budget)?;
    type_error(function.name, shown, types, python::type_name(wrong))
}

/// Returns a `JMESPathTypeError`.
pub(super) fn type_error<T>(
    function: &'static str,
    value: String,
    types: &[Type],
    received: &'static str,
) -> Result<T, Failure> {
    let expected = python::quoted_list(types.iter().map(|kind| kind.name()));
    Err(Box::new(RuntimeError::Type {
        function,
        value,
        expected,
        received,
    }))
}
