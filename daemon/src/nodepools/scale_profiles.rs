//! `az aks nodepool manual-scale` and `auto-scale`: the sizes of a pool of single virtual machines.
//!
//! A pool is read, one of its profiles is changed, and the pool is sent back (azure-cli,
//! `acs/custom.py`, `aks_agentpool_manual_scale_add` and so on). The checks, their order and their
//! messages are az's.

use azq_document::Value;
use azq_proto::v1;
use serde_json::{Value as Json, json};

use super::{PoolName, checks, operation};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// The scaling profiles of one kind.
#[derive(Clone, Copy)]
struct Profiles {
    /// The property that holds them.
    property: &'static str,
    /// az's error for a pool of another kind, which depends on the command.
    otherwise: &'static str,
}

const fn manual(otherwise: &'static str) -> Profiles {
    let property = "manual";
    Profiles {
        property,
        otherwise,
    }
}

const fn auto(otherwise: &'static str) -> Profiles {
    let property = "autoscale";
    Profiles {
        property,
        otherwise,
    }
}

impl Profiles {
    /// Reads a pool, changes its profiles, and sends the pool back.
    ///
    /// # Errors
    /// A pool of another kind; an error of the change; an error of Azure's.
    async fn change(
        self,
        (arm, pool): (&Arm, &PoolName),
        no_wait: bool,
        report: &dyn Report,
        change: impl FnOnce(&mut Vec<Json>) -> Result<(), CommandError>,
    ) -> Result<Option<Value>, CommandError> {
        let mut body = operation::read(arm, pool, report).await?;
        require_machines(&body, self.otherwise)?;
        change(profiles(&mut body, self.property))?;
        operation::write(arm, pool, (body, Vec::new()), no_wait, report).await
    }
}

/// Adds a size that the user scales.
///
/// # Errors
/// A pool of another kind; several sizes; an error of Azure's.
pub async fn add_manual(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::AddManualScaleRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    let profiles = manual("Cannot add manual to a non-virtualmachines node pool.");
    let change = |manual: &mut Vec<Json>| {
        let several = "We only accept single sku size for manual profile.";
        let size = one_size(request.vm_sizes.as_deref());
        let size = size.ok_or_else(|| CommandError::new(several))?;
        manual.push(json!({"size": size, "count": request.node_count}));
        Ok(())
    };
    profiles
        .change((arm, pool), request.no_wait, report, change)
        .await
}

/// Changes a size that the user scales, or its number of nodes.
///
/// # Errors
/// Nothing to change; a pool of another kind; a size that the pool does not have; an error of
/// Azure's.
pub async fn update_manual(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::UpdateManualScaleRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    if request.vm_sizes.is_none() && request.node_count.is_none() {
        return Err(CommandError::new(
            "specify --vm-sizes or --node-count or both.",
        ));
    }
    let profiles = manual("Cannot update manual in a non-virtualmachines node pool.");
    let change = |manual: &mut Vec<Json>| {
        let current = single_size(request.current_vm_sizes.as_deref())?;
        // az rejects an absent size like a wrong one.
        let given = request
            .vm_sizes
            .as_deref()
            .filter(|sizes| !sizes.is_empty());
        let size = match given {
            Some(_) => single_size(given)?,
            None => return Err(not_single(request.vm_sizes.as_deref())),
        };
        let index = manual_index(manual, &current, pool)?;
        if let Some(Json::Object(profile)) = manual.get_mut(index) {
            profile.insert("size".into(), size.into());
            if let Some(count) = request.node_count.filter(|count| *count != 0) {
                profile.insert("count".into(), count.into());
            }
        }
        Ok(())
    };
    profiles
        .change((arm, pool), request.no_wait, report, change)
        .await
}

/// Removes a size that the user scales; not the last one.
///
/// # Errors
/// A pool of another kind; a size that the pool does not have; an error of Azure's.
pub async fn delete_manual(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::DeleteManualScaleRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let profiles = manual("Cannot delete manual in a non-virtualmachines node pool.");
    let change = |manual: &mut Vec<Json>| {
        let current = single_size(request.current_vm_sizes.as_deref())?;
        manual.remove(manual_index(manual, &current, pool)?);
        if manual.is_empty() {
            let pool = &pool.pool;
            let message = format!("Cannot delete the last manual profile in node pool {pool}. ");
            return Err(CommandError::new(message));
        }
        Ok(())
    };
    profiles
        .change((arm, pool), request.no_wait, report, change)
        .await
}

/// Adds a size that the autoscaler scales.
///
/// # Errors
/// A pool of another kind; an error of Azure's.
pub async fn add_auto(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::AddAutoScaleRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    let profiles = auto("Cannot add autoscale profile to a non-virtualmachines node pool.");
    let change = |auto: &mut Vec<Json>| {
        auto.push(json!({
            "size": request.node_vm_size,
            "minCount": request.min_count,
            "maxCount": request.max_count,
        }));
        Ok(())
    };
    profiles
        .change((arm, pool), request.no_wait, report, change)
        .await
}

