//! A command of az: its name, help and options; and the groups above it.

use azq_proto::command::CommandRequest;
use azq_proto::v1::{self, Context};

use super::globals::{GLOBAL, HELP, NO_SUBSCRIPTION, POLICY, SUBSCRIPTION};
use super::option::{Given, Opt, Shape};
use super::request::Request;
use crate::environment::Environment;
use crate::extension::Extension;

/// A command that azq implements.
pub(crate) struct Command {
    pub(crate) summary: &'static str,
    /// Further text for its own help only; may be empty.
    pub(crate) details: &'static str,
    /// The description of each example, and its command line.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// Whether the answer "no" to its question ends it with an error, as for all of az's commands
    /// that ask before they begin.
    pub(crate) is_cancelled: bool,
    /// The warning of az whenever the command runs; may be empty.
    pub(crate) deprecation: &'static str,
    /// Whether it is azq's own, so that no version of az may know more of it.
    pub(crate) is_own: bool,
    /// The extension that the command is from, if it is not az's own.
    pub(crate) extension: Option<&'static Extension>,
    pub(crate) table: &'static dyn Table,
}

/// A group of commands.
pub(crate) struct Group {
    /// The words after `az`; empty at the top.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    /// The groups and commands in it that azq implements.
    pub(crate) known: &'static [Node],
    /// Every word of az 2.91 in this group, in az's order (see [`super::parser`]); for suggestions.
    pub(crate) words: &'static [&'static str],
}

/// The meaning of a word in a group.
#[derive(Clone, Copy)]
pub(crate) enum Node {
    Group(&'static Group),
    Command(&'static Command),
}

impl Node {
    /// Returns the last of its words, which is its name in its group.
    pub(crate) fn word(self) -> &'static str {
        let path = match self {
            Self::Group(group) => group.path,
            Self::Command(command) => command.path(),
        };
        last_word(path)
    }
}

fn last_word(path: &'static str) -> &'static str {
    path.rsplit(' ').next().unwrap_or(path)
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Command").field(&self.path()).finish()
    }
}

impl Group {
    /// Whether az has the word here, either its own or from an extension that azq implements.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(&word) || self.child(word).is_some()
    }

    /// Whether az itself has the first of these words in this group, so that the rest is az's too.
    pub(crate) fn is_azs(&self, path: &str) -> bool {
        let word = path.split(' ').next().unwrap_or_default();
        self.words.contains(&word)
    }

    /// Returns the commands in it and in the groups below it.
    #[cfg(test)]
    pub(crate) fn commands(&self) -> Vec<&'static Command> {
        let nodes = self.known.iter().copied();
        let commands = nodes.flat_map(|node| match node {
            Node::Group(group) => group.commands(),
            Node::Command(command) => vec![command],
        });
        commands.collect()
    }

    /// Returns the group or command of this word, if azq implements it.
    pub(crate) fn child(&self, word: &str) -> Option<Node> {
        self.known.iter().find(|node| node.word() == word).copied()
    }
}

/// The options of one command, without the type of their request.
pub(crate) trait Table: Sync {
    /// Returns the words after `az`, as the rpc declares them.
    fn path(&self) -> &'static str;

    fn shape(&self, index: usize) -> Option<&'static Shape>;

    /// Builds the request of the command line.
    fn request(
        &self,
        given: Vec<(usize, Given)>,
        context: Context,
        environment: &dyn Environment,
    ) -> Request;
}

/// The options of one command.
pub(crate) struct Rows<R: 'static>(pub(crate) &'static [Opt<R>]);

impl<R> Table for Rows<R>
where
    R: CommandRequest + Into<Request>,
{
    fn path(&self) -> &'static str {
        R::COMMAND
    }

    fn shape(&self, index: usize) -> Option<&'static Shape> {
        self.0.get(index).map(|option| &option.shape)
    }

    fn request(
        &self,
        given: Vec<(usize, Given)>,
        context: Context,
        environment: &dyn Environment,
    ) -> Request {
        let mut request = R::default();
        *request.context() = Some(context);
        for (index, given) in given {
            if let Some(option) = self.0.get(index) {
                option.fill(&mut request, given, environment);
            }
        }
        request.into()
    }
}

/// An option of a parser.
#[derive(Clone, Copy)]
pub(crate) struct OptionRef {
    pub(crate) source: Source,
    pub(crate) shape: &'static Shape,
}

impl OptionRef {
    /// Whether both are the same option of the same command.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape)
    }
}

/// The row of an option.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// A row of an option that every command has.
    Shared(&'static Opt<Context>),
    /// The row of this index in the command's table.
    Command(usize),
}

impl Command {
    /// The values of most commands, for the rows of the others.
    pub(crate) const DEFAULT: Self = Self {
        summary: "",
        details: "",
        examples: &[],
        is_cancelled: false,
        deprecation: "",
        is_own: false,
        extension: None,
        table: &Rows::<v1::ShowVersionRequest>(&[]),
    };

    /// Returns the words after `az`.
    pub(crate) fn path(&self) -> &'static str {
        self.table.path()
    }

    /// Iterates over all options in the order in which az registers them, which is the order in
    /// errors.
    pub(crate) fn options(&self) -> impl Iterator<Item = OptionRef> {
        let own = (0..).map_while(|index| {
            let shape = self.table.shape(index)?;
            Some(OptionRef {
                source: Source::Command(index),
                shape,
            })
        });
        self.options_before().chain(own).chain(self.options_after())
    }

    /// Iterates over the options without the command's own ones and those that they replace, for a
    /// parser in which az has not loaded the command.
    pub(crate) fn shared_options(&self) -> impl Iterator<Item = OptionRef> + use<> {
        top_options()
            .chain(shared(&SUBSCRIPTION))
            .chain(self.options_after())
    }

    fn options_before(&self) -> impl Iterator<Item = OptionRef> + use<> {
        // az's `account` commands choose the subscription by options of their own.
        top_options().chain(shared(if self.path().starts_with("account ") {
            &NO_SUBSCRIPTION
        } else {
            &SUBSCRIPTION
        }))
    }

    fn options_after(&self) -> impl Iterator<Item = OptionRef> + use<> {
        // az registers them for all of its commands but `show` and `list`.
        let reads = ["show", "list"].contains(&last_word(self.path()));
        shared(if reads || self.is_own { &[] } else { &POLICY })
    }
}

/// Iterates over the options of az's top parser.
pub(crate) fn top_options() -> impl Iterator<Item = OptionRef> {
    shared(&HELP).chain(shared(&GLOBAL))
}

/// Iterates over the options of a group's parser.
pub(crate) fn group_options() -> impl Iterator<Item = OptionRef> {
    shared(&HELP)
}

fn shared(rows: &'static [Opt<Context>]) -> impl Iterator<Item = OptionRef> + use<> {
    rows.iter().map(|row| OptionRef {
        source: Source::Shared(row),
        shape: &row.shape,
    })
}
