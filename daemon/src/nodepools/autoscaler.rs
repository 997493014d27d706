//! The number of nodes of a pool, and whether the cluster autoscaler sets it.
//!
//! The checks are az's, in its order and with its messages (azure-cli,
//! `acs/agentpool_decorator.py`). A pool of type `VirtualMachines` keeps its counts per VM size;
//! every other pool keeps them beside its other properties.

use std::slice;

use azq_proto::v1::UpdateNodePoolRequest;
use serde_json::{Value as Json, json};

use super::checks;
use azq_command::{CommandError, ensure};

/// The type of a pool whose VMs are not in a scale set.
pub(super) const VIRTUAL_MACHINES: &str = "VirtualMachines";

/// The options for the autoscaler, for az's common check.
pub(super) struct Counts<'a> {
    /// Whether it is to be on.
    pub(super) enabled: bool,
    /// `--min-count`.
    pub(super) min: Option<i64>,
    /// `--max-count`.
    pub(super) max: Option<i64>,
    /// `--mode`, as far as it is known.
    pub(super) mode: Option<&'a str>,
    /// The number of nodes of a pool that is added; `None` for an update.
    pub(super) nodes: Option<i64>,
}

impl Counts<'_> {
    /// Makes az's check of the counts against each other.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        let (Some(min), Some(max), true) = (self.min, self.max, self.enabled) else {
            ensure!(
                !self.enabled,
                "Please specify both min-count and max-count when --enable-cluster-autoscaler enabled"
            );
            let or_update = match self.nodes {
                Some(_) => "",
                None => " or --update-cluster-autoscaler",
            };
            ensure!(
                self.min.is_none() && self.max.is_none(),
                "min-count and max-count are required for --enable-cluster-autoscaler{or_update}, \
                 please use the flag"
            );
            return Ok(());
        };
        ensure!(
            min <= max,
            "Value of min-count should be less than or equal to value of max-count"
        );
        ensure!(
            self.nodes.is_none_or(|nodes| (min..=max).contains(&nodes)),
            "node-count is not in the range of min-count and max-count"
        );
        ensure!(
            self.mode != Some("System") || min >= 1,
            "Value of min-count should be greater than or equal to 1 for System node pools"
        );
        Ok(())
    }
}

/// The change that an update makes to a pool's scaling.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scaling {
    /// No change.
    Keep,
    /// The autoscaler is on, within these bounds.
    On(Option<i64>, Option<i64>),
    /// The autoscaler is off.
    Off,
    /// The new profile of a pool of single VMs.
    Machines(Json),
}

impl Scaling {
    /// Returns `enableAutoScaling`.
    pub(super) fn enabled(&self) -> Option<Json> {
        match self {
            Scaling::On(..) => Some(true.into()),
            Scaling::Off => Some(false.into()),
            Scaling::Keep | Scaling::Machines(_) => None,
        }
    }

    /// Returns `minCount` or `maxCount`; `null` removes it.
    pub(super) fn bound(&self, which: fn(Option<i64>, Option<i64>) -> Option<i64>) -> Option<Json> {
        match self {
            Scaling::On(min, max) => Some(which(*min, *max).into()),
            Scaling::Off => Some(Json::Null),
            Scaling::Keep | Scaling::Machines(_) => None,
        }
    }

    /// Returns the new `virtualMachinesProfile`.
    pub(super) fn machines(&self) -> Option<Json> {
        match self {
            Scaling::Machines(profile) => Some(profile.clone()),
            _ => None,
        }
    }
}

/// Either a change, or the warning with which the command ends because the autoscaler already is as
/// requested.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decision {
    /// The command continues and writes this.
    Change(Scaling),
    /// The command ends successfully without a change.
    Already(&'static str),
}

const ALREADY_DISABLED: &str = "Cluster autoscaler is already disabled for this node pool.";

