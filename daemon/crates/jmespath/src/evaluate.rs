//! Evaluates a syntax tree on a document (jmespath, `visitor.TreeInterpreter`).
//!
//! Values are borrowed from the document or the query where they can be, so a filter over tens of
//! thousands of entries copies only what it selects.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use azq_document::{Entries, LazyObject, Object, Origin, Value};

use super::budget::{Budget, ELEMENT};
use super::compare;
use super::error::RuntimeError;
use super::node::{Call, Comparator, Node, Slice, Syntax};
use super::places::{place, taken};
use super::python;
use super::signature::{Argument, Arguments};

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
            Syntax::Projection(left, right) => self.projection(left, right, value),
            Syntax::ValueProjection(left, right) => self.value_projection(left, right, value),
            Syntax::FilterProjection(left, right, condition) => {
                self.filter_projection(left, right, condition, value)
            }
            Syntax::Flatten(inner) => self.flatten(inner, value),
            Syntax::List(items) => self.list(items, value),
            Syntax::Hash(pairs) => self.hash(pairs, value),
            Syntax::Comparison(comparator, left, right) => {
                self.comparison(*comparator, left, right, value)
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

    fn projection<'a>(&self, left: &'a Node, right: &'a Node, value: &'a Value) -> Evaluated<'a> {
        let base = self.evaluate(left, value)?;
        let Value::Array(items) = &*base else {
            return Ok(NULL);
        };
        let items = items.iter().map(Cow::Borrowed);
        self.each(items, None, right).map(Cow::Owned)
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
        let mut collected = Vec::new();
        for (_, item) in &object.entries {
            self.collect(&mut collected, right, item)?;
        }
        Ok(Cow::Owned(collected.into()))
    }

    fn filter_projection<'a>(
        &self,
        left: &'a Node,
        right: &'a Node,
        condition: &'a Node,
        value: &'a Value,
    ) -> Evaluated<'a> {
        let base = self.evaluate(left, value)?;
        let Value::Array(items) = &*base else {
            return Ok(NULL);
        };
        let items = items.iter().map(Cow::Borrowed);
        self.each(items, Some(condition), right).map(Cow::Owned)
    }

    /// Evaluates an expression on each item for which a condition holds.
    pub(super) fn each<'v>(
        &self,
        items: impl Iterator<Item = Cow<'v, Value>>,
        condition: Option<&Node>,
        node: &Node,
    ) -> Result<Value, Failure> {
        let mut collected = Vec::new();
        for item in items {
            let holds = match condition {
                Some(condition) => self.holds(condition, &item)?,
                None => true,
            };
            if holds {
                self.collect(&mut collected, node, &item)?;
            }
        }
        Ok(collected.into())
    }

    /// Evaluates an expression on an element and adds the result, unless it is null.
    fn collect(
        &self,
        collected: &mut Vec<Value>,
        node: &Node,
        element: &Value,
    ) -> Result<(), Failure> {
        let value = self.evaluate(node, element)?;
        if !matches!(*value, Value::Null) {
            self.budget.spend(ELEMENT)?;
            collected.push(value.into_owned());
        }
        Ok(())
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
        let sliced: Vec<_> = taken.filter_map(|at| items.get(at).cloned()).collect();
        Ok(Cow::Owned(sliced.into()))
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
        let object = Object {
            entries: entries.into_vec(),
            origin: Origin::Selection,
        };
        Ok(Cow::Owned(Value::Object(Arc::new(object))))
    }

    fn comparison<'a>(
        &self,
        comparator: Comparator,
        left: &'a Node,
        right: &'a Node,
        value: &'a Value,
    ) -> Evaluated<'a> {
        let left = self.evaluate(left, value)?;
        let right = self.evaluate(right, value)?;
        let holds = match comparator {
            Comparator::Eq => compare::equal(&left, &right, &self.budget)?,
            Comparator::Ne => !compare::equal(&left, &right, &self.budget)?,
            Comparator::Lt => return ordered(&left, "<", &right, Ordering::is_lt),
            Comparator::Lte => return ordered(&left, "<=", &right, Ordering::is_le),
            Comparator::Gt => return ordered(&left, ">", &right, Ordering::is_gt),
            Comparator::Gte => return ordered(&left, ">=", &right, Ordering::is_ge),
        };
        Ok(Cow::Owned(Value::Bool(holds)))
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
            return Err(Box::new(RuntimeError::UnknownFunction(
                call.name.to_string(),
            )));
        };
        let arguments = Arguments::check(arguments, function, &self.budget)?;
        let result = (function.body)(self, &arguments)?;
        match &result {
            Value::Array(items) => self.budget.spend_elements(items.len())?,
            Value::Object(object) => self.budget.spend_elements(object.entries.len())?,
            _ => {}
        }
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
        match value {
            Value::Array(items) => {
                self.budget.spend_elements(items.len())?;
                for item in &**items {
                    self.spend_whole(item)?;
                }
            }
            Value::Object(object) => {
                self.budget.spend_elements(object.entries.len())?;
                for (_, item) in &object.entries {
                    self.spend_whole(item)?;
                }
            }
            _ => {}
        }
        Ok(())
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
