//! Evaluates a syntax tree on a document (jmespath, `visitor.TreeInterpreter`).
//!
//! Values are borrowed from the document or the query where they can be, so a filter over tens of
//! thousands of entries copies only what it selects.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use azq_document::{Entries, LazyObject, Origin, Value};

use super::budget::{Budget, ELEMENT};
use super::compare;
use super::error::RuntimeError;
use super::node::{Call, Node, Slice, Syntax};
use super::places::{place, taken};
use super::python;
use super::signature::{Argument, Arguments};
use super::token::TokenKind;

/// The reason why an evaluation failed; boxed, because results are passed through every level.
pub(super) type Failure = Box<RuntimeError>;

/// The result of an expression: a value of the document or the query, or a new one.
pub(super) type Evaluated<'a> = Result<Cow<'a, Value>, Failure>;

const NULL: Cow<'static, Value> = Cow::Owned(Value::Null);

/// Returns the part of a document that an expression selects.
pub(super) fn search(root: &Node, document: &Value, budget: Budget<'_>) -> Result<Value, Failure> {
    let evaluation = Evaluation { budget };
    let result = evaluation.evaluate(root, document)?.into_owned();
    evaluation.paid(root, result)
}

/// Returns the part of a list of objects that an expression selects.
pub(super) fn search_list<C: LazyObject>(
    root: &Node,
    objects: &[C],
    budget: Budget<'_>,
) -> Result<Value, Failure> {
    let evaluation = Evaluation { budget };
    let result = evaluation.search_list(root, objects)?;
    evaluation.paid(root, result)
}

/// Returns the error for a Python exception other than jmespath's own.
pub(super) fn crash<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Box::new(RuntimeError::Crash(message.into())))
}

/// One evaluation of a query.
pub(super) struct Evaluation<'c> {
    pub(super) budget: Budget<'c>,
}

