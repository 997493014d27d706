//! Look-ups of many sizes in turn. azqd remembers the latest answers, so a repeated line does not
//! measure the look-up itself.

use azq_tests::harness::Outcome;

use super::REGION;
use crate::error::BenchError;
use crate::measure::Process;
use crate::site::Site;

/// The most answers that azqd remembers (`daemon/src/service/response_cache/answers.rs`).
const REMEMBERED: usize = 256;

/// The virtual machine sizes that the region lists, used in turn again and again. They are so many
/// that azqd has forgotten a size when its turn comes again.
#[derive(Clone)]
pub(super) struct Sizes(pub(super) Vec<Size>);

/// A size, and the answer to a look-up of it.
#[derive(Clone)]
pub(super) struct Size {
    pub(super) name: String,
    pub(super) answer: Vec<u8>,
}

impl Sizes {
    /// Reads all sizes of a site.
    pub(super) fn of(site: &Site) -> Result<Self, BenchError> {
        let list = format!("vm list-skus -l {REGION} -r virtualMachines --query [].name -o tsv");
        let names = String::from_utf8_lossy(&site.answer(&list)?).into_owned();
        Self::named(site, names.lines())
    }

    /// Returns the same sizes with another site's answers.
    pub(super) fn on(&self, site: &Site) -> Result<Self, BenchError> {
        Self::named(site, self.0.iter().map(|size| size.name.as_str()))
    }

    /// Takes the answers of these sizes, untimed.
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

    /// Creates a process that looks up a round's size.
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

/// Returns the command line that looks a size up.
pub(super) fn lookup(size: &str) -> String {
    format!("vm list-skus -l {REGION} --size {size} -o table")
}
