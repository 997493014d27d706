//! `azq sizes`: sizes that fit, selected from catalogues, quotas and prices.
//!
//! | file | purpose |
//! | --- | --- |
//! | `options` | reads the options of a request: filter, order and limits |
//! | `fitting` | selects sizes from the catalogues, without requests |
//! | `prices` | hourly prices of machines |
//! | `rows` | the output |
//!
//! [`azq_vm_sizes`] defines sizes and the meaning of options. Catalogues are read first. Quotas,
//! prices and AKS's lists are requested only for regions in which a size is left.
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
use azq_command::{CommandError, bail, error};
use azq_skus::{Catalogue, Catalogues, Found, Key, Source};

pub(crate) use self::options::MOST_LOCATIONS;
pub use self::prices::Prices;
pub(crate) use self::prices::{
    LARGEST_PAGE, LONGEST as LONGEST_PRICES, MOST_PAGES, MOST_REGIONS, OsType, PriceCaller,
    RegionPrices,
};
pub(crate) use self::rows::Rows;

/// The largest number of SKUs that are searched in place. A region takes some ten microseconds.
const REACH: usize = 4096;
/// The number of regions that are requested at once.
const AT_ONCE: usize = 8;

/// The sources from which sizes are selected, and the login.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) profile: &'a Arc<Profile>,
    pub(crate) sessions: &'a Arc<Sessions>,
    pub(crate) session: &'a Session,
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) prices: &'a Prices,
    pub(crate) report: &'a dyn Report,
}

/// The sizes that fit.
pub(crate) struct Selected {
    /// The rows of the output.
    pub(crate) rows: Rows,
    /// The catalogues that the rows are made from. Its key is absent if the rows contain other data
    /// too.
    pub(crate) found: Found,
}

/// Selects sizes.
///
/// # Errors
/// An option does not accept its value, a region has no sizes, or Azure's errors.
pub(crate) async fn select(
    sources: Sources<'_>,
    request: &SelectSizesRequest,
) -> Result<Selected, CommandError> {
    let options = Arc::new(Options::of(request)?);
    let (regions, mut found) = sources.regions(&options).await?;
    let is_arranged = regions.len() == 1 && options.keeps_usual_order();
    let is_short = options.is_light()
        && regions.iter().all(Region::is_read)
        && regions.iter().map(Region::reach).sum::<usize>() <= REACH;
    if !options.asks_more() {
        let work = move || -> Result<Rows, CommandError> {
            let candidates = fitting(&regions, &options)?;
            Ok(arranged(candidates, &options, is_arranged))
        };
        let rows = if is_short {
            work()
        } else {
            elsewhere(work).await?
        };
        return Ok(Selected { rows: rows?, found });
    }
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
    let rows = elsewhere(move || arranged(candidates, &options, is_arranged));
    Ok(Selected {
        rows: rows.await?,
        found,
    })
}

/// Returns the rows of sizes, which may be in order already.
fn arranged(mut candidates: Vec<Candidate>, options: &Options, is_arranged: bool) -> Rows {
    if !is_arranged {
        options.order.sort(&mut candidates);
    }
    candidates.truncate(options.max);
    let shown = Shown {
        distance: options.like.is_some(),
        quota: options.quota.is_some(),
        prices: options.prices.is_some(),
    };
    Rows::of(candidates, shown)
}

/// Runs work on a thread of its own, so that it does not delay other calls.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let done = spawn_blocking(work).await;
    done.map_err(|_| error!("azqd could not look through the sizes; try again"))
}

impl Sources<'_> {
    /// Returns the catalogues of the requested regions. The first one's key is the key of cached
    /// answers.
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
        // The futures are collected first, because a stream of closures would have to be generic
        // over any lifetime.
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
            bail!("no region was asked for");
        };
        first.key = keys.as_ref().and_then(|keys| keys.first().cloned());
        let others = all.zip(keys.into_iter().flatten().skip(1));
        first.beside = others.map(|(found, key)| (key, found.catalogue)).collect();
        Ok((regions, first))
    }

    /// Sends a request for each region in which a size is left.
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

    /// Keeps the sizes that AKS lists, and returns its lists.
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
            let sizes = found
                .iter()
                .flat_map(|found| found.catalogue.vm_sizes().definitions());
            let listed = sizes.map(|definition| definition.name.to_lowercase());
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

    /// Keeps the sizes for which there is quota. Sizes without a known quota are left out.
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

    /// Sets the prices of each size.
    async fn price(
        &self,
        options: &Options,
        candidates: &mut [Candidate],
    ) -> Result<(), CommandError> {
        let Some(os_type) = options.prices else {
            return Ok(());
        };
        let prices = self.of_each(candidates, |location| async move {
            let caller = PriceCaller {
                sessions: self.sessions,
                profile: self.profile,
                storage: Source::storage(&self.session.arm),
            };
            self.prices.of_region(caller, &location, self.report).await
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

/// Whether Azure's error means that a region does not have the requested resource type.
fn is_not_there(error: &CommandError) -> bool {
    const CODES: [&str; 2] = [
        "LocationNotAvailableForResourceType",
        "NoRegisteredProviderFound",
    ];
    CODES.iter().any(|code| error.message.contains(code))
}