/// Decides what an update of this pool does to its scaling.
pub(super) fn decide(
    request: &UpdateNodePoolRequest,
    pool: &Json,
) -> Result<Decision, CommandError> {
    let properties = &pool["properties"];
    let machines = match properties["type"].as_str() {
        Some(kind) => checks::vm_set_type(kind)? == VIRTUAL_MACHINES,
        None => false,
    };
    let flags = [
        request.enable_cluster_autoscaler,
        request.update_cluster_autoscaler,
        request.disable_cluster_autoscaler,
    ];
    ensure!(
        flags.iter().filter(|given| **given).count() <= 1,
        "Can only specify one of --enable-cluster-autoscaler, --update-cluster-autoscaler and \
         --disable-cluster-autoscaler"
    );
    ensure!(
        !(machines && request.update_cluster_autoscaler),
        "--update-cluster-autoscaler is not supported for VirtualMachines node pools.\n\
         Please use \"az aks nodepool auto-scale update\" to update individual autoscale profiles."
    );
    Counts {
        enabled: request.enable_cluster_autoscaler || request.update_cluster_autoscaler,
        min: request.min_count,
        max: request.max_count,
        mode: request.mode.as_deref(),
        nodes: None,
    }
    .check()?;
    if machines {
        Ok(decide_machines(request, properties))
    } else {
        decide_scale_set(request, properties)
    }
}

fn decide_scale_set(
    request: &UpdateNodePoolRequest,
    properties: &Json,
) -> Result<Decision, CommandError> {
    let on = properties["enableAutoScaling"].as_bool().unwrap_or(false);
    if request.enable_cluster_autoscaler && on {
        return Ok(Decision::Already(
            "Cluster autoscaler is already enabled for this node pool.\n\
             Please run \"az aks --update-cluster-autoscaler\" if you want to update min-count or max-count.",
        ));
    }
    ensure!(
        on || !request.update_cluster_autoscaler,
        "Cluster autoscaler is not enabled for this node pool.\n\
         Run \"az aks nodepool update --enable-cluster-autoscaler\" to enable cluster with min-count and \
         max-count."
    );
    if request.disable_cluster_autoscaler && !on {
        return Ok(Decision::Already(ALREADY_DISABLED));
    }
    Ok(Decision::Change(
        if request.enable_cluster_autoscaler || request.update_cluster_autoscaler {
            Scaling::On(request.min_count, request.max_count)
        } else if request.disable_cluster_autoscaler {
            Scaling::Off
        } else {
            Scaling::Keep
        },
    ))
}

fn decide_machines(request: &UpdateNodePoolRequest, properties: &Json) -> Decision {
    let scale = &properties["virtualMachinesProfile"]["scale"];
    // Azure has been seen to return a single profile in place of a list.
    let profiles = |kind: &str| match &scale[kind] {
        Json::Array(profiles) => profiles.as_slice(),
        profile @ Json::Object(_) => slice::from_ref(profile),
        _ => &[],
    };
    let (automatic, manual) = (profiles("autoscale"), profiles("manual"));
    if request.enable_cluster_autoscaler && !automatic.is_empty() {
        return Decision::Already(
            "Cluster autoscaler is already enabled for this node pool.\n\
             Please use \"az aks nodepool auto-scale update\" to update individual autoscale profiles.",
        );
    }
    if request.disable_cluster_autoscaler && automatic.is_empty() {
        return Decision::Already(ALREADY_DISABLED);
    }
    Decision::Change(if request.enable_cluster_autoscaler {
        Scaling::Machines(automatic_profile(request, manual))
    } else if request.disable_cluster_autoscaler {
        Scaling::Machines(manual_profile(properties, automatic))
    } else {
        Scaling::Keep
    })
}

/// Turns every manual profile into an automatic one with the same bounds.
fn automatic_profile(request: &UpdateNodePoolRequest, manual: &[Json]) -> Json {
    let profile = |size: Json| {
        without_nulls(
            json!({"size": size, "minCount": request.min_count, "maxCount": request.max_count}),
        )
    };
    let profiles: Vec<Json> = if manual.is_empty() {
        vec![profile(request.node_vm_size.clone().into())]
    } else {
        manual
            .iter()
            .map(|profile_now| profile(profile_now["size"].clone()))
            .collect()
    };
    json!({"scale": {"autoscale": profiles}})
}

/// Turns every automatic profile into a manual one with its least count, or else with the present
/// number of nodes.
fn manual_profile(properties: &Json, automatic: &[Json]) -> Json {
    let nodes = properties["virtualMachineNodesStatus"]
        .as_array()
        .into_iter()
        .flatten();
    let nodes: i64 = nodes.filter_map(|status| status["count"].as_i64()).sum();
    let nodes = (nodes != 0).then_some(nodes);
    let profiles = automatic.iter().map(|profile| {
        let least = profile["minCount"].as_i64().or(nodes);
        without_nulls(json!({"size": profile["size"], "count": least}))
    });
    json!({"scale": {"manual": profiles.collect::<Vec<_>>()}})
}

