//! Look-ups of many sizes in turn: azqd remembers the latest answers, so what repeats one line
//! tells nothing of the look-up itself.

use azq_tests::harness::Outcome;

use super::REGION;
use crate::error::BenchError;
use crate::measure::Process;
use crate::site::Site;

/// How many answers azqd remembers at most (`daemon/src/service/remembered/answers.rs`).
const REMEMBERED: usize = 256;

/// The virtual machine sizes that the region lists, in turn, again and again: when one comes again,
/// it is forgotten.
#[derive(Clone)]
pub(super) struct Sizes(pub(super) Vec<Size>);

/// A size, and what a look-up of it answers.
#[derive(Clone)]
pub(super) struct Size {
    pub(super) name: String,
    pub(super) answer: Vec<u8>,
}

impl Sizes {
    /// All those of a site.
    pub(super) fn of(site: &Site) -> Result<Self, BenchError> {
        let list = format!("vm list-skus -l {REGION} -r virtualMachines --query [].name -o tsv");
        let names = String::from_utf8_lossy(&site.answer(&list)?).into_owned();
        Self::named(site, names.lines())
    }

    /// The same sizes as another site answers for them.
    pub(super) fn on(&self, site: &Site) -> Result<Self, BenchError> {
        Self::named(site, self.0.iter().map(|size| size.name.as_str()))
    }

    /// Takes the answers untimed.
    fn named<'a>(
        site: &Site,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Self, BenchError> {
        let lines: String = names.clone().map(|name| lookup(name) + "\n").collect();
        let outcome = site.home.azq_reading(["batch", "-0"], lines.as_bytes())?;
        let Outcome { code: Some(0), .. } = outcome else {
            return BenchError::unexpected(format!("azq batch: {outcome:?}"));
        };
        let answers = outcome.stdout.split(|byte| *byte == 0);
        let sizes: Vec<Size> = names
            .zip(answers)
            .map(|(name, answer)| Size {
                name: name.to_owned(),
                answer: answer.to_vec(),
            })
            .collect();
        let wrong = sizes.iter().find(|size| !size.is_answered());
        if let Some(Size { name, answer }) = wrong {
            let answer = String::from_utf8_lossy(answer);
            return BenchError::unexpected(format!("the answer about {name} is `{answer}`"));
        }
        if sizes.len() <= 2 * REMEMBERED {
            return BenchError::unexpected(format!(
                "{} sizes in {REGION}: too few to be forgotten in between",
                sizes.len()
            ));
        }
        Ok(Self(sizes))
    }

    /// The look-up of a round's size, as a process.
    pub(super) fn process(&self, site: &Site, round: usize) -> Result<Process, BenchError> {
        match self.0.get(round % self.0.len()) {
            Some(Size { name, answer }) => Ok(site.answering(&lookup(name), answer.clone())),
            None => BenchError::unexpected("no sizes"),
        }
    }
}

impl Size {
    fn is_answered(&self) -> bool {
        memchr::memmem::find(&self.answer, self.name.as_bytes()).is_some()
    }
}

/// The command line that asks about a size.
pub(super) fn lookup(size: &str) -> String {
    format!("vm list-skus -l {REGION} --size {size} -o table")
}