impl Evaluation<'_> {
    /// Evaluates an expression on a value.
    pub(super) fn evaluate<'a>(&self, node: &'a Node, value: &'a Value) -> Evaluated<'a> {
        self.budget.spend(1)?;
        match &node.expression {
            Syntax::Current => Ok(Cow::Borrowed(value)),
            Syntax::Field(name) => Ok(value.get(name).map_or(NULL, Cow::Borrowed)),
            Syntax::Index(index) => Ok(element(value, *index).map_or(NULL, Cow::Borrowed)),
            Syntax::Slice(slice) => self.slice(value, *slice),
            Syntax::Literal(literal) => Ok(Cow::Borrowed(literal)),
            Syntax::Sequence(_, steps) => self.sequence(steps, value),
            Syntax::Projection(left, right, condition) => {
                self.projection(left, right, condition.as_deref(), value)
            }
            Syntax::ValueProjection(left, right) => self.value_projection(left, right, value),
            Syntax::Flatten(inner) => self.flatten(inner, value),
            Syntax::List(items) => self.list(items, value),
            Syntax::Hash(pairs) => self.hash(pairs, value),
            Syntax::Comparison(operator, left, right) => {
                self.comparison(*operator, left, right, value)
            }
            Syntax::Or(left, right) => self.either(left, right, value, false),
            Syntax::And(left, right) => self.either(left, right, value, true),
            Syntax::Not(inner) => {
                let inner = self.evaluate(inner, value)?;
                Ok(Cow::Owned(Value::Bool(is_false(&inner))))
            }
            Syntax::Reference(_) => crash("'_Expression' object is not iterable"),
            Syntax::Call(call) => self.call(call, value),
        }
    }

    pub(super) fn sequence<'a>(&self, steps: &'a [Node], value: &'a Value) -> Evaluated<'a> {
        let mut current = Cow::Borrowed(value);
        for step in steps {
            current = match current {
                Cow::Borrowed(value) => self.evaluate(step, value)?,
                Cow::Owned(value) => Cow::Owned(self.evaluate(step, &value)?.into_owned()),
            };
        }
        Ok(current)
    }

    fn projection<'a>(
        &self,
        left: &'a Node,
        right: &'a Node,
        condition: Option<&'a Node>,
        value: &'a Value,
    ) -> Evaluated<'a> {
        let base = self.evaluate(left, value)?;
        let Value::Array(items) = &*base else {
            return Ok(NULL);
        };
        let items = items.iter().map(Cow::Borrowed);
        self.each(items, condition, right).map(Cow::Owned)
    }

    fn value_projection<'a>(
        &self,
        left: &'a Node,
        right: &'a Node,
        value: &'a Value,
    ) -> Evaluated<'a> {
        let base = self.evaluate(left, value)?;
        let Value::Object(object) = &*base else {
            return Ok(NULL);
        };
        let items = object.entries.iter().map(|(_, item)| Cow::Borrowed(item));
        self.each(items, None, right).map(Cow::Owned)
    }

    /// Evaluates an expression on each item for which a condition holds, and returns the results
    /// that are not null.
    pub(super) fn each<'v>(
        &self,
        items: impl Iterator<Item = Cow<'v, Value>>,
        condition: Option<&Node>,
        node: &Node,
    ) -> Result<Value, Failure> {
        let mut collected = Vec::new();
        for item in items {
            if let Some(condition) = condition
                && !self.holds(condition, &item)?
            {
                continue;
            }
            let value = self.evaluate(node, &item)?;
            if !matches!(*value, Value::Null) {
                self.budget.spend(ELEMENT)?;
                collected.push(value.into_owned());
            }
        }
        Ok(collected.into())
    }

    fn flatten<'a>(&self, inner: &'a Node, value: &'a Value) -> Evaluated<'a> {
        let base = self.evaluate(inner, value)?;
        let Value::Array(items) = &*base else {
            return Ok(NULL);
        };
        let mut merged = Vec::with_capacity(items.len());
        for item in &**items {
            let part = match item {
                Value::Array(inner) => inner,
                other => std::slice::from_ref(other),
            };
            self.budget.spend_elements(part.len())?;
            merged.extend_from_slice(part);
        }
        Ok(Cow::Owned(merged.into()))
    }

    fn slice(&self, value: &Value, slice: Slice) -> Evaluated<'static> {
        let Value::Array(items) = value else {
            return Ok(NULL);
        };
        let taken = taken(slice, items.len(), &self.budget)?;
        let sliced = taken.filter_map(|at| items.get(at).cloned());
        Ok(Cow::Owned(sliced.collect()))
    }

    fn list<'a>(&self, items: &'a [Node], value: &'a Value) -> Evaluated<'a> {
        if matches!(value, Value::Null) {
            return Ok(NULL);
        }
        self.budget.spend_elements(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for node in items {
            values.push(self.evaluate(node, value)?.into_owned());
        }
        Ok(Cow::Owned(values.into()))
    }

    fn hash<'a>(&self, pairs: &'a [(Arc<str>, Node)], value: &'a Value) -> Evaluated<'a> {
        if matches!(value, Value::Null) {
            return Ok(NULL);
        }
        self.budget.spend_elements(pairs.len().saturating_mul(2))?;
        let mut entries = Entries::with_capacity(pairs.len());
        for (key, node) in pairs {
            entries.set(key.clone(), self.evaluate(node, value)?.into_owned());
        }
        Ok(Cow::Owned(Value::with_entries(
            entries.into_vec(),
            Origin::Selection,
        )))
    }

    fn comparison<'a>(
        &self,
        operator: TokenKind,
        left: &'a Node,
        right: &'a Node,
        value: &'a Value,
    ) -> Evaluated<'a> {
        let left = self.evaluate(left, value)?;
        let right = self.evaluate(right, value)?;
        let holds = match operator {
            TokenKind::Lt => Ordering::is_lt,
            TokenKind::Lte => Ordering::is_le,
            TokenKind::Gt => Ordering::is_gt,
            TokenKind::Gte => Ordering::is_ge,
            _ => {
                let is_equal = compare::equal(&left, &right, &self.budget)?;
                return Ok(Cow::Owned(Value::Bool(
                    is_equal == (operator == TokenKind::Eq),
                )));
            }
        };
        ordered(&left, operator.symbol(), &right, holds)
    }

    /// Evaluates `left && right` if `both` is set, else `left || right`.
    fn either<'a>(
        &self,
        left: &'a Node,
        right: &'a Node,
        value: &'a Value,
        both: bool,
    ) -> Evaluated<'a> {
        let left = self.evaluate(left, value)?;
        if is_false(&left) == both {
            Ok(left)
        } else {
            self.evaluate(right, value)
        }
    }

    fn call<'a>(&self, call: &'a Call, value: &'a Value) -> Evaluated<'a> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for node in &call.arguments {
            arguments.push(match reference(node) {
                Some(inner) => Argument::Reference(inner),
                None => Argument::Value(self.evaluate(node, value)?),
            });
        }
        self.apply(call, arguments).map(Cow::Owned)
    }

    /// Calls a function on its arguments.
    pub(super) fn apply(
        &self,
        call: &Call,
        arguments: Vec<Argument<'_>>,
    ) -> Result<Value, Failure> {
        let Some(function) = call.function else {
            let name = call.name.to_string();
            return Err(Box::new(RuntimeError::UnknownFunction(name)));
        };
        let arguments = Arguments::check(arguments, function, &self.budget)?;
        let result = (function.body)(self, &arguments)?;
        self.budget.spend_parts(&result)?;
        Ok(result)
    }

    /// Returns the result, after it has been paid for in the size that it has when written.
    fn paid(&self, root: &Node, result: Value) -> Result<Value, Failure> {
        if root.can_repeat() {
            self.spend_whole(&result)?;
        }
        Ok(result)
    }

    /// Pays for a value and for every occurrence of the parts that it shares.
    fn spend_whole(&self, value: &Value) -> Result<(), Failure> {
        self.budget.spend_parts(value)?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.spend_whole(item)),
            Value::Object(object) => {
                let mut items = object.entries.iter().map(|(_, item)| item);
                items.try_for_each(|item| self.spend_whole(item))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a value counts as false: null, false and empty values do, zero does not.
pub(super) fn is_false(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => false,
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.entries.is_empty(),
    }
}

