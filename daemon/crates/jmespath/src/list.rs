//! Evaluates a query on a list of lazy objects, and builds only the objects that the query needs.
//!
//! Most queries over resource SKUs iterate over the list, take some of it, or count it. For the
//! others (`sort_by(@, &name)`, `[@]`) the whole list is built.
//!
//! Invariant: the result, or the error, is that of the list built as a whole, except that a query
//! may succeed here which would be too expensive there.

use std::borrow::Cow;

use azq_document::{LazyObject, Value};

use super::evaluate::{Evaluation, Failure, reference};
use super::node::{Call, Node, Syntax};
use super::places::{place, taken};
use super::signature::Argument;

impl Evaluation<'_> {
    /// Evaluates an expression on a list.
    pub(super) fn search_list<C: LazyObject>(
        &self,
        node: &Node,
        objects: &[C],
    ) -> Result<Value, Failure> {
        if goes_along(node) {
            self.along(node, objects)
        } else {
            Ok(self.evaluate(node, &Value::list(objects))?.into_owned())
        }
    }

    /// Evaluates an expression that goes along the list.
    fn along<C: LazyObject>(&self, node: &Node, objects: &[C]) -> Result<Value, Failure> {
        self.budget.spend(1)?;
        let (left, condition, right) = match &node.expression {
            Syntax::Index(index) => {
                let at = place(*index, objects.len());
                let object = at.and_then(|at| objects.get(at));
                return Ok(object.map_or(Value::Null, LazyObject::document));
            }
            Syntax::Slice(slice) => {
                let taken = taken(*slice, objects.len(), &self.budget)?;
                let taken = taken.filter_map(|at| objects.get(at));
                return Ok(taken.map(LazyObject::document).collect());
            }
            Syntax::Sequence(_, steps) => {
                let Some((first, rest)) = beyond_the_list(steps) else {
                    return Ok(Value::list(objects));
                };
                let first = self.along(first, objects)?;
                return Ok(self.sequence(rest, &first)?.into_owned());
            }
            Syntax::Call(call) => return self.call_along(call, objects),
            Syntax::Projection(left, right, condition) => (left, condition.as_deref(), right),
            _ => return Ok(self.evaluate(node, &Value::list(objects))?.into_owned()),
        };
        if is_the_list(left) {
            let documents = objects.iter().map(|object| Cow::Owned(object.document()));
            return self.each(documents, condition, right);
        }
        match &self.along(left, objects)? {
            Value::Array(items) => self.each(items.iter().map(Cow::Borrowed), condition, right),
            _ => Ok(Value::Null),
        }
    }

    fn call_along<C: LazyObject>(&self, call: &Call, objects: &[C]) -> Result<Value, Failure> {
        if is_count(call) {
            let count = i64::try_from(objects.len()).unwrap_or(i64::MAX);
            return Ok(count.into());
        }
        let argument = |node| match reference(node) {
            Some(inner) => Ok(Argument::Reference(inner)),
            None => Ok(Argument::Value(Cow::Owned(self.along(node, objects)?))),
        };
        let arguments = call.arguments.iter().map(argument);
        self.apply(call, arguments.collect::<Result<_, Failure>>()?)
    }
}

/// Whether an expression goes along a list: it takes some of it or counts it, or its operands
/// do.
fn goes_along(node: &Node) -> bool {
    match &node.expression {
        Syntax::Index(_) | Syntax::Slice(_) => true,
        Syntax::Sequence(_, steps) => {
            beyond_the_list(steps).is_some_and(|(first, _)| goes_along(first))
        }
        Syntax::Projection(left, ..) => is_the_list(left) || goes_along(left),
        Syntax::Call(call) => {
            is_count(call)
                || call
                    .arguments
                    .iter()
                    .all(|node| reference(node).is_some() || goes_along(node))
        }
        _ => false,
    }
}

/// Returns the first step of a sequence after `@`, and the steps after it, because the parser reads
/// `[0]` as `@[0]`.
fn beyond_the_list(steps: &[Node]) -> Option<(&Node, &[Node])> {
    let (first, rest) = steps.split_first()?;
    match first.expression {
        Syntax::Current => rest.split_first(),
        _ => Some((first, rest)),
    }
}

/// Whether a call is `length(@)`.
fn is_count(call: &Call) -> bool {
    let is_length = call
        .function
        .is_some_and(|function| function.name == "length");
    is_length && matches!(&call.arguments[..], [node] if is_the_list(node))
}

/// Whether an expression is the list that the query is evaluated on. Flattening leaves it
/// unchanged, because it is a list of objects.
fn is_the_list(node: &Node) -> bool {
    match &node.expression {
        Syntax::Current => true,
        Syntax::Flatten(inner) => matches!(inner.expression, Syntax::Current),
        _ => false,
    }
}
