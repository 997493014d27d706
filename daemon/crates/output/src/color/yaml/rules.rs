//! The lexer's states and rules, the same as in Pygments (`lexers/data.py`, `YamlLexer.tokens`)
//! without directives.

use super::super::Token;

/// A state of the lexer, which are kept on a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Root,
    Indentation,
    BlockLine,
    BlockScalar,
    BlockScalarHeader,
    IgnoredLine,
    FlowSequence,
    FlowMapping,
    FlowPlain,
    SingleQuoted,
    DoubleQuoted,
    Plain,
    PlainNewLine,
}

/// The action for a match.
#[derive(Clone, Copy)]
pub(super) enum Action {
    /// Emits a token; nothing if the match is empty.
    Emit(Token),
    /// Emits a mark of a document's begin or end, and resets the indentation.
    ResetIndent,
    /// The spaces at the start of a line.
    StartIndent,
    /// Spaces that may indent the following text.
    SaveIndent,
    /// An indicator, at the indentation saved before.
    SetIndent,
    /// An indicator that sets the indentation without adding to it.
    SetImplicitIndent,
    /// A key and its colon, which set the indentation as `SetImplicitIndent` does.
    Key,
    /// A key and its colon where indentation has no meaning.
    FlowKey,
    /// The spaces before the next line of a plain scalar, which end it if they are too few.
    PlainIndent,
    /// The indentation and chomping indicators of a block scalar.
    BlockHeader,
    /// A line of a block scalar that contains only spaces.
    BlockEmptyLine,
    /// The spaces before a line of a block scalar, which end it if they are too few.
    BlockIndent,
}