/// Removes null members, because az's SDK leaves out what is `None`.
fn without_nulls(mut object: Json) -> Json {
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::filled;

    #[test]
    fn counts_are_checked_in_azs_order() {
        for (enabled, min, max, nodes, mode, wrong) in [
            (false, None, None, None, None, ""),
            (false, Some(1), None, None, None, "autoscaler or --update"),
            (false, Some(1), None, Some(3), None, "autoscaler, please"),
            (true, Some(1), None, None, None, "Please specify both"),
            (true, Some(2), Some(1), None, None, "count should be less"),
            (
                true,
                Some(0),
                Some(1),
                Some(9),
                Some("System"),
                "not in the range",
            ),
            (
                true,
                Some(0),
                Some(1),
                None,
                Some("System"),
                "for System node pools",
            ),
        ] {
            let counts = Counts {
                enabled,
                min,
                max,
                mode,
                nodes,
            };
            let said = counts.check().err().map(|error| error.message);
            let said = said.unwrap_or_default();
            let is_as_expected = said.contains(wrong) && said.is_empty() == wrong.is_empty();
            assert!(is_as_expected, "{wrong}: {said}");
        }
    }

    fn change(request: &UpdateNodePoolRequest, properties: &Json) -> Scaling {
        match decide(request, &json!({"properties": properties})) {
            Ok(Decision::Change(scaling)) => scaling,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_scale_set_is_switched() {
        let enable = filled(|r: &mut UpdateNodePoolRequest| {
            (r.enable_cluster_autoscaler, r.min_count, r.max_count) = (true, Some(1), Some(5));
        });
        assert_eq!(change(&enable, &json!({})), Scaling::On(Some(1), Some(5)));
        let disable = filled(|r: &mut UpdateNodePoolRequest| r.disable_cluster_autoscaler = true);
        assert_eq!(
            change(&disable, &json!({"enableAutoScaling": true})),
            Scaling::Off
        );
        assert_eq!(Scaling::Off.bound(|_, max| max), Some(Json::Null));
        assert_eq!(
            change(&UpdateNodePoolRequest::default(), &json!({"type": null})),
            Scaling::Keep
        );
        assert_eq!(
            decide(&disable, &json!({"properties": {}})),
            Ok(Decision::Already(ALREADY_DISABLED))
        );
    }

    #[test]
    fn virtual_machines_are_switched_profile_by_profile() {
        let enable = filled(|r: &mut UpdateNodePoolRequest| {
            (r.enable_cluster_autoscaler, r.min_count, r.max_count) = (true, Some(1), Some(5));
        });
        let manual = json!({"type": "virtualmachines",
            "virtualMachinesProfile": {"scale": {"manual": [{"size": "A", "count": 2}, {"count": 1}]}}});
        assert_eq!(
            change(&enable, &manual).machines(),
            Some(
                json!({"scale": {"autoscale": [{"size": "A", "minCount": 1, "maxCount": 5}, {"minCount": 1, "maxCount": 5}]}})
            )
        );
        let disable = filled(|r: &mut UpdateNodePoolRequest| r.disable_cluster_autoscaler = true);
        let automatic = json!({"type": "VirtualMachines", "virtualMachineNodesStatus": [{"count": 2}, {"size": "x"}, {"count": 1}],
            "virtualMachinesProfile": {"scale": {"autoscale": [{"size": "A", "minCount": 4}, {"size": "B"}]}}});
        assert_eq!(
            change(&disable, &automatic).machines(),
            Some(
                json!({"scale": {"manual": [{"size": "A", "count": 4}, {"size": "B", "count": 3}]}})
            )
        );
        let both = filled(|r: &mut UpdateNodePoolRequest| {
            (r.update_cluster_autoscaler, r.min_count) = (true, Some(1));
        });
        let error = decide(&both, &json!({"properties": {"type": "VirtualMachines"}})).unwrap_err();
        assert!(
            error
                .message
                .starts_with("--update-cluster-autoscaler is not supported")
        );
    }

    #[test]
    fn an_unknown_type_is_refused_as_az_refuses_it() {
        let error = decide(
            &UpdateNodePoolRequest::default(),
            &json!({"properties": {"type": "Other"}}),
        )
        .unwrap_err();
        assert!(error.message.starts_with("--vm-set-type can only be"));
    }
}
