//! The rows of the bar, in its order, and their common state.

mod cold;
mod credentials;
mod documents;
mod extension;
mod fitting;
mod growth;
mod lookup;
mod memory;
mod metrics;
mod node_pool;
mod query;
mod reads;
mod share;
mod share_faults;
mod sizes;
mod start;
mod throughput;
mod token;

use std::path::PathBuf;

use crate::error::BenchError;
use crate::options::Options;
use crate::report::Figure;
use crate::site::Site;

/// The region of the measurements; one of the largest.
const REGION: &str = "eastus";
/// The size of the measurements that use only one.
const SIZE: &str = "Standard_D4s_v5";
/// The typical look-up: that size in that region.
const LOOKUP: &str = "vm list-skus -l eastus --size Standard_D4s_v5 -o table";
/// The whole list of a region.
const REGION_JSON: &str = "vm list-skus -l eastus --all -o json";
/// The whole catalogue.
const EVERYTHING_JSON: &str = "vm list-skus --all -o json";
/// One size in all regions, which takes the whole catalogue.
const EVERYWHERE: &str = "vm list-skus --size Standard_D4s_v5 -o table";

/// The cost of the longest measurement, as a multiple of the quickest.
pub(crate) const LONGEST: usize = 15;
/// Rounds of az on the small catalogue.
pub(crate) const AZ_ROUNDS: usize = 15;

/// A row, or a group of rows that share a measurement: its name, and the measurement.
pub(crate) type Row = (
    &'static str,
    fn(&mut Bench) -> Result<Vec<Figure>, BenchError>,
);

/// Every row.
pub(crate) const ROWS: [Row; 19] = [
    ("lookup", lookup::measure),
    ("query", query::measure),
    ("sizes", fitting::measure),
    ("region-json", documents::region),
    ("catalogue-json", documents::catalogue),
    ("node-pool", node_pool::measure),
    ("reads", reads::measure),
    ("credentials", credentials::measure),
    ("token", token::measure),
    ("start", start::measure),
    ("cold-region", cold::region),
    ("cold-catalogue", cold::catalogue),
    ("share", share::measure),
    ("share-faults", share_faults::measure),
    ("metrics", metrics::measure),
    ("memory", memory::measure),
    ("extension", extension::measure),
    ("throughput", throughput::measure),
    ("growth", growth::measure),
];

/// State that the rows share.
pub(crate) struct Bench {
    options: Options,
    site: Option<Site>,
}

impl Bench {
    /// Creates the state; no process is started yet.
    pub(crate) fn new(options: Options) -> Result<Self, BenchError> {
        azq_tests::harness::binaries()?;
        Ok(Self {
            options,
            site: None,
        })
    }

    fn rounds(&self, cost: usize) -> usize {
        self.options.rounds(cost)
    }

    fn az(&self) -> Option<PathBuf> {
        self.options.az.clone()
    }

    /// Returns the site with the whole catalogue, which the first call starts.
    fn site(&mut self) -> Result<&Site, BenchError> {
        let site = match self.site.take() {
            Some(site) => site,
            None => Site::new(&self.options.catalogue, None)?,
        };
        Ok(self.site.insert(site))
    }

    /// Returns the same site with a daemon that holds the region, at rest.
    fn warm(&mut self) -> Result<&Site, BenchError> {
        let site = self.site()?;
        site.answer(LOOKUP)?;
        site.daemon()?.settle()?;
        Ok(site)
    }
}
