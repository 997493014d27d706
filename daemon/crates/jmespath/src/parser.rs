//! Builds the syntax tree of a query, token for token as jmespath's top-down operator precedence
//! parser does (`parser.py`).
//!
//! It is written by hand because the `jmespath` crate is not Python's jmespath. Python accepts more
//! (bare-string literals, arguments and pairs without commas, a call of a parenthesised name),
//! reads some queries differently (`a[0][1:2].b` projects nothing) and words its errors its own
//! way. The crate's parser also overflows the stack on some thousand brackets, and its interpreter
//! copies the document first.

use super::MAXIMUM_DEPTH;
use super::error::Fault;
use super::functions;
use super::lexer;
use super::node::{Call, Link, Node, Slice, Syntax};
use super::python;
use super::token::{Token, TokenKind};

/// The binding power of the six operators that compare, and of no other token.
const COMPARISON: u8 = 5;

/// The binding power from which a token continues a projection.
const PROJECTION_STOP: u8 = 10;

const IDENTIFIERS: [TokenKind; 2] = [TokenKind::QuotedIdentifier, TokenKind::UnquotedIdentifier];

/// The parser's result; both sides are boxed, because recursion multiplies their size on the stack.
type Parsed = Result<Box<Node>, Box<Fault>>;

/// Parses a query into its syntax tree.
pub(super) fn parse(query: &str) -> Parsed {
    let mut parser = Parser {
        tokens: lexer::tokenize(query).map_err(Box::new)?,
        position: 0,
        depth: 0,
    };
    let node = parser.expression(0)?;
    let token = parser.token();
    if token.kind == TokenKind::Eof {
        return Ok(node);
    }
    invalid(&token, format!("Unexpected token: {}", token.text()))
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl Parser {
    fn expression(&mut self, binding_power: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAXIMUM_DEPTH {
            return Err(Box::new(Fault::Deep));
        }
        let mut left = self.begin()?;
        while binding_power < self.current().binding_power() {
            left = self.proceed(left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Parses the first token of an expression and the operands that belong to it.
    fn begin(&mut self) -> Parsed {
        let token = self.advance();
        match token.kind {
            TokenKind::Literal => node(Syntax::Literal(token.value)),
            TokenKind::UnquotedIdentifier => field(&token),
            TokenKind::QuotedIdentifier => self.quoted_identifier(&token),
            TokenKind::Star => self.begin_star(),
            TokenKind::Filter => self.filter(current()?),
            TokenKind::Lbrace => self.hash(),
            TokenKind::Lparen => self.parenthesised(),
            TokenKind::Flatten => self.flatten(current()?),
            TokenKind::Not => self.prefixed(token.kind, Syntax::Not),
            TokenKind::Lbracket => self.begin_bracket(),
            TokenKind::Current => current(),
            TokenKind::Expref => self.prefixed(token.kind, Syntax::Reference),
            TokenKind::Eof => Err(Box::new(Fault::Incomplete)),
            _ => invalid(&token, "invalid token"),
        }
    }

    /// Parses a token after an expression and the operands that belong to it.
    fn proceed(&mut self, left: Box<Node>) -> Parsed {
        let token = self.advance();
        match token.kind {
            TokenKind::Dot => self.dot(left),
            TokenKind::Pipe => self.pipe(left),
            TokenKind::Or => self.infixed(left, token.kind, Syntax::Or),
            TokenKind::And => self.infixed(left, token.kind, Syntax::And),
            TokenKind::Filter => self.filter(left),
            TokenKind::Flatten => self.flatten(left),
            TokenKind::Lbracket => self.bracket(left),
            TokenKind::Lparen => self.call(left),
            kind if kind.binding_power() == COMPARISON => {
                self.infixed(left, kind, |left, right| {
                    Syntax::Comparison(kind, left, right)
                })
            }
            _ => invalid(&token, "invalid token"),
        }
    }

    fn prefixed(&mut self, kind: TokenKind, syntax: fn(Box<Node>) -> Syntax) -> Parsed {
        let inner = self.expression(kind.binding_power())?;
        node(syntax(inner))
    }

    fn infixed(
        &mut self,
        left: Box<Node>,
        kind: TokenKind,
        syntax: impl FnOnce(Box<Node>, Box<Node>) -> Syntax,
    ) -> Parsed {
        let right = self.expression(kind.binding_power())?;
        node(syntax(left, right))
    }

    fn pipe(&mut self, left: Box<Node>) -> Parsed {
        let right = self.expression(TokenKind::Pipe.binding_power())?;
        bounded(left.then(Link::Pipe, right))
    }

    fn quoted_identifier(&mut self, token: &Token) -> Parsed {
        if self.current() == TokenKind::Lparen {
            let mut parenthesis = self.token();
            parenthesis.start = 0;
            let message = "Quoted identifier not allowed for function names.";
            return invalid(&parenthesis, message);
        }
        field(token)
    }

    fn begin_star(&mut self) -> Parsed {
        let right = self.projected(TokenKind::Star.binding_power())?;
        node(Syntax::ValueProjection(current()?, right))
    }

    fn parenthesised(&mut self) -> Parsed {
        let inner = self.expression(0)?;
        self.expect(TokenKind::Rparen)?;
        Ok(inner)
    }

    fn begin_bracket(&mut self) -> Parsed {
        match (self.current(), self.kind(1)) {
            (TokenKind::Number | TokenKind::Colon, _) => self.indexed(current()?),
            (TokenKind::Star, TokenKind::Rbracket) => {
                self.position += 2;
                self.starred(current()?)
            }
            _ => self.list(),
        }
    }

    fn dot(&mut self, left: Box<Node>) -> Parsed {
        if self.eat(TokenKind::Star) {
            let right = self.projected(TokenKind::Dot.binding_power())?;
            return node(Syntax::ValueProjection(left, right));
        }
        let right = self.after_dot(TokenKind::Dot.binding_power())?;
        bounded(left.then(Link::Dot, right))
    }

    fn filter(&mut self, left: Box<Node>) -> Parsed {
        let condition = self.expression(0)?;
        self.expect(TokenKind::Rbracket)?;
        let right = self.projected(TokenKind::Filter.binding_power())?;
        node(Syntax::Projection(left, right, Some(condition)))
    }

    fn flatten(&mut self, left: Box<Node>) -> Parsed {
        let left = node(Syntax::Flatten(left))?;
        let right = self.projected(TokenKind::Flatten.binding_power())?;
        node(Syntax::Projection(left, right, None))
    }

    fn bracket(&mut self, left: Box<Node>) -> Parsed {
        if matches!(self.current(), TokenKind::Number | TokenKind::Colon) {
            return self.indexed(left);
        }
        self.expect(TokenKind::Star)?;
        self.expect(TokenKind::Rbracket)?;
        self.starred(left)
    }

    #[expect(clippy::boxed_local, reason = "keeps the parser's frames small")]
    fn call(&mut self, left: Box<Node>) -> Parsed {
        let Syntax::Field(name) = left.expression else {
            // The token before the parenthesis, which was read just before.
            let place = self.position.saturating_sub(2);
            let before = self.tokens.get(place).cloned();
            let before = before.unwrap_or_else(|| self.token());
            let message = format!("Invalid function name '{}'", before.text());
            return invalid(&before, message);
        };
        let mut arguments = Vec::new();
        while self.current() != TokenKind::Rparen {
            arguments.push(*self.expression(0)?);
            self.eat(TokenKind::Comma);
        }
        self.expect(TokenKind::Rparen)?;
        node(Syntax::Call(Call {
            function: functions::find(&name),
            name,
            arguments,
        }))
    }

    fn slice(&mut self) -> Parsed {
        let mut parts = [None; 3];
        let mut colons = 0;
        while self.current() != TokenKind::Rbracket {
            let token = self.token();
            match token.kind {
                TokenKind::Colon if colons < 2 => colons += 1,
                TokenKind::Number => {
                    if let Some(part) = parts.get_mut(colons) {
                        *part = Some(token.integer());
                    }
                }
                _ => return invalid(&token, "syntax error"),
            }
            self.position += 1;
        }
        self.expect(TokenKind::Rbracket)?;
        let [start, end, step] = parts;
        node(Syntax::Slice(Slice { start, end, step }))
    }

    /// Parses `left[index]` or `left[slice]`. A slice projects, but not after another bracket.
    fn indexed(&mut self, left: Box<Node>) -> Parsed {
        let is_slice = [self.current(), self.kind(1)].contains(&TokenKind::Colon);
        let right = if is_slice {
            self.slice()?
        } else {
            let index = self.advance().integer();
            self.expect(TokenKind::Rbracket)?;
            node(Syntax::Index(index))?
        };
        let projects = is_slice && !matches!(left.expression, Syntax::Sequence(Link::Bracket, _));
        let indexed = bounded(left.then(Link::Bracket, right))?;
        if projects {
            self.starred(indexed)
        } else {
            Ok(indexed)
        }
    }

    /// Parses a projection: the rest applies to each element of `left`.
    fn starred(&mut self, left: Box<Node>) -> Parsed {
        let right = self.projected(TokenKind::Star.binding_power())?;
        node(Syntax::Projection(left, right, None))
    }

    fn list(&mut self) -> Parsed {
        let mut items = Vec::new();
        loop {
            items.push(*self.expression(0)?);
            if self.eat(TokenKind::Rbracket) {
                return node(Syntax::List(items));
            }
            self.expect(TokenKind::Comma)?;
        }
    }

    fn hash(&mut self) -> Parsed {
        let mut pairs = Vec::new();
        loop {
            let key = self.token();
            if !IDENTIFIERS.contains(&key.kind) {
                return expected(&key, &names(&IDENTIFIERS));
            }
            self.position += 1;
            self.expect(TokenKind::Colon)?;
            pairs.push((key.text().into(), *self.expression(0)?));
            if self.eat(TokenKind::Rbrace) {
                return node(Syntax::Hash(pairs));
            }
            self.eat(TokenKind::Comma);
        }
    }

    /// Parses the expression that a projection applies to each element.
    fn projected(&mut self, binding_power: u8) -> Parsed {
        match self.current() {
            kind if kind.binding_power() < PROJECTION_STOP => current(),
            TokenKind::Lbracket | TokenKind::Filter => self.expression(binding_power),
            _ if self.eat(TokenKind::Dot) => self.after_dot(binding_power),
            _ => invalid(&self.token(), "syntax error"),
        }
    }

    fn after_dot(&mut self, binding_power: u8) -> Parsed {
        match self.current() {
            TokenKind::QuotedIdentifier | TokenKind::UnquotedIdentifier | TokenKind::Star => {
                self.expression(binding_power)
            }
            _ if self.eat(TokenKind::Lbracket) => self.list(),
            _ if self.eat(TokenKind::Lbrace) => self.hash(),
            kind => {
                let [quoted, unquoted] = IDENTIFIERS;
                let allowed = names(&[quoted, unquoted, TokenKind::Lbracket, TokenKind::Lbrace]);
                let message = format!("Expecting: {allowed}, got: {}", kind.name());
                invalid(&self.token(), message)
            }
        }
    }

    fn expect(&mut self, kind: TokenKind) -> Result<(), Box<Fault>> {
        if self.eat(kind) {
            Ok(())
        } else {
            expected(&self.token(), kind.name())
        }
    }

    /// Consumes the next token if it is of this kind.
    fn eat(&mut self, kind: TokenKind) -> bool {
        let is_next = self.current() == kind;
        self.position += usize::from(is_next);
        is_next
    }

    fn current(&self) -> TokenKind {
        self.kind(0)
    }

    fn kind(&self, ahead: usize) -> TokenKind {
        let token = self.tokens.get(self.position + ahead);
        token.map_or(TokenKind::Eof, |token| token.kind)
    }

    fn token(&self) -> Token {
        let token = self.tokens.get(self.position).or(self.tokens.last());
        // The lexer's last token is the end, so there is always one.
        token.cloned().unwrap_or_else(|| Token::end(0))
    }

    fn advance(&mut self) -> Token {
        let token = self.token();
        self.position += 1;
        token
    }
}

fn node(expression: Syntax) -> Parsed {
    bounded(Node::new(expression))
}

fn bounded(node: Option<Box<Node>>) -> Parsed {
    node.ok_or_else(|| Box::new(Fault::Deep))
}

fn current() -> Parsed {
    node(Syntax::Current)
}

fn field(token: &Token) -> Parsed {
    node(Syntax::Field(token.text().into()))
}

fn expected<T>(token: &Token, wanted: &str) -> Result<T, Box<Fault>> {
    match token.kind {
        TokenKind::Eof => Err(Box::new(Fault::Incomplete)),
        kind => invalid(token, format!("Expecting: {wanted}, got: {}", kind.name())),
    }
}

fn invalid<T>(token: &Token, message: impl Into<String>) -> Result<T, Box<Fault>> {
    Err(Box::new(Fault::Parse {
        message: message.into(),
        position: token.start,
        token: token.text(),
        kind: token.kind.name().to_uppercase(),
    }))
}

/// Returns Python's `repr` of the kinds' names.
fn names(kinds: &[TokenKind]) -> String {
    python::quoted_list(kinds.iter().map(|kind| kind.name()))
}
