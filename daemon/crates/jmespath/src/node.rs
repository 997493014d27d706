//! The syntax tree of a query, shaped as Python's (jmespath, `ast.py`).
//!
//! Invariant: a node's height and the nesting that it can add to a document are at most
//! [`super::MAXIMUM_DEPTH`], so that walking or dropping the tree, or any value made by it, needs
//! little stack.

use std::sync::Arc;

use azq_document::Value;

use super::MAXIMUM_DEPTH;
use super::functions::Function;
use super::token::TokenKind;

/// An expression with its parts.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) expression: Syntax,
    height: usize,
    growth: usize,
}

/// The kinds of expression.
#[derive(Debug)]
pub(super) enum Syntax {
    /// `@`, and the implied operand of `[0]` or `*`.
    Current,
    Field(Box<str>),
    Index(i64),
    Slice(Slice),
    Literal(Value),
    /// Each step is evaluated on the result of the one before.
    Sequence(Link, Vec<Node>),
    /// `left[*].right`, or `left[?condition].right`, in the order left, right, condition.
    Projection(Box<Node>, Box<Node>, Option<Box<Node>>),
    /// `left.*.right`.
    ValueProjection(Box<Node>, Box<Node>),
    Flatten(Box<Node>),
    List(Vec<Node>),
    Hash(Vec<(Arc<str>, Node)>),
    /// Its operator is one of the six tokens for a comparison.
    Comparison(TokenKind, Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    /// `&expression`.
    Reference(Box<Node>),
    Call(Call),
}

/// The operator that joins the steps of a sequence. Python's parser continues differently after
/// each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Dot,
    Bracket,
    Pipe,
}

/// `[start:end:step]`, each saturated to the range of an `i64`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: Option<i64>,
}

/// A function call. An unknown function is an error only once it is called.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: Box<str>,
    pub(super) function: Option<&'static Function>,
    pub(super) arguments: Vec<Node>,
}

impl Node {
    /// Creates a node of an expression; `None` if it is nested too deeply.
    pub(super) fn new(expression: Syntax) -> Option<Box<Node>> {
        let (height, growth) = match &expression {
            Syntax::Current
            | Syntax::Field(_)
            | Syntax::Index(_)
            | Syntax::Slice(_)
            | Syntax::Literal(_) => (0, 0),
            Syntax::Sequence(_, steps) => in_turn(steps),
            Syntax::ValueProjection(left, right) => in_turn([&**left, right]),
            Syntax::Projection(left, right, condition) => {
                in_turn([&**left, right].into_iter().chain(condition.as_deref()))
            }
            Syntax::Flatten(inner) | Syntax::Not(inner) | Syntax::Reference(inner) => {
                in_turn([&**inner])
            }
            Syntax::Comparison(_, left, right)
            | Syntax::Or(left, right)
            | Syntax::And(left, right) => side_by_side([&**left, right]),
            Syntax::List(items) => nesting(side_by_side(items)),
            Syntax::Hash(pairs) => nesting(side_by_side(pairs.iter().map(|(_, node)| node))),
            Syntax::Call(call) => nesting(in_turn(&call.arguments)),
        };
        Box::new(Node {
            expression,
            height: height + 1,
            growth,
        })
        .checked()
    }

    /// Creates the node of an expression without parts.
    pub(super) const fn leaf(expression: Syntax) -> Node {
        Node {
            expression,
            height: 1,
            growth: 0,
        }
    }

    /// Whether the result may contain a part of the document more than once. Only a query that
    /// nests can repeat a part.
    pub(super) fn can_repeat(&self) -> bool {
        self.growth > 0
    }

    /// Adds a step to a sequence with this link, or makes a new sequence of the two.
    #[expect(clippy::boxed_local, reason = "keeps the parser's frames small")]
    pub(super) fn then(mut self: Box<Self>, link: Link, step: Box<Node>) -> Option<Box<Node>> {
        match &mut self.expression {
            Syntax::Sequence(own, steps) if *own == link => {
                self.height = self.height.max(step.height + 1);
                self.growth += step.growth;
                steps.push(*step);
                self.checked()
            }
            _ => Node::new(Syntax::Sequence(link, vec![*self, *step])),
        }
    }

    fn checked(self: Box<Self>) -> Option<Box<Node>> {
        (self.height <= MAXIMUM_DEPTH && self.growth <= MAXIMUM_DEPTH).then_some(self)
    }
}

/// Returns the height and growth of nodes that are each evaluated on the result of the one before.
fn in_turn<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> (usize, usize) {
    nodes.into_iter().fold((0, 0), |(height, growth), node| {
        (height.max(node.height), growth + node.growth)
    })
}

/// Returns the height and growth of nodes that are all evaluated on the same value.
fn side_by_side<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> (usize, usize) {
    nodes.into_iter().fold((0, 0), |(height, growth), node| {
        (height.max(node.height), growth.max(node.growth))
    })
}

/// Adds the array or object that holds the results of the nodes.
fn nesting((height, growth): (usize, usize)) -> (usize, usize) {
    (height, growth + 1)
}
