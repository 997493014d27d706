//! `azq gen2 plan`: plans the migration of each pool of a cluster.

use std::sync::Arc;

use azq_document::Value;
use azq_migration::{Plan, Pool, Wishes};
use azq_vm_sizes::VmSize;
use serde_json::Value as Json;

use super::place;
use super::sizes::Sizes;
use crate::clusters::cluster_path;
use crate::compute;
use crate::nodepools::API_VERSION;
use crate::sizes::{OsType, PriceCaller, Prices, RegionPrices};
use azq_arm::Report;
use azq_arm::{Arm, Session};
use azq_command::CommandError;
use azq_schema::select_all;
use azq_skus::Catalogues;

/// Makes the plan for a cluster.
///
/// # Errors
/// Azure's errors, or a requested pool does not exist.
pub async fn plan(
    session: &Arc<Session>,
    (group, cluster): (&str, &str),
    wishes: Wishes<'_>,
    (catalogues, prices): (&Catalogues, Option<PriceSource<'_>>),
    report: &dyn Report,
) -> Result<Plan, CommandError> {
    let arm = &session.arm;
    let path = cluster_path(arm.subscription(), group, cluster);
    let document = arm.get(&path, API_VERSION, report).await?;
    let place = place(arm.subscription(), group, &document);
    let pools = format!("{path}/agentPools");
    let pools = arm.list(&pools, API_VERSION, &[], report).await?;
    let sizes = Sizes::new(catalogues, Arc::clone(session));
    let sizes = sizes.of(&place.location, report).await?;
    let usages = usages(arm, &place.location, report).await;
    let prices = match prices {
        Some(source) => source.of_region(&place.location, report).await,
        None => None,
    };
    let price = |pool: &Pool<'_>, size: &VmSize| price(prices.as_ref()?, pool, size);
    let plan = Plan::new(&place, &pools, &sizes, &usages, &price, wishes);
    plan.map_err(|error| CommandError::new(error.to_string()))
}

/// Returns the usages of the region's quotas. If they cannot be read, the plan ignores quotas.
async fn usages(arm: &Arm, location: &str, report: &dyn Report) -> Vec<Json> {
    let usages = compute::usages(arm, location, report).await;
    usages.unwrap_or_else(|error| {
        report.warning(&format!(
            "The quotas of {location} could not be read, so the plan does not look at them: {error}"
        ));
        Vec::new()
    })
}

/// The source of prices.
pub struct PriceSource<'p> {
    /// Azure's retail prices.
    pub(crate) prices: &'p Prices,
    /// The identity and access of requests for prices.
    pub(crate) caller: PriceCaller<'p>,
}

impl PriceSource<'_> {
    async fn of_region(self, location: &str, report: &dyn Report) -> Option<Arc<RegionPrices>> {
        let found = self.prices.of_region(self.caller, location, report).await;
        found
            .inspect_err(|error| report.warning(&error.message))
            .ok()
    }
}

/// Returns the hourly price of a machine of a pool.
fn price(prices: &RegionPrices, pool: &Pool<'_>, size: &VmSize) -> Option<f64> {
    let os_type = if pool.is_windows() {
        OsType::Windows
    } else {
        OsType::Linux
    };
    let price = prices.of(&size.name, os_type)?;
    if pool.is_spot() {
        price.spot
    } else {
        price.pay_as_you_go
    }
}

/// Returns the document that is printed, which is also the plan's file.
pub fn document(plan: &Plan) -> Value {
    super::document(plan)
}

/// Returns the table, with a row for each pool.
pub fn table(document: &Value) -> Value {
    let columns = [
        ("Nodepool", "nodepool"),
        ("VmSize", "vmSize"),
        ("Nodes", "count"),
        ("NewNodepool", "newNodepool"),
        ("NewVmSize", "newVmSize"),
        ("Method", "method"),
        ("HourlyPrice", "hourlyPrice"),
        ("Problem", "problem"),
        ("Reason", "reason"),
    ];
    select_all(document.get("pools").unwrap_or(&Value::Null), &columns)
}
