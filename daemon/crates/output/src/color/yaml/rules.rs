//! The lexer's states and rules, the same as in Pygments (`lexers/data.py`, `YamlLexer.tokens`)
//! without directives.

use super::super::{Token, token};

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
    /// A key or an indicator, which sets the indentation without adding to it.
    SetImplicitIndent(Token),
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

type States = &'static [State];

/// The states in which a rule applies, its pattern, the action for the match, and the effect on the
/// stack. The token is the pattern's first group, because a look-ahead may follow it. A pattern
/// with `^` applies only at the start of a line.
pub(super) type Rule = (States, &'static str, Action, StackAction);

const FLOW: States = &[State::FlowSequence, State::FlowMapping];
const NODES: States = &[State::BlockLine, State::FlowSequence, State::FlowMapping];
const QUOTED: States = &[State::SingleQuoted, State::DoubleQuoted];
const WHITESPACE: Action = Action::Emit(token::WHITESPACE);
const INDICATOR: Action = Action::Emit(token::PLAIN);

/// The rules, of which the first one that matches in the current state applies.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = {
    use Action::{
        BlockEmptyLine, BlockHeader, BlockIndent, Emit, PlainIndent, ResetIndent, SaveIndent,
        SetImplicitIndent, SetIndent, StartIndent,
    };
    use State::{
        BlockLine, BlockScalar, BlockScalarHeader, DoubleQuoted, FlowMapping, FlowPlain,
        FlowSequence, IgnoredLine, Indentation, Plain, PlainNewLine, Root, SingleQuoted,
    };
    use StackAction::{Pop, Push, Stay};
    use token::{CONSTANT, NAMESPACE, SCALAR, STRING, TAG, TYPE, VARIABLE};
    &[
        (&[Root], r"([ ]+)(?:#|$)", WHITESPACE, Stay),
        (&[Root], r"(\n+)", WHITESPACE, Stay),
        (&[Root], r"(#[^\n]*)", Emit(token::COMMENT), Stay),
        (&[Root], r"^(---|\.\.\.)(?:[ ]|$)", ResetIndent, Push(&[BlockLine])),
        (&[Root], r"([ ]*)\S", StartIndent, Push(&[BlockLine, Indentation])),

        (&[IgnoredLine], r"([ ]+)(?:#|$)", WHITESPACE, Stay),
        (&[IgnoredLine], r"(#[^\n]*)", Emit(token::COMMENT), Stay),
        (&[IgnoredLine], r"(\n)", WHITESPACE, Pop(2)),

        (&[Indentation], r"([ ]*)$", WHITESPACE, Pop(2)),
        (&[Indentation], r"([ ]+)[?:-](?:[ ]|$)", SaveIndent, Stay),
        (&[Indentation], r"([?:-])(?:[ ]|$)", SetIndent, Stay),
        (&[Indentation], r"([ ]*)", SaveIndent, Pop(1)),

        (&[BlockLine], r"([ ]*)(?:#|$)", WHITESPACE, Pop(1)),
        (&[BlockLine], r"([ ]+)", WHITESPACE, Stay),
        (&[BlockLine], r#"([^#,?\[\]{}"'\n]+):(?:[ ]|$)"#, SetImplicitIndent(TAG), Stay),

        (&[FlowMapping], r#"([^,:?\[\]{}"'\n]+):(?:[ ]|$)"#, Emit(TAG), Stay),
        (FLOW, r"([ ]+)", WHITESPACE, Stay),
        (FLOW, r"(\n+)", WHITESPACE, Stay),
        (FLOW, r"(#[^\n]*)", Emit(token::COMMENT), Stay),
        (FLOW, r"([?:,])", INDICATOR, Stay),

        (NODES, r"(!<[\w#;/?:@&=+$,.!~*'()\[\]%-]+>)", Emit(TYPE), Stay),
        (NODES, r"(!(?:[\w-]+!)?[\w#;/?:@&=+$,.!~*'()\[\]%-]*)", Emit(TYPE), Stay),
        (NODES, r"(&[\w-]+)", Emit(token::LABEL), Stay),
        (NODES, r"(\*[\w-]+)", Emit(VARIABLE), Stay),
        (&[BlockLine], r"(:)(?:[ ]|$)", SetImplicitIndent(token::PLAIN), Stay),
        (&[BlockLine], r"([|>])", INDICATOR, Push(&[BlockScalar, BlockScalarHeader])),
        (NODES, r"(\[)", INDICATOR, Push(&[FlowSequence])),
        (NODES, r"(\{)", INDICATOR, Push(&[FlowMapping])),
        (NODES, r"(')", Emit(STRING), Push(&[SingleQuoted])),
        (NODES, r#"(")"#, Emit(STRING), Push(&[DoubleQuoted])),
        (&[BlockLine], r#"()(?:[^\s?:,\[\]{}#&*!|>'"%@`-]|[?:-]\S)"#, Emit(VARIABLE), Push(&[Plain])),
        (FLOW, r#"()[^\s?:,\[\]{}#&*!|>'"%@`]"#, Emit(VARIABLE), Push(&[FlowPlain])),
        (&[FlowSequence], r"(\])", INDICATOR, Pop(1)),
        (&[FlowMapping], r"(\})", INDICATOR, Pop(1)),

        (&[BlockScalar], r"(\n)", WHITESPACE, Stay),
        (&[BlockScalar], r"^([ ]+)$", BlockEmptyLine, Stay),
        (&[BlockScalar], r"^([ ]*)", BlockIndent, Stay),
        (&[BlockScalar], r"([\S\t ]+)", Emit(CONSTANT), Stay),
        (&[BlockScalarHeader], r"([1-9]?[+-]?)(?:[ ]|$)", BlockHeader, Push(&[IgnoredLine])),
        (&[BlockScalarHeader], r"([+-]?[1-9]?)(?:[ ]|$)", BlockHeader, Push(&[IgnoredLine])),

        (QUOTED, r"^([ ]+)", WHITESPACE, Stay),
        (QUOTED, r"([ ]+)$", WHITESPACE, Stay),
        (QUOTED, r"(\n+)", WHITESPACE, Stay),
        (QUOTED, r"([ \xa0]+)", Emit(VARIABLE), Stay),
        (&[SingleQuoted], r"('')", Emit(STRING), Stay),
        (&[SingleQuoted], r"([^\s']+)", Emit(STRING), Stay),
        (&[SingleQuoted], r"(')", Emit(STRING), Pop(1)),
        (&[DoubleQuoted], r#"(\\[0abt\tn\nvfre "\\N_LP])"#, Emit(STRING), Stay),
        (&[DoubleQuoted], r"(\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}))", Emit(STRING), Stay),
        (&[DoubleQuoted], r#"([^\s"\\]+)"#, Emit(STRING), Stay),
        (&[DoubleQuoted], r#"(")"#, Emit(STRING), Pop(1)),

        (&[PlainNewLine], r"^([ ]+)$", WHITESPACE, Stay),
        (&[PlainNewLine], r"(\n+)", WHITESPACE, Stay),
        (&[PlainNewLine], r"^()(?:---|\.\.\.)", Emit(NAMESPACE), Pop(3)),
        (&[PlainNewLine], r"^([ ]*)", PlainIndent, Pop(1)),

        (&[Plain], r"([ ]*)(?::[ ]|:$)", WHITESPACE, Pop(1)),
        (&[Plain], r"([ ]+)#", WHITESPACE, Pop(1)),
        (&[Plain], r"([ ]+)$", WHITESPACE, Stay),
        (&[Plain], r"(\n+)", WHITESPACE, Push(&[PlainNewLine])),
        (&[Plain], r"([ \xa0]+)", Emit(SCALAR), Stay),
        // Pygments' single rule for words, in which no colon may come before white space, without
        // its look-ahead.
        (&[Plain], r"(\S+):\s", Emit(SCALAR), Stay),
        (&[Plain], r"(\S*[^\s:])\s", Emit(SCALAR), Stay),

        (&[FlowPlain], r"([ ]*)[,:?\[\]{}]", WHITESPACE, Pop(1)),
        (&[FlowPlain], r"([ ]+)#", WHITESPACE, Pop(1)),
        (&[FlowPlain], r"^([ ]+)", WHITESPACE, Stay),
        (&[FlowPlain], r"([ ]+)$", WHITESPACE, Stay),
        (&[FlowPlain], r"(\n+)", WHITESPACE, Stay),
        (&[FlowPlain], r"([ \xa0]+)", Emit(VARIABLE), Stay),
        (&[FlowPlain], r"([^\s,:?\[\]{}]+)", Emit(VARIABLE), Stay),
    ]
};
