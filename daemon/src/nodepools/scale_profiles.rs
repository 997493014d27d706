//! `az aks nodepool manual-scale` and `auto-scale`: the sizes of a pool of single virtual machines.
//!
//! A pool is read, one of its profiles is changed, and the pool is sent back (azure-cli,
//! `acs/custom.py`, `aks_agentpool_manual_scale_add` and so on). The checks, their order and their
//! messages are az's.

use azq_proto::v1;
use serde_json::{Value as Json, json};

use super::{PoolCall, PoolName, Printed, operation};
use azq_command::{CommandError, ensure, error};

impl<R> PoolCall<'_, R> {
    /// Reads the pool, changes its profiles of a kind, and sends it back. `otherwise` is az's error
    /// for a pool of another type.
    async fn change_profiles(
        &self,
        (kind, otherwise): (&str, &str),
        no_wait: bool,
        change: impl FnOnce(&mut Vec<Json>) -> Result<(), CommandError>,
    ) -> Printed {
        let mut body = self.read().await?;
        let of = body.pointer("/properties/type").and_then(Json::as_str);
        ensure!(of == Some("VirtualMachines"), "{otherwise}");
        change(profiles(&mut body, kind))?;
        self.write(&body, Vec::new(), no_wait).await
    }
}

/// The kinds of profiles: those that the user scales, and those that the autoscaler scales.
const MANUAL: &str = "manual";
const AUTO: &str = "autoscale";

/// Adds a size that the user scales.
///
/// # Errors
/// A pool of another kind; several sizes; an error of Azure's.
pub async fn add_manual(call: &PoolCall<'_, v1::AddManualScaleRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    let otherwise = "Cannot add manual to a non-virtualmachines node pool.";
    let change = |manual: &mut Vec<Json>| {
        let size = one_size(request.vm_sizes.as_deref());
        let size =
            size.ok_or_else(|| error!("We only accept single sku size for manual profile."))?;
        manual.push(json!({"size": size, "count": request.node_count}));
        Ok(())
    };
    call.change_profiles((MANUAL, otherwise), request.no_wait, change)
        .await
}

/// Changes a size that the user scales, or its number of nodes.
///
/// # Errors
/// Nothing to change; a pool of another kind; a size that the pool does not have; an error of
/// Azure's.
pub async fn update_manual(call: &PoolCall<'_, v1::UpdateManualScaleRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    ensure!(
        request.vm_sizes.is_some() || request.node_count.is_some(),
        "specify --vm-sizes or --node-count or both."
    );
    let otherwise = "Cannot update manual in a non-virtualmachines node pool.";
    let change = |manual: &mut Vec<Json>| {
        let current = single_size(request.current_vm_sizes.as_deref())?;
        // az rejects an absent size like a wrong one.
        let given = request.vm_sizes.as_deref();
        let size = match given.filter(|sizes| !sizes.is_empty()) {
            Some(_) => single_size(given)?,
            None => return Err(not_single(given)),
        };
        let index = manual_index(manual, &current, call.pool)?;
        if let Some(Json::Object(profile)) = manual.get_mut(index) {
            profile.insert("size".into(), size.into());
            if let Some(count) = request.node_count.filter(|count| *count != 0) {
                profile.insert("count".into(), count.into());
            }
        }
        Ok(())
    };
    call.change_profiles((MANUAL, otherwise), request.no_wait, change)
        .await
}

/// Removes a size that the user scales; not the last one.
///
/// # Errors
/// A pool of another kind; a size that the pool does not have; an error of Azure's.
pub async fn delete_manual(call: &PoolCall<'_, v1::DeleteManualScaleRequest>) -> Printed {
    let otherwise = "Cannot delete manual in a non-virtualmachines node pool.";
    let change = |manual: &mut Vec<Json>| {
        let current = single_size(call.request.current_vm_sizes.as_deref())?;
        manual.remove(manual_index(manual, &current, call.pool)?);
        let pool = &call.pool.pool;
        ensure!(
            !manual.is_empty(),
            "Cannot delete the last manual profile in node pool {pool}. "
        );
        Ok(())
    };
    call.change_profiles((MANUAL, otherwise), call.request.no_wait, change)
        .await
}

