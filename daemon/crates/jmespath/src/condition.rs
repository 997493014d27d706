//! Decides whether a filter's condition holds, without building values.
//!
//! It is worthwhile because a filter evaluates its condition for each of tens of thousands of
//! entries.
//!
//! Invariant: a condition holds if, and only if, the result of [`Evaluation::evaluate`] does not
//! count as false. It fails as `evaluate` does, and costs the same.

use azq_document::Value;

use super::compare;
use super::evaluate::{Evaluation, Failure, is_false};
use super::node::{Node, Syntax};
use super::token::TokenKind;

impl Evaluation<'_> {
    /// Whether a condition holds for a value.
    pub(super) fn holds(&self, condition: &Node, value: &Value) -> Result<bool, Failure> {
        if let Syntax::And(..) | Syntax::Or(..) | Syntax::Not(_) = condition.expression {
            self.budget.spend(1)?;
        }
        match &condition.expression {
            Syntax::And(left, right) => {
                return Ok(self.holds(left, value)? && self.holds(right, value)?);
            }
            Syntax::Or(left, right) => {
                return Ok(self.holds(left, value)? || self.holds(right, value)?);
            }
            Syntax::Not(inner) => return Ok(!self.holds(inner, value)?),
            Syntax::Comparison(operator @ (TokenKind::Eq | TokenKind::Ne), left, right) => {
                if let (Some(left), Some(right)) = (at_hand(left, value), at_hand(right, value)) {
                    // The units of the comparison and of both its sides.
                    self.budget.spend(3)?;
                    let is_equal = compare::equal(left, right, &self.budget)?;
                    return Ok(is_equal == (*operator == TokenKind::Eq));
                }
            }
            _ => {}
        }
        Ok(!is_false(&*self.evaluate(condition, value)?))
    }
}

/// Returns the value of one of the simplest expressions, which needs no new value.
fn at_hand<'a>(node: &'a Node, value: &'a Value) -> Option<&'a Value> {
    match &node.expression {
        Syntax::Current => Some(value),
        Syntax::Field(name) => Some(value.get(name).unwrap_or(&Value::Null)),
        Syntax::Literal(literal) => Some(literal),
        _ => None,
    }
}
