//! `azq sizes`: the sizes that fit, from catalogues, quotas and prices.
//!
//! | file | what it does |
//! | --- | --- |
//! | `options` | from the request to what selects, sorts and bounds |
//! | `fitting` | which sizes of the catalogues fit, without asking anybody |
//! | `prices` | what a machine costs an hour |
//! | `rows` | what is printed |
//!
//! What a size is, and what an option means, is in [`azq_vm_sizes`]. Catalogues are asked for
//! first; quotas, prices and AKS's lists only of regions in which a size is left.
//!
//! Deliberately absent: HTTP (see `arm`), catalogues (see `skus`), rendering.

mod fitting;
mod options;
mod prices;
mod rows;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use azq_proto::v1::{ListAksVmSkusRequest, ListSkusRequest, SelectSizesRequest};
use azq_vm_sizes::{Candidate, NodePoolMinimum, Quotas};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::spawn_blocking;

use self::fitting::{Region, fitting};
use self::options::Options;
use self::rows::Shown;
use crate::compute;
use azq_account::Profile;
use azq_arm::Report;
use azq_arm::{Session, Sessions};
use azq_command::CommandError;
use azq_skus::{Catalogue, Catalogues, Found, Key};

pub(crate) use self::options::MOST_LOCATIONS;
pub use self::prices::Prices;
pub(crate) use self::prices::{
    LARGEST_PAGE, LONGEST as LONGEST_PRICES, MOST_PAGES, MOST_REGIONS, OsType, RegionPrices,
};
pub(crate) use self::rows::Rows;

/// How many regions are asked about at once.
const AT_ONCE: usize = 8;

/// What sizes are selected from, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) sessions: &'a Sessions,
    pub(crate) session: &'a Session,
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) prices: &'a Prices,
    pub(crate) report: &'a dyn Report,
}

/// The sizes that fit.
pub(crate) struct Selected {
    /// To be printed.
    pub(crate) rows: Rows,
    /// The catalogues that they are made of. Its key is absent if they are made of more.
    pub(crate) found: Found,
}

/// Selects sizes.
///
/// # Errors
/// An option has a value that it does not take; a region has no sizes; Azure's.
pub(crate) async fn select(
    sources: Sources<'_>,
    request: &SelectSizesRequest,
) -> Result<Selected, CommandError> {
    let options = Arc::new(Options::of(request)?);
    let (regions, mut found) = sources.regions(&options).await?;
    let mut candidates = {
        let options = Arc::clone(&options);
        elsewhere(move || fitting(&regions, &options)).await??
    };
    if options.aks {
        let lists = sources.keep_those_of_aks(&options, &mut candidates).await?;
        found.beside.extend(lists);
    }
    if let Some(machines) = options.quota {
        sources
            .keep_those_with_quota(&options, machines, &mut candidates)
            .await?;
        found.key = None;
    }
    if options.prices.is_some() {
        sources.price(&options, &mut candidates).await?;
        found.key = None;
    }
    let rows = elsewhere(move || {
        options.order.sort(&mut candidates);
        candidates.truncate(options.max);
        let shown = Shown {
            distance: options.like.is_some(),
            quota: options.quota.is_some(),
            prices: options.prices.is_some(),
        };
        Rows::of(&candidates, shown)
    });
    Ok(Selected {
        rows: rows.await?,
        found,
    })
}

/// Does something on a thread where nobody else waits for it.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let done = spawn_blocking(work).await;
    done.map_err(|_| CommandError::new("azqd could not look through the sizes; try again"))
}