/// Changes a size that the autoscaler scales, or its bounds.
///
/// # Errors
/// Nothing to change; a pool of another kind; a size that the pool does not have; an error of
/// Azure's.
pub async fn update_auto(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::UpdateAutoScaleRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    let changes = [
        ("size", request.node_vm_size.clone().map(Json::from)),
        ("minCount", request.min_count.map(Json::from)),
        ("maxCount", request.max_count.map(Json::from)),
    ];
    if changes.iter().all(|(_, change)| change.is_none()) {
        return Err(CommandError::new(
            "specify --node-vm-size, --min-count, or --max-count (or a combination).",
        ));
    }
    let profiles = auto("Cannot update autoscale profile in a non-virtualmachines node pool.");
    let change = |auto: &mut Vec<Json>| {
        let index = auto_index(auto, request.current_node_vm_size.as_deref(), pool)?;
        if let Some(Json::Object(profile)) = auto.get_mut(index) {
            let changes = changes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            profile.extend(changes.map(|(name, value)| (name.to_owned(), value)));
        }
        Ok(())
    };
    profiles
        .change((arm, pool), request.no_wait, report, change)
        .await
}

/// Removes a size that the autoscaler scales.
///
/// # Errors
/// A pool of another kind; a size that the pool does not have; an error of Azure's.
pub async fn delete_auto(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::DeleteAutoScaleRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let profiles = auto("Cannot delete autoscale profile from a non-virtualmachines node pool.");
    let change = |auto: &mut Vec<Json>| {
        let size = request.current_node_vm_size.as_deref();
        auto.remove(auto_index(auto, size, pool)?);
        Ok(())
    };
    profiles
        .change((arm, pool), request.no_wait, report, change)
        .await
}

fn require_machines(pool: &Json, otherwise: &str) -> Result<(), CommandError> {
    let kind = pool.pointer("/properties/type").and_then(Json::as_str);
    if kind == Some("VirtualMachines") {
        return Ok(());
    }
    Err(CommandError::new(otherwise))
}

/// Returns the profiles of a kind; they become an empty list if there is none.
fn profiles<'a>(pool: &'a mut Json, kind: &str) -> &'a mut Vec<Json> {
    let properties = operation::properties(pool);
    let profile = operation::member(properties, "virtualMachinesProfile");
    let scale = operation::member(profile, "scale");
    let list = scale.entry(kind).or_insert(Json::Null);
    if !list.is_array() {
        *list = Json::Array(Vec::new());
    }
    match list {
        Json::Array(profiles) => profiles,
        _ => unreachable!("made an array above"),
    }
}

/// Returns the one size in a list with commas, without the spaces around it; `None` if there are
/// several.
fn one_size(sizes: Option<&str>) -> Option<&str> {
    let mut sizes = sizes.unwrap_or_default().split(',').map(str::trim);
    let size = sizes.next();
    size.filter(|_| sizes.next().is_none())
}

/// Returns the one size in a list with commas, in lower case.
fn single_size(sizes: Option<&str>) -> Result<String, CommandError> {
    let size = one_size(sizes).map(str::to_lowercase);
    size.ok_or_else(|| not_single(sizes))
}

fn not_single(sizes: Option<&str>) -> CommandError {
    CommandError::new(format!(
        "We only accept single sku size for manual profile. {} is invalid.",
        sizes.unwrap_or("None")
    ))
}

/// Returns the index of the first manual profile of a size in lower case.
fn manual_index(profiles: &[Json], size: &str, pool: &PoolName) -> Result<usize, CommandError> {
    let is_it = |profile: &Json| {
        let found = profile.get("size").and_then(Json::as_str);
        found.is_some_and(|found| found.to_lowercase() == size)
    };
    profiles.iter().position(is_it).ok_or_else(|| {
        let pool = &pool.pool;
        CommandError::new(format!(
            "Manual with size {size} doesn't exist in node pool {pool}."
        ))
    })
}

/// Returns the index of the first autoscale profile of exactly this size.
fn auto_index(
    profiles: &[Json],
    size: Option<&str>,
    pool: &PoolName,
) -> Result<usize, CommandError> {
    let size = size.unwrap_or_default();
    let is_it = |profile: &Json| profile.get("size").and_then(Json::as_str) == Some(size);
    profiles.iter().position(is_it).ok_or_else(|| {
        let pool = &pool.pool;
        CommandError::new(format!(
            "Autoscale profile with size {size} doesn't exist in node pool {pool}."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_made_where_there_are_none() {
        for pool in [
            json!({}),
            json!({"properties": {"virtualMachinesProfile": null}}),
        ] {
            let mut pool = pool;
            profiles(&mut pool, "manual").push(json!(1));
            let found = pool.pointer("/properties/virtualMachinesProfile/scale/manual");
            assert_eq!(found, Some(&json!([1])));
        }
    }

    #[test]
    fn one_size_is_taken_without_the_spaces_around_it() {
        assert_eq!(one_size(Some(" A ")), Some("A"));
        assert_eq!(one_size(Some("A,B")), None);
        assert_eq!(one_size(Some("")), Some(""));
        assert_eq!(
            single_size(Some("Standard_D2s_v5")).unwrap(),
            "standard_d2s_v5"
        );
    }
}
