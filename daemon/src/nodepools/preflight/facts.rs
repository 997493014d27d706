//! Azure's facts about the cluster, the sizes and the quotas.

use std::collections::BTreeSet;
use std::time::Duration;

use azq_document::LazyObject as _;
use azq_preflight::{Lookup, MOST_SIZES, Sizes, sizes_of};
use azq_proto::v1;
use azq_vm_sizes::{Quotas, VmSize};
use tokio::time::{Instant, timeout_at};

use super::super::{API_VERSION, PoolName};
use super::World;
use crate::compute;
use crate::nodepools::draft::Draft;
use azq_command::{CommandError, error};
use azq_skus::Question;

/// The time limit for reading the facts. A fact that has not arrived by then is unknown.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// The facts from Azure.
pub(super) struct Facts {
    pub(super) location: Option<String>,
    pub(super) sizes: Sizes,
    pub(super) aks_sizes: Sizes,
    pub(super) quotas: Lookup<Quotas>,
}

impl Facts {
    /// Reads everything that the checks of a draft look at.
    pub(super) async fn gather(world: World<'_>, pool: &PoolName, draft: &Draft) -> Self {
        world.report.progress("Checking");
        let pools = draft.current.iter().chain([&draft.sent.body]);
        // The sizes of the current pool, and of the drafted one.
        let names: BTreeSet<String> = pools
            .flat_map(|pool| sizes_of(pool).into_iter().take(MOST_SIZES))
            .map(str::to_lowercase)
            .collect();
        let until = Instant::now() + LONGEST;
        let location = location(world, pool);
        let location = match within(until, "the cluster", location).await {
            Ok(location) => location,
            Err(reason) => return Self::unknown(&names, &reason),
        };
        let place = LocationQuery {
            location: &location,
            until,
        };
        let of_compute = SizeList::Compute.of(world, &names, place);
        let of_aks = SizeList::ContainerService.of(world, &names, place);
        let quotas = quotas(world, place);
        let (sizes, aks_sizes, quotas) = tokio::join!(of_compute, of_aks, quotas);
        Self {
            location: Some(location),
            sizes,
            aks_sizes,
            quotas,
        }
    }

    /// Returns facts that are all unknown for one reason.
    fn unknown(names: &BTreeSet<String>, reason: &str) -> Self {
        Self {
            location: None,
            sizes: unknown(names, reason),
            aks_sizes: unknown(names, reason),
            quotas: Lookup::Unknown(reason.to_owned()),
        }
    }
}

fn unknown(names: &BTreeSet<String>, reason: &str) -> Sizes {
    let mut sizes = Sizes::default();
    for name in names {
        sizes.insert(name, Lookup::Unknown(reason.to_owned()));
    }
    sizes
}

/// The location that requests ask for, and their deadline.
#[derive(Clone, Copy)]
struct LocationQuery<'a> {
    location: &'a str,
    until: Instant,
}

/// Returns the result of a request, or the reason why there is none in time.
async fn within<T>(
    until: Instant,
    what: &str,
    asking: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, String> {
    match timeout_at(until, asking).await {
        Ok(told) => told.map_err(|error| why(what, &error)),
        Err(_) => Err(format!(
            "Azure has not told {what} within {} seconds.",
            LONGEST.as_secs()
        )),
    }
}

/// Returns the cluster's location.
async fn location(world: World<'_>, pool: &PoolName) -> Result<String, CommandError> {
    let path = pool.cluster_path(world.arm.subscription());
    let cluster = world.arm.get(&path, API_VERSION, world.report).await?;
    let location = cluster.get("location").and_then(serde_json::Value::as_str);
    let location = location.map(str::to_owned);
    location.ok_or_else(|| error!("it names no location"))
}

async fn quotas(world: World<'_>, place: LocationQuery<'_>) -> Lookup<Quotas> {
    let asking = compute::usages(world.arm, place.location, world.report);
    match within(place.until, "quotas", asking).await {
        Ok(usages) => Lookup::Found(Quotas::of(&usages)),
        Err(reason) => Lookup::Unknown(reason),
    }
}

/// The provider whose list of sizes is read.
#[derive(Clone, Copy)]
enum SizeList {
    Compute,
    ContainerService,
}

impl SizeList {
    /// Looks up the sizes in the provider's list.
    async fn of(
        self,
        world: World<'_>,
        names: &BTreeSet<String>,
        place: LocationQuery<'_>,
    ) -> Sizes {
        let mut sizes = Sizes::default();
        for name in names {
            let asking = self.find(world, name, place.location);
            let lookup = match within(place.until, self.list(), asking).await {
                Ok(Some(size)) => Lookup::Found(size),
                Ok(None) => Lookup::Missing,
                Err(reason) => Lookup::Unknown(reason),
            };
            sizes.insert(name, lookup);
        }
        sizes
    }

    const fn list(self) -> &'static str {
        match self {
            Self::Compute => "sizes",
            Self::ContainerService => "what AKS makes nodes of",
        }
    }

    async fn find(
        self,
        world: World<'_>,
        name: &str,
        location: &str,
    ) -> Result<Option<VmSize>, CommandError> {
        let compute = v1::ListSkusRequest {
            size: Some(name.to_owned()),
            show_all: Some(true),
            ..v1::ListSkusRequest::default()
        };
        let aks = v1::ListAksVmSkusRequest {
            size: Some(name.to_owned()),
            show_all: true,
            ..v1::ListAksVmSkusRequest::default()
        };
        let question = match self {
            Self::Compute => Question::from(&compute),
            Self::ContainerService => Question::from(&aks),
        };
        let found = world
            .catalogues
            .find(
                world.arm,
                world.scope,
                question,
                Some(location),
                world.report,
            )
            .await?;
        // The filter matches a part of a name.
        let skus = found.filter.apply(&found.catalogue);
        let mut sizes = skus.iter().flat_map(|sku| VmSize::all_of(&sku.document()));
        Ok(
            sizes
                .find(|size| size.is_named(name) && size.location().eq_ignore_ascii_case(location)),
        )
    }
}

/// Returns the reason why something is not known: the first line of the error.
fn why(what: &str, error: &CommandError) -> String {
    let line = error.message.lines().next().unwrap_or_default();
    let line = line.trim_end_matches('.');
    format!("Azure cannot be asked for {what}: {line}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test(start_paused = true)]
    async fn what_azure_does_not_tell_in_time_is_unknown() {
        let until = Instant::now() + LONGEST;
        let silent = within(until, "quotas", pending::<Result<(), _>>()).await;
        let expected = "Azure has not told quotas within 60 seconds.";
        assert_eq!(silent, Err(expected.to_owned()));
        // Nothing is waited for after the deadline.
        let later = within(until, "sizes", pending::<Result<(), _>>()).await;
        assert!(later.is_err() && until.elapsed() < LONGEST);
        let told = within(until, "sizes", ready(Ok(1))).await;
        assert_eq!(told, Ok(1));
    }

    #[test]
    fn an_errors_first_line_is_the_reason() {
        let error = CommandError::new("(Denied) You may not.\nCode: Denied");
        let expected = "Azure cannot be asked for quotas: (Denied) You may not.";
        assert_eq!(why("quotas", &error), expected);
    }
}
