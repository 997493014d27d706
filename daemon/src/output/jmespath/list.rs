//! A query that goes through a list entry by entry, over objects that are put together one at a time.
//!
//! Most queries over resource SKUs do; the others (`length(@)`, `[0]`) get the whole list.

use std::borrow::Cow;

use super::evaluate::{Evaluation, Failure};
use super::node::{Node, Syntax};
use crate::document::{Composed, Value};

impl Evaluation {
    /// What an expression makes of a list.
    pub(super) fn search_list<C: Composed>(
        &self,
        node: &Node,
        objects: &[C],
    ) -> Result<Value, Failure> {
        if let Some(along) = self.along(node, objects) {
            return along;
        }
        Ok(self.evaluate(node, &Value::list(objects))?.into_owned())
    }

    /// The same, if it goes through the list entry by entry.
    fn along<C: Composed>(&self, node: &Node, objects: &[C]) -> Option<Result<Value, Failure>> {
        let (left, condition, right) = match &node.expression {
            Syntax::Sequence(_, steps) => {
                let (first, rest) = steps.split_first()?;
                let first = self.along(first, objects)?;
                return Some(first.and_then(|value| Ok(self.sequence(rest, &value)?.into_owned())));
            }
            Syntax::Projection(left, right) => (left, None, right),
            Syntax::FilterProjection(left, right, condition) => (left, Some(&**condition), right),
            _ => return None,
        };
        if is_the_list(left) {
            let documents = objects.iter().map(|object| Cow::Owned(object.document()));
            return Some(self.each(documents, condition, right));
        }
        let base = self.along(left, objects)?;
        Some(base.and_then(|base| match &base {
            Value::Array(items) => self.each(items.iter().map(Cow::Borrowed), condition, right),
            _ => Ok(Value::Null),
        }))
    }
}

/// Whether this is the list that the query is asked of: flattened, a list of objects is what it was.
fn is_the_list(node: &Node) -> bool {
    match &node.expression {
        Syntax::Current => true,
        Syntax::Flatten(inner) => matches!(inner.expression, Syntax::Current),
        _ => false,
    }
}