impl Sources<'_> {
    /// The catalogues of the regions that are asked for. The first is what answers are kept by.
    async fn regions(&self, options: &Options) -> Result<(Vec<Region>, Found), CommandError> {
        let named = options.locations.iter().cloned().map(Some);
        let asked: Vec<Option<String>> = if options.locations.is_empty() {
            vec![None]
        } else {
            named.collect()
        };
        let request = ListSkusRequest {
            max_age: options.max_age,
            ..ListSkusRequest::default()
        };
        let request = &request;
        let Session { arm, scope, .. } = self.session;
        let (catalogues, report) = (self.catalogues, self.report);
        let find = |location: Option<String>| async move {
            let location = location.as_deref();
            catalogues.find(arm, scope, request, location, report).await
        };
        // Futures of their own, for a stream of closures would have to do for any lifetime.
        let asked: Vec<_> = asked.into_iter().map(find).collect();
        let all: Vec<Found> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        let mut regions: Vec<Region> = Vec::with_capacity(all.len());
        for found in &all {
            let region = Region::of(found);
            if !regions
                .iter()
                .any(|known| known.location == region.location)
            {
                regions.push(region);
            }
        }
        let keys: Option<Vec<Key>> = all.iter().map(|found| found.key.clone()).collect();
        let mut all = all.into_iter();
        let Some(mut first) = all.next() else {
            return Err(CommandError::new("no region was asked for"));
        };
        first.key = keys.as_ref().and_then(|keys| keys.first().cloned());
        let others = all.zip(keys.into_iter().flatten().skip(1));
        first.beside = others.map(|(found, key)| (key, found.catalogue)).collect();
        Ok((regions, first))
    }

    /// Asks about each region in which a size is left.
    async fn of_each<T, F>(
        &self,
        candidates: &[Candidate],
        ask: impl Fn(String) -> F,
    ) -> Result<HashMap<String, T>, CommandError>
    where
        F: Future<Output = Result<T, CommandError>>,
    {
        let locations = candidates
            .iter()
            .map(|candidate| candidate.size.location().to_owned());
        let locations: BTreeSet<String> = locations.collect();
        let asked = locations.into_iter().map(|location| {
            let answer = ask(location.clone());
            async move { Ok((location, answer.await?)) }
        });
        let asked: Vec<_> = asked.collect();
        stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Keeps what AKS lists; returns its lists.
    async fn keep_those_of_aks(
        &self,
        options: &Options,
        candidates: &mut Vec<Candidate>,
    ) -> Result<Vec<(Key, Arc<Catalogue>)>, CommandError> {
        candidates.retain(|candidate| NodePoolMinimum::USER.is_met_by(&candidate.size));
        let is_everywhere = options.locations.is_empty();
        let lists = self.of_each(candidates, |location| async move {
            match self.list_of_aks(options, &location).await {
                // Not every region has AKS.
                Err(error) if is_everywhere && is_not_there(&error) => Ok(None),
                found => found.map(Some),
            }
        });
        let lists = lists.await?;
        let mut names: HashMap<&str, HashSet<String>> = HashMap::new();
        for (location, found) in &lists {
            let sizes = found.iter().flat_map(|found| found.catalogue.vm_sizes());
            let listed = sizes.map(|size| size.definition.name.to_lowercase());
            names.insert(location, listed.collect());
        }
        candidates.retain(|candidate| {
            let listed = names.get(candidate.size.location());
            listed.is_some_and(|names| names.contains(&candidate.size.name.to_lowercase()))
        });
        let found = lists.into_values().flatten();
        Ok(found
            .filter_map(|found| Some((found.key?, found.catalogue)))
            .collect())
    }

    async fn list_of_aks(&self, options: &Options, location: &str) -> Result<Found, CommandError> {
        let request = ListAksVmSkusRequest {
            max_age: options.max_age,
            ..ListAksVmSkusRequest::default()
        };
        let Session { arm, scope, .. } = self.session;
        let location = Some(location);
        self.catalogues
            .find(arm, scope, &request, location, self.report)
            .await
    }

    /// Keeps what there is quota for. What Azure tells no quota of is left out.
    async fn keep_those_with_quota(
        &self,
        options: &Options,
        machines: u64,
        candidates: &mut Vec<Candidate>,
    ) -> Result<(), CommandError> {
        let is_everywhere = options.locations.is_empty();
        let quotas = self.of_each(candidates, |location| async move {
            match compute::usages(&self.session.arm, &location, self.report).await {
                // Not every region is open to every subscription.
                Err(error) if is_everywhere && is_not_there(&error) => Ok(Quotas::default()),
                usages => Ok(Quotas::of(&usages?)),
            }
        });
        let quotas = quotas.await?;
        for candidate in candidates.iter_mut() {
            let Some(quotas) = quotas.get(candidate.size.location()) else {
                continue;
            };
            candidate.vcpus_left = quotas.vcpus_left(&candidate.size, options.spot);
            candidate.machines_left = quotas.machines_left(&candidate.size, options.spot);
        }
        candidates.retain(|candidate| candidate.machines_left >= Some(machines));
        Ok(())
    }

    /// Tells what each size costs.
    async fn price(
        &self,
        options: &Options,
        candidates: &mut [Candidate],
    ) -> Result<(), CommandError> {
        let Some(os_type) = options.prices else {
            return Ok(());
        };
        let prices = self.of_each(candidates, |location| async move {
            let (sessions, profile) = (self.sessions, self.profile);
            self.prices
                .of_region(sessions, profile, &location, self.report)
                .await
        });
        let prices = prices.await?;
        for candidate in candidates {
            let region = prices.get(candidate.size.location());
            let found = region.and_then(|region| region.of(&candidate.size.name, os_type));
            candidate.price = found.and_then(|price| price.pay_as_you_go);
            candidate.spot_price = found.and_then(|price| price.spot);
        }
        Ok(())
    }
}

/// Whether Azure says that a region does not have what it was asked for.
fn is_not_there(error: &CommandError) -> bool {
    const CODES: [&str; 2] = [
        "LocationNotAvailableForResourceType",
        "NoRegisteredProviderFound",
    ];
    CODES.iter().any(|code| error.message.contains(code))
}