/// Adds a size that the autoscaler scales.
///
/// # Errors
/// A pool of another kind; an error of Azure's.
pub async fn add_auto(call: &PoolCall<'_, v1::AddAutoScaleRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    let otherwise = "Cannot add autoscale profile to a non-virtualmachines node pool.";
    let change = |auto: &mut Vec<Json>| {
        auto.push(json!({
            "size": request.node_vm_size,
            "minCount": request.min_count,
            "maxCount": request.max_count,
        }));
        Ok(())
    };
    call.change_profiles((AUTO, otherwise), request.no_wait, change)
        .await
}

/// Changes a size that the autoscaler scales, or its bounds.
///
/// # Errors
/// Nothing to change; a pool of another kind; a size that the pool does not have; an error of
/// Azure's.
pub async fn update_auto(call: &PoolCall<'_, v1::UpdateAutoScaleRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    let changes = [
        ("size", request.node_vm_size.clone().map(Json::from)),
        ("minCount", request.min_count.map(Json::from)),
        ("maxCount", request.max_count.map(Json::from)),
    ];
    ensure!(
        changes.iter().any(|(_, change)| change.is_some()),
        "specify --node-vm-size, --min-count, or --max-count (or a combination)."
    );
    let otherwise = "Cannot update autoscale profile in a non-virtualmachines node pool.";
    let change = |auto: &mut Vec<Json>| {
        let index = auto_index(auto, request.current_node_vm_size.as_deref(), call.pool)?;
        if let Some(Json::Object(profile)) = auto.get_mut(index) {
            let changes = changes.into_iter();
            profile.extend(changes.filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        Ok(())
    };
    call.change_profiles((AUTO, otherwise), request.no_wait, change)
        .await
}

/// Removes a size that the autoscaler scales.
///
/// # Errors
/// A pool of another kind; a size that the pool does not have; an error of Azure's.
pub async fn delete_auto(call: &PoolCall<'_, v1::DeleteAutoScaleRequest>) -> Printed {
    let otherwise = "Cannot delete autoscale profile from a non-virtualmachines node pool.";
    let change = |auto: &mut Vec<Json>| {
        let size = call.request.current_node_vm_size.as_deref();
        auto.remove(auto_index(auto, size, call.pool)?);
        Ok(())
    };
    call.change_profiles((AUTO, otherwise), call.request.no_wait, change)
        .await
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
    error!(
        "We only accept single sku size for manual profile. {} is invalid.",
        sizes.unwrap_or("None")
    )
}

/// Returns the index of the first manual profile of a size in lower case.
fn manual_index(profiles: &[Json], size: &str, pool: &PoolName) -> Result<usize, CommandError> {
    let is_it = |found: &str| found.to_lowercase() == size;
    let pool = &pool.pool;
    index(profiles, is_it)
        .ok_or_else(|| error!("Manual with size {size} doesn't exist in node pool {pool}."))
}

/// Returns the index of the first autoscale profile of exactly this size.
fn auto_index(
    profiles: &[Json],
    size: Option<&str>,
    pool: &PoolName,
) -> Result<usize, CommandError> {
    let (size, pool) = (size.unwrap_or_default(), &pool.pool);
    index(profiles, |found| found == size).ok_or_else(|| {
        error!("Autoscale profile with size {size} doesn't exist in node pool {pool}.")
    })
}

fn index(profiles: &[Json], is_it: impl Fn(&str) -> bool) -> Option<usize> {
    let size = |profile: &Json| profile.get("size")?.as_str().map(&is_it);
    profiles.iter().position(|of| size(of) == Some(true))
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
