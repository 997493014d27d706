//! The functions that order: `sort`, `min`, `max` and their `_by` variants (jmespath,
//! `functions.py`).
//!
//! All are stable: the first of several equal elements wins.

use std::borrow::Cow;
use std::cmp::Ordering;

use azq_document::Value;

use super::compare;
use super::evaluate::{Evaluated, Evaluation, Failure, order_or_crash};
use super::functions::Answer;
use super::python;
use super::signature::{Arguments, Type, type_error};

/// Returns the first of the greatest or smallest elements.
pub(super) fn extreme(given: &Arguments<'_>, wanted: Ordering) -> Answer {
    first_of(given, wanted, |item| Ok(Cow::Borrowed(item)))
}

/// Returns the first element for which the reference in the second argument gives the greatest or
/// smallest value.
pub(super) fn extreme_by(
    evaluation: &Evaluation<'_>,
    given: &Arguments<'_>,
    name: &'static str,
    wanted: Ordering,
) -> Answer {
    first_of(given, wanted, |item| {
        key(evaluation, given, item, name, &[Type::Number, Type::String])
    })
}

/// Returns the first element whose key is the greatest or smallest.
fn first_of<'v>(
    given: &'v Arguments<'_>,
    wanted: Ordering,
    key: impl Fn(&'v Value) -> Evaluated<'v>,
) -> Answer {
    let operator = if wanted.is_gt() { ">" } else { "<" };
    let mut best: Option<(Cow<'_, Value>, &Value)> = None;
    for item in given.array(0) {
        let key = key(item)?;
        let better = match &best {
            None => true,
            Some((best, _)) => order_or_crash(&key, operator, best)? == Some(wanted),
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map(|(_, item)| item.clone()).into())
}

/// Implements `sort`.
pub(super) fn sort(given: &Arguments<'_>) -> Value {
    let mut items = given.array(0).to_vec();
    items.sort_by(total_order);
    items.into()
}

/// Implements `sort_by`.
pub(super) fn sort_by(evaluation: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let items = given.array(0);
    let Some(first) = items.first() else {
        return Ok(Vec::new().into());
    };
    let types = [Type::String, Type::Number];
    let first_key = evaluation.evaluate(given.expression(1), first)?;
    let Some(kind) = types.into_iter().find(|kind| kind.takes(&first_key)) else {
        let shown = python::display(first, &evaluation.budget)?;
        let received = python::jmespath_type_name(&first_key);
        return type_error("sort_by", shown, &types, received);
    };
    let with_key = |item| Ok((key(evaluation, given, item, "sort_by", &[kind])?, item));
    let mut keyed = items
        .iter()
        .map(with_key)
        .collect::<Result<Vec<_>, Failure>>()?;
    keyed.sort_by(|(left, _), (right, _)| total_order(left, right));
    Ok(keyed.into_iter().map(|(_, item)| item.clone()).collect())
}

/// Evaluates the reference in the second argument on an element. The result must have one of the
/// types.
fn key<'v>(
    evaluation: &Evaluation<'_>,
    given: &'v Arguments<'_>,
    item: &'v Value,
    name: &'static str,
    types: &[Type],
) -> Evaluated<'v> {
    let key = evaluation.evaluate(given.expression(1), item)?;
    if types.iter().any(|kind| kind.takes(&key)) {
        return Ok(key);
    }
    let shown = python::display(&key, &evaluation.budget)?;
    type_error(name, shown, types, python::jmespath_type_name(&key))
}

/// Returns Python's order of numbers or of strings, with NaN last, because Rust's sort needs an
/// order for every pair.
fn total_order(left: &Value, right: &Value) -> Ordering {
    let is_nan = |value: &Value| matches!(value, Value::Float(float) if float.is_nan());
    compare::order(left, right).unwrap_or_else(|| is_nan(left).cmp(&is_nan(right)))
}
