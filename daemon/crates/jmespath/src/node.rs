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

/// An expression with what is inside it.
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
    /// `left[*].right`
    Projection(Box<Node>, Box<Node>),
    /// `left.*.right`
    ValueProjection(Box<Node>, Box<Node>),
    /// `left[?condition].right`, in the order left, right, condition.
    FilterProjection(Box<Node>, Box<Node>, Box<Node>),
    Flatten(Box<Node>),
    List(Vec<Node>),
    Hash(Vec<(Arc<str>, Node)>),
    Comparison(Comparator, Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    /// `&expression`
    Reference(Box<Node>),
    Call(Call),
}

/// What joins the steps of a sequence. Python's parser goes on differently after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Dot,
    Bracket,
    Pipe,
}

/// `[start:end:step]`, each saturated to what fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: Option<i64>,
}

/// A comparison's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparator {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
}

impl Comparator {
    /// The operator that a token stands for.
    pub(super) fn of(kind: TokenKind) -> Option<Self> {
        Some(match kind {
            TokenKind::Eq => Comparator::Eq,
            TokenKind::Ne => Comparator::Ne,
            TokenKind::Lt => Comparator::Lt,
            TokenKind::Lte => Comparator::Lte,
            TokenKind::Gt => Comparator::Gt,
            TokenKind::Gte => Comparator::Gte,
            _ => return None,
        })
    }
}

/// A function call. That a function is unknown is only an error once it is called.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: Box<str>,
    pub(super) function: Option<&'static Function>,
    pub(super) arguments: Vec<Node>,
}

impl Node {
    /// An expression as a node, `None` if it is nested too deeply.
    pub(super) fn new(expression: Syntax) -> Option<Box<Node>> {
        let (height, growth) = match &expression {
            Syntax::Current
            | Syntax::Field(_)
            | Syntax::Index(_)
            | Syntax::Slice(_)
            | Syntax::Literal(_) => (0, 0),
            Syntax::Sequence(_, steps) => in_turn(steps),
            Syntax::Projection(left, right) | Syntax::ValueProjection(left, right) => {
                in_turn([&**left, right])
            }
            Syntax::FilterProjection(left, right, condition) => {
                in_turn([&**left, right, condition])
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

    /// An expression without parts.
    pub(super) const fn leaf(expression: Syntax) -> Node {
        Node {
            expression,
            height: 1,
            growth: 0,
        }
    }

    /// Returns whether the result may hold a part of the document more than once: only a query that
    /// nests can repeat one.
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

/// Height and growth of nodes of which each gets what another made.
fn in_turn<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> (usize, usize) {
    nodes.into_iter().fold((0, 0), |(height, growth), node| {
        (height.max(node.height), growth + node.growth)
    })
}

/// Height and growth of nodes that all get the same.
fn side_by_side<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> (usize, usize) {
    nodes.into_iter().fold((0, 0), |(height, growth), node| {
        (height.max(node.height), growth.max(node.growth))
    })
}

/// Puts the results into an array or object.
fn nesting((height, growth): (usize, usize)) -> (usize, usize) {
    (height, growth + 1)
}