/// The effect of a rule on the stack of states.
#[derive(Clone, Copy)]
pub(super) enum StackAction {
    Stay,
    Pop(usize),
    Push(&'static [State]),
}

pub(super) struct Rule {
    /// The states in which the rule applies.
    pub(super) states: &'static [State],
    /// Whether it applies only at the start of a line.
    pub(super) line_start: bool,
    /// The pattern to match. The token is its first group, because a look-ahead may follow it.
    pub(super) pattern: &'static str,
    pub(super) action: Action,
    pub(super) then: StackAction,
}

type States = &'static [State];

const fn rule(states: States, pattern: &'static str, action: Action, then: StackAction) -> Rule {
    Rule {
        states,
        line_start: false,
        pattern,
        action,
        then,
    }
}

const fn first(states: States, pattern: &'static str, action: Action, then: StackAction) -> Rule {
    Rule {
        states,
        line_start: true,
        pattern,
        action,
        then,
    }
}

const FLOW: States = &[State::FlowSequence, State::FlowMapping];
const NODES: States = &[State::BlockLine, State::FlowSequence, State::FlowMapping];
const QUOTED: States = &[State::SingleQuoted, State::DoubleQuoted];
const WHITESPACE: Action = Action::Emit(Token::Whitespace);
const INDICATOR: Action = Action::Emit(Token::Plain);

/// The rules, of which the first one that matches in the current state applies.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = {
    use Action::{BlockEmptyLine, BlockHeader, BlockIndent, Emit, FlowKey, Key, PlainIndent, ResetIndent, SaveIndent, SetImplicitIndent, SetIndent, StartIndent};
    use State::{BlockLine, BlockScalar, BlockScalarHeader, DoubleQuoted, FlowMapping, FlowPlain, FlowSequence, IgnoredLine, Indentation, Plain, PlainNewLine, Root, SingleQuoted};
    use StackAction::{Pop, Push, Stay};
    use Token::{Constant, Namespace, Scalar, String, Type, Variable};
    &[
        rule(&[Root], r"([ ]+)(?:#|$)", WHITESPACE, Stay),
        rule(&[Root], r"(\n+)", WHITESPACE, Stay),
        rule(&[Root], r"(#[^\n]*)", Emit(Token::Comment), Stay),
        first(&[Root], r"(---|\.\.\.)(?:[ ]|$)", ResetIndent, Push(&[BlockLine])),
        rule(&[Root], r"([ ]*)\S", StartIndent, Push(&[BlockLine, Indentation])),

        rule(&[IgnoredLine], r"([ ]+)(?:#|$)", WHITESPACE, Stay),
        rule(&[IgnoredLine], r"(#[^\n]*)", Emit(Token::Comment), Stay),
        rule(&[IgnoredLine], r"(\n)", WHITESPACE, Pop(2)),

        rule(&[Indentation], r"([ ]*)$", WHITESPACE, Pop(2)),
        rule(&[Indentation], r"([ ]+)[?:-](?:[ ]|$)", SaveIndent, Stay),
        rule(&[Indentation], r"([?:-])(?:[ ]|$)", SetIndent, Stay),
        rule(&[Indentation], r"([ ]*)", SaveIndent, Pop(1)),

        rule(&[BlockLine], r"([ ]*)(?:#|$)", WHITESPACE, Pop(1)),
        rule(&[BlockLine], r"([ ]+)", WHITESPACE, Stay),
        rule(&[BlockLine], r#"([^#,?\[\]{}"'\n]+:)(?:[ ]|$)"#, Key, Stay),

        rule(&[FlowMapping], r#"([^,:?\[\]{}"'\n]+:)(?:[ ]|$)"#, FlowKey, Stay),
        rule(FLOW, r"([ ]+)", WHITESPACE, Stay),
        rule(FLOW, r"(\n+)", WHITESPACE, Stay),
        rule(FLOW, r"(#[^\n]*)", Emit(Token::Comment), Stay),
        rule(FLOW, r"([?:,])", INDICATOR, Stay),

        rule(NODES, r"(!<[\w#;/?:@&=+$,.!~*'()\[\]%-]+>)", Emit(Type), Stay),
        rule(NODES, r"(!(?:[\w-]+!)?[\w#;/?:@&=+$,.!~*'()\[\]%-]*)", Emit(Type), Stay),
        rule(NODES, r"(&[\w-]+)", Emit(Token::Label), Stay),
        rule(NODES, r"(\*[\w-]+)", Emit(Variable), Stay),
        rule(&[BlockLine], r"(:)(?:[ ]|$)", SetImplicitIndent, Stay),
        rule(&[BlockLine], r"([|>])", INDICATOR, Push(&[BlockScalar, BlockScalarHeader])),
        rule(NODES, r"(\[)", INDICATOR, Push(&[FlowSequence])),
        rule(NODES, r"(\{)", INDICATOR, Push(&[FlowMapping])),
        rule(NODES, r"(')", Emit(String), Push(&[SingleQuoted])),
        rule(NODES, r#"(")"#, Emit(String), Push(&[DoubleQuoted])),
        rule(&[BlockLine], r#"()(?:[^\s?:,\[\]{}#&*!|>'"%@`-]|[?:-]\S)"#, Emit(Variable), Push(&[Plain])),
        rule(FLOW, r#"()[^\s?:,\[\]{}#&*!|>'"%@`]"#, Emit(Variable), Push(&[FlowPlain])),
        rule(&[FlowSequence], r"(\])", INDICATOR, Pop(1)),
        rule(&[FlowMapping], r"(\})", INDICATOR, Pop(1)),

        rule(&[BlockScalar], r"(\n)", WHITESPACE, Stay),
        first(&[BlockScalar], r"([ ]+)$", BlockEmptyLine, Stay),
        first(&[BlockScalar], r"([ ]*)", BlockIndent, Stay),
        rule(&[BlockScalar], r"([\S\t ]+)", Emit(Constant), Stay),
        rule(&[BlockScalarHeader], r"([1-9]?[+-]?)(?:[ ]|$)", BlockHeader, Push(&[IgnoredLine])),
        rule(&[BlockScalarHeader], r"([+-]?[1-9]?)(?:[ ]|$)", BlockHeader, Push(&[IgnoredLine])),

        first(QUOTED, r"([ ]+)", WHITESPACE, Stay),
        rule(QUOTED, r"([ ]+)$", WHITESPACE, Stay),
        rule(QUOTED, r"(\n+)", WHITESPACE, Stay),
        rule(QUOTED, r"([ \xa0]+)", Emit(Variable), Stay),
        rule(&[SingleQuoted], r"('')", Emit(String), Stay),
        rule(&[SingleQuoted], r"([^\s']+)", Emit(String), Stay),
        rule(&[SingleQuoted], r"(')", Emit(String), Pop(1)),
        rule(&[DoubleQuoted], r#"(\\[0abt\tn\nvfre "\\N_LP])"#, Emit(String), Stay),
        rule(&[DoubleQuoted], r"(\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}))", Emit(String), Stay),
        rule(&[DoubleQuoted], r#"([^\s"\\]+)"#, Emit(String), Stay),
        rule(&[DoubleQuoted], r#"(")"#, Emit(String), Pop(1)),

        first(&[PlainNewLine], r"([ ]+)$", WHITESPACE, Stay),
        rule(&[PlainNewLine], r"(\n+)", WHITESPACE, Stay),
        first(&[PlainNewLine], r"()(?:---|\.\.\.)", Emit(Namespace), Pop(3)),
        first(&[PlainNewLine], r"([ ]*)", PlainIndent, Pop(1)),

        rule(&[Plain], r"([ ]*)(?::[ ]|:$)", WHITESPACE, Pop(1)),
        rule(&[Plain], r"([ ]+)#", WHITESPACE, Pop(1)),
        rule(&[Plain], r"([ ]+)$", WHITESPACE, Stay),
        rule(&[Plain], r"(\n+)", WHITESPACE, Push(&[PlainNewLine])),
        rule(&[Plain], r"([ \xa0]+)", Emit(Scalar), Stay),
        // Pygments' single rule for words, in which no colon may come before white space, without
        // its look-ahead.
        rule(&[Plain], r"(\S+):\s", Emit(Scalar), Stay),
        rule(&[Plain], r"(\S*[^\s:])\s", Emit(Scalar), Stay),

        rule(&[FlowPlain], r"([ ]*)[,:?\[\]{}]", WHITESPACE, Pop(1)),
        rule(&[FlowPlain], r"([ ]+)#", WHITESPACE, Pop(1)),
        first(&[FlowPlain], r"([ ]+)", WHITESPACE, Stay),
        rule(&[FlowPlain], r"([ ]+)$", WHITESPACE, Stay),
        rule(&[FlowPlain], r"(\n+)", WHITESPACE, Stay),
        rule(&[FlowPlain], r"([ \xa0]+)", Emit(Variable), Stay),
        rule(&[FlowPlain], r"([^\s,:?\[\]{}]+)", Emit(Variable), Stay),
    ]
};