fn element(value: &Value, index: i64) -> Option<&Value> {
    let items = value.as_array()?;
    items.get(place(index, items.len())?)
}

/// Returns the expression of a reference (`&expression`).
pub(super) fn reference(node: &Node) -> Option<&Node> {
    match &node.expression {
        Syntax::Reference(inner) => Some(inner),
        _ => None,
    }
}

/// Orders two values as Python does: numbers among each other, and strings. The result is null for
/// all other values, as in jmespath.
fn ordered(
    left: &Value,
    operator: &str,
    right: &Value,
    holds: fn(Ordering) -> bool,
) -> Evaluated<'static> {
    let comparable = |value: &Value| value.is_number() || matches!(value, Value::String(_));
    if !comparable(left) || !comparable(right) {
        return Ok(NULL);
    }
    let order = order_or_crash(left, operator, right)?;
    Ok(Cow::Owned(Value::Bool(order.is_some_and(holds))))
}

/// Returns the order of two numbers or strings, or `None` if one is NaN.
pub(super) fn order_or_crash(
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<Option<Ordering>, Failure> {
    if matches!(left, Value::String(_)) == matches!(right, Value::String(_)) {
        return Ok(compare::order(left, right));
    }
    let (left, right) = (python::type_name(left), python::type_name(right));
    crash(format!(
        "'{operator}' not supported between instances of '{left}' and '{right}'"
    ))
}
