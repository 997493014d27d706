//! What Azure says of the cluster, of the sizes and of the quotas.

use std::collections::BTreeSet;

use azq_document::LazyObject as _;
use azq_preflight::{Lookup, MOST_SIZES, Sizes, sizes_of};
use azq_proto::v1;
use azq_vm_sizes::{Quotas, VmSize};

use super::super::{API_VERSION, PoolName};
use super::World;
use crate::compute;
use crate::error::CommandError;
use crate::nodepools::draft::Draft;
use crate::report::Report;
use crate::skus::Question;

/// What Azure says.
pub(super) struct Facts {
    pub(super) location: Option<String>,
    pub(super) sizes: Sizes,
    pub(super) aks_sizes: Sizes,
    pub(super) quotas: Lookup<Quotas>,
}

impl Facts {
    /// Asks for all that the checks of a draft look at.
    pub(super) async fn gather(
        world: World<'_>,
        pool: &PoolName,
        draft: &Draft,
        report: &dyn Report,
    ) -> Self {
        report.progress("Checking");
        let pools = draft.current.iter().chain([&draft.sent.body]);
        // Those of the pool as it is, and as it would be.
        let names: BTreeSet<String> = pools
            .flat_map(|pool| sizes_of(pool).into_iter().take(MOST_SIZES))
            .map(str::to_lowercase)
            .collect();
        let location = match location(world, pool, report).await {
            Ok(location) => location,
            Err(reason) => return Self::unknown(&names, &reason),
        };
        let of_compute = Asked::Compute.of(world, &names, &location, report);
        let of_aks = Asked::ContainerService.of(world, &names, &location, report);
        let quotas = quotas(world, &location, report);
        let (sizes, aks_sizes, quotas) = tokio::join!(of_compute, of_aks, quotas);
        Self {
            location: Some(location),
            sizes,
            aks_sizes,
            quotas,
        }
    }

    /// Nothing is known, for one reason.
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

/// The cluster's location, or why it is not known.
async fn location(
    world: World<'_>,
    pool: &PoolName,
    report: &dyn Report,
) -> Result<String, String> {
    let path = pool.cluster_path(world.arm.subscription());
    let cluster = world.arm.get(&path, API_VERSION, report).await;
    let cluster = cluster.map_err(|error| why("the cluster", &error.into()))?;
    let location = cluster.get("location").and_then(serde_json::Value::as_str);
    let location = location.map(str::to_owned);
    location.ok_or_else(|| "Azure does not say where the cluster is.".to_owned())
}

async fn quotas(world: World<'_>, location: &str, report: &dyn Report) -> Lookup<Quotas> {
    match compute::usages(world.arm, location, report).await {
        Ok(usages) => Lookup::Found(Quotas::of(&usages)),
        Err(error) => Lookup::Unknown(why("quotas", &error)),
    }
}

/// Whose list of sizes is asked for.
#[derive(Clone, Copy)]
enum Asked {
    Compute,
    ContainerService,
}

impl Asked {
    /// What it says of the sizes.
    async fn of(
        self,
        world: World<'_>,
        names: &BTreeSet<String>,
        location: &str,
        report: &dyn Report,
    ) -> Sizes {
        let mut sizes = Sizes::default();
        for name in names {
            let found = self.find(world, name, location, report).await;
            sizes.insert(
                name,
                match found {
                    Ok(Some(size)) => Lookup::Found(size),
                    Ok(None) => Lookup::Missing,
                    Err(error) => Lookup::Unknown(why(self.list(), &error)),
                },
            );
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
        report: &dyn Report,
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
            .find(world.arm, world.scope, question, Some(location), report)
            .await?;
        // The filter takes a part of a name.
        let skus = found.filter.apply(&found.catalogue);
        let mut sizes = skus.iter().flat_map(|sku| VmSize::all_of(&sku.document()));
        Ok(
            sizes
                .find(|size| size.is_named(name) && size.location().eq_ignore_ascii_case(location)),
        )
    }
}

/// Why something is not known: the first line of the error.
fn why(what: &str, error: &CommandError) -> String {
    let line = error.message.lines().next().unwrap_or_default();
    let line = line.trim_end_matches('.');
    format!("Azure cannot be asked for {what}: {line}.")
}
