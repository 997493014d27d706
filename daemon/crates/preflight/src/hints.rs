//! Hints for errors of Azure: a table of codes and messages.

use crate::advice;
use crate::input::{Action, Target};

/// An error, and the alternative that works.
struct Hint {
    /// The actions that it applies to.
    actions: &'static [Action],
    /// Texts that the error must all contain, without regard to case.
    says: &'static [&'static str],
    /// Returns the alternative that works.
    works: fn(&Target<'_>) -> String,
}

const ANY: &[Action] = &[Action::Add, Action::Update, Action::Scale];
const NEW_NODES: &[Action] = &[Action::Add, Action::Scale];

/// The table of hints. The first matching row is used.
static HINTS: &[Hint] = &[
    Hint {
        actions: ANY,
        says: &["cannot boot Hypervisor Generation '1'"],
        works: |_| {
            "the size runs Generation 2 alone; give a Windows2022 pool the header, in a new pool: \
             az aks nodepool add … --aks-custom-headers UseWindowsGen2VM=true"
                .to_owned()
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["PropertyChangeNotAllowed", "osType"],
        works: |target| {
            new_pool(
                "the OS of a pool cannot change, so a new one is needed",
                target,
            )
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["PropertyChangeNotAllowed"],
        works: |target| new_pool("what cannot change in place, a new pool has", target),
    },
    Hint {
        actions: &[Action::Update],
        says: &["vmSize", "not allowed"],
        works: |target| {
            new_pool(
                "the size cannot change in place here, so a new pool is needed",
                target,
            )
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["hypervisor generation"],
        works: |target| {
            new_pool(
                "a pool cannot change its generation in place, so a new one is needed",
                target,
            )
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["disk controller"],
        works: |target| {
            new_pool(
                "a pool cannot change its disk controller in place, so a new one is needed",
                target,
            )
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["DiskControllerType"],
        works: |target| {
            new_pool(
                "a pool cannot change its disk controller in place, so a new one is needed",
                target,
            )
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["architecture"],
        works: |target| {
            new_pool(
                "a pool cannot change its architecture in place, so a new one is needed",
                target,
            )
        },
    },
    Hint {
        actions: &[Action::Update],
        says: &["maxSurge"],
        works: |target| {
            let line = advice::update(target, "--max-surge 10% --max-unavailable 0");
            format!("another size needs a surge: {line}")
        },
    },
    Hint {
        actions: ANY,
        says: &["InsufficientVCPUQuota"],
        works: |_| QUOTA.to_owned(),
    },
    Hint {
        actions: ANY,
        says: &["QuotaExceeded"],
        works: |_| QUOTA.to_owned(),
    },
    Hint {
        actions: ANY,
        says: &["OperationNotAllowed", "quota"],
        works: |_| QUOTA.to_owned(),
    },
    Hint {
        actions: ANY,
        says: &["AvailabilityZoneNotSupported"],
        works: |_| {
            "sizes that are open in zones: azq sizes --location LOCATION --zone 1 2 3 --aks --available"
                .to_owned()
        },
    },
    Hint {
        actions: NEW_NODES,
        says: &["SkuNotAvailable"],
        works: |_| SIZES.to_owned(),
    },
    Hint {
        actions: NEW_NODES,
        says: &["not allowed in your subscription"],
        works: |_| SIZES.to_owned(),
    },
    Hint {
        actions: NEW_NODES,
        says: &["VMSizeNotSupported"],
        works: |_| SIZES.to_owned(),
    },
    Hint {
        actions: ANY,
        says: &["OperationNotAllowed", "in progress"],
        works: busy,
    },
    Hint {
        actions: ANY,
        says: &["AnotherOperationInProgress"],
        works: busy,
    },
];

const QUOTA: &str = "what is left of each quota: az vm list-usage --location LOCATION -o table; \
                     sizes with room: azq sizes --location LOCATION --aks --available --quota NODES";
const SIZES: &str =
    "sizes that are open to the subscription: azq sizes --location LOCATION --aks --available";

fn new_pool(why: &str, target: &Target<'_>) -> String {
    format!(
        "{why}: az aks nodepool add, drain and delete this one; of a pool on Generation 1 the steps \
         are told by: {}",
        advice::plan(target)
    )
}

fn busy(target: &Target<'_>) -> String {
    let line = advice::of_pool("az aks nodepool wait --updated", target, target.pool);
    format!("wait until what is under way has ended, and try again: {line}")
}

/// Returns the alternative that works after an error of Azure, in one line, or `None` if azq knows
/// none.
pub fn hint(action: Action, target: &Target<'_>, error: &str) -> Option<String> {
    let error = error.to_lowercase();
    let fits = |hint: &&Hint| {
        let mut says = hint.says.iter().map(|text| text.to_lowercase());
        hint.actions.contains(&action) && says.all(|text| error.contains(&text))
    };
    HINTS.iter().find(fits).map(|hint| (hint.works)(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'static> = Target {
        resource_group: "g",
        cluster: "c",
        pool: "np",
    };

    #[test]
    fn a_known_error_has_its_way_out() {
        for (action, error, begins) in [
            (
                Action::Update,
                "(PropertyChangeNotAllowed) Changing property 'properties.vmSize' is not allowed.",
                "what cannot change in place, a new pool has",
            ),
            (
                Action::Update,
                "(PropertyChangeNotAllowed) Changing property 'properties.osType' is not allowed.",
                "the OS of a pool cannot change, so a new one is needed",
            ),
            (
                Action::Add,
                "The selected VM size 'X' cannot boot Hypervisor Generation '1'.",
                "the size runs Generation 2 alone",
            ),
            (
                Action::Scale,
                "(ErrCode_InsufficientVCPUQuota) Insufficient vcpu quota requested 8, remaining 4",
                "what is left of each quota",
            ),
            (
                Action::Add,
                "(BadRequest) The VM size of AgentPoolProfile:np is not allowed in your subscription",
                "sizes that are open",
            ),
            (
                Action::Add,
                "(AvailabilityZoneNotSupported) The zone(s) 2 for resource np is not supported.",
                "sizes that are open in zones",
            ),
            (
                Action::Scale,
                "(OperationNotAllowed) Operation is not allowed: Another operation is in progress",
                "wait until",
            ),
        ] {
            let found = hint(action, &TARGET, error).unwrap_or_default();
            assert!(found.starts_with(begins), "{error}: {found}");
            assert!(!found.contains('\n'), "{found}");
        }
    }

    #[test]
    fn an_error_that_is_not_known_has_none() {
        for error in ["", "(AuthorizationFailed) no", "(ResourceNotFound) gone"] {
            assert_eq!(hint(Action::Update, &TARGET, error), None);
        }
        let size = "(PropertyChangeNotAllowed) properties.vmSize";
        assert_eq!(hint(Action::Add, &TARGET, size), None);
    }
}
