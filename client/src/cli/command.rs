//! A command of az: its name, its help, its options; and the groups above it.

use azq_proto::command::CommandRequest;
use azq_proto::v1::{self, Context};

use super::globals::{GLOBAL, HELP, NO_SUBSCRIPTION, POLICY, SUBSCRIPTION};
use super::option::{Given, Opt, Shape};
use super::request::Request;
use crate::environment::Environment;
use crate::extension::Extension;

/// A command that azq answers.
pub(crate) struct Command {
    pub(crate) summary: &'static str,
    /// More about it, for its own help only; may be empty.
    pub(crate) details: &'static str,
    /// What an example does, and its command line.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// Whether az lets `--subscription` choose the subscription here.
    pub(crate) subscription: bool,
    /// Whether az registers its policy options here: everywhere but on `show` and `list`.
    pub(crate) policy: bool,
    /// Whether a no to its question ends it with an error, as for all of az's commands that ask
    /// before they begin.
    pub(crate) is_cancelled: bool,
    /// What az warns of whenever the command runs; may be empty.
    pub(crate) deprecation: &'static str,
    /// Whether it is azq's own, of which no az knows more.
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
    /// What azq knows in it.
    pub(crate) known: &'static [Node],
    /// Every word that az 2.91 has here, in az's order (see [`super::parser`]); for suggestions.
    pub(crate) words: &'static [&'static str],
}

/// What a word in a group stands for.
#[derive(Clone, Copy)]
pub(crate) enum Node {
    Group(&'static Group),
    Command(&'static Command),
}

impl Node {
    /// The last of its words, by which its group knows it.
    pub(crate) fn word(self) -> &'static str {
        let path = match self {
            Self::Group(group) => group.path,
            Self::Command(command) => command.path(),
        };
        path.rsplit(' ').next().unwrap_or(path)
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Command").field(&self.path()).finish()
    }
}

impl Group {
    /// Whether az has the word here, of its own or from an extension that azq knows.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(&word) || self.child(word).is_some()
    }

    /// Whether az has the first of these words in this group, so that the rest is az's too.
    pub(crate) fn is_azs(&self, path: &str) -> bool {
        let word = path.split(' ').next().unwrap_or_default();
        self.words.contains(&word)
    }

    /// What azq knows by the word.
    pub(crate) fn child(&self, word: &str) -> Option<Node> {
        self.known.iter().find(|node| node.word() == word).copied()
    }
}

/// The options of one command without their request's type.
pub(crate) trait Table: Sync {
    /// The words after `az`, as the rpc declares them.
    fn path(&self) -> &'static str;

    fn shape(&self, index: usize) -> Option<&'static Shape>;

    /// The request that the command line asks for.
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

/// An option that a parser knows.
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

/// The row behind an option.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// A row that every command has.
    Shared(&'static Opt<Context>),
    /// The row of this index in the command's table.
    Command(usize),
}

impl Command {
    /// What most commands have, for the rows of the others.
    pub(crate) const DEFAULT: Self = Self {
        summary: "",
        details: "",
        examples: &[],
        subscription: true,
        policy: true,
        is_cancelled: false,
        deprecation: "",
        is_own: false,
        extension: None,
        table: &Rows::<v1::ShowVersionRequest>(&[]),
    };

    /// The words after `az`.
    pub(crate) fn path(&self) -> &'static str {
        self.table.path()
    }

    /// Every option in the order in which az registers them, which is the order in errors.
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

    /// What is left of them where az has not loaded the command's own, nor what those replace.
    pub(crate) fn shared_options(&self) -> impl Iterator<Item = OptionRef> + use<> {
        top_options()
            .chain(shared(&SUBSCRIPTION))
            .chain(self.options_after())
    }

    fn options_before(&self) -> impl Iterator<Item = OptionRef> + use<> {
        top_options().chain(shared(if self.subscription {
            &SUBSCRIPTION
        } else {
            &NO_SUBSCRIPTION
        }))
    }

    fn options_after(&self) -> impl Iterator<Item = OptionRef> + use<> {
        shared(if self.policy { &POLICY } else { &[] })
    }
}

/// The options that az's top parser knows.
pub(crate) fn top_options() -> impl Iterator<Item = OptionRef> {
    shared(&HELP).chain(shared(&GLOBAL))
}

/// The options that a group's parser knows.
pub(crate) fn group_options() -> impl Iterator<Item = OptionRef> {
    shared(&HELP)
}

fn shared(rows: &'static [Opt<Context>]) -> impl Iterator<Item = OptionRef> + use<> {
    rows.iter().map(|row| OptionRef {
        source: Source::Shared(row),
        shape: &row.shape,
    })
}
