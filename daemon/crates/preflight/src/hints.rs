//! Hints for errors of Azure: a table of codes and messages.

use crate::advice;
use crate::input::{Action, Target};

/// An error, and the alternative that works.
struct Hint {
    /// The actions that it applies to.
    actions: &'static [Action],
    /// Texts that the error must all contain, without regard to case.
    says: &'static [&'static str],
    /// The alternative that works.
    works: Works,
}

/// An alternative that works.
enum Works {
    /// These words.
    Words(&'static str),
    /// A new pool, for this reason.
    NewPool(&'static str),
    /// An update with a surge.
    Surge,
    /// Another try, once the operation in progress has ended.
    Later,
}

const ANY: &[Action] = &[Action::Add, Action::Update, Action::Scale];
const UPDATE: &[Action] = &[Action::Update];
const NEW_NODES: &[Action] = &[Action::Add, Action::Scale];

/// Declares hints: `ACTIONS, [TEXT, …] => ALTERNATIVE;`.
macro_rules! hints {
    ($($actions:ident, $says:expr => $works:expr;)*) => {
        &[$(Hint { actions: $actions, says: &$says, works: $works }),*]
    };
}

use Works::{Later, NewPool, Surge, Words};

/// The table of hints. The first matching row is used.
static HINTS: &[Hint] = hints! {
    ANY, ["cannot boot Hypervisor Generation '1'"] => Words(GEN2);
    UPDATE, ["PropertyChangeNotAllowed", "osType"] =>
        NewPool("the OS of a pool cannot change, so a new one is needed");
    UPDATE, ["PropertyChangeNotAllowed"] => NewPool("what cannot change in place, a new pool has");
    UPDATE, ["vmSize", "not allowed"] =>
        NewPool("the size cannot change in place here, so a new pool is needed");
    UPDATE, ["hypervisor generation"] =>
        NewPool("a pool cannot change its generation in place, so a new one is needed");
    UPDATE, ["disk controller"] => NewPool(DISK_CONTROLLER);
    UPDATE, ["DiskControllerType"] => NewPool(DISK_CONTROLLER);
    UPDATE, ["architecture"] =>
        NewPool("a pool cannot change its architecture in place, so a new one is needed");
    UPDATE, ["maxSurge"] => Surge;
    ANY, ["InsufficientVCPUQuota"] => Words(QUOTA);
    ANY, ["QuotaExceeded"] => Words(QUOTA);
    ANY, ["OperationNotAllowed", "quota"] => Words(QUOTA);
    ANY, ["AvailabilityZoneNotSupported"] => Words(ZONES);
    NEW_NODES, ["SkuNotAvailable"] => Words(SIZES);
    NEW_NODES, ["not allowed in your subscription"] => Words(SIZES);
    NEW_NODES, ["VMSizeNotSupported"] => Words(SIZES);
    ANY, ["OperationNotAllowed", "in progress"] => Later;
    ANY, ["AnotherOperationInProgress"] => Later;
};

const GEN2: &str = "the size runs Generation 2 alone; give a Windows2022 pool the header, in a new pool: \
                    az aks nodepool add … --aks-custom-headers UseWindowsGen2VM=true";
const DISK_CONTROLLER: &str =
    "a pool cannot change its disk controller in place, so a new one is needed";
const QUOTA: &str = "what is left of each quota: az vm list-usage --location LOCATION -o table; \
                     sizes with room: azq sizes --location LOCATION --aks --available --quota NODES";
const ZONES: &str =
    "sizes that are open in zones: azq sizes --location LOCATION --zone 1 2 3 --aks --available";
const SIZES: &str =
    "sizes that are open to the subscription: azq sizes --location LOCATION --aks --available";

impl Works {
    /// Describes the alternative for a pool.
    fn told(&self, target: &Target<'_>) -> String {
        match self {
            Words(words) => (*words).to_owned(),
            NewPool(why) => format!(
                "{why}: az aks nodepool add, drain and delete this one; of a pool on Generation 1 \
                 the steps are told by: {}",
                advice::plan(target)
            ),
            Surge => {
                let line = advice::update(target, "--max-surge 10% --max-unavailable 0");
                format!("another size needs a surge: {line}")
            }
            Later => {
                let line = advice::of_pool("az aks nodepool wait --updated", target, target.pool);
                format!("wait until what is under way has ended, and try again: {line}")
            }
        }
    }
}

/// Returns the alternative that works after an error of Azure, in one line, or `None` if azq knows
/// none.
pub fn hint(action: Action, target: &Target<'_>, error: &str) -> Option<String> {
    let error = error.to_lowercase();
    let fits = |hint: &&Hint| {
        let mut says = hint.says.iter().map(|text| text.to_lowercase());
        hint.actions.contains(&action) && says.all(|text| error.contains(&text))
    };
    HINTS.iter().find(fits).map(|hint| hint.works.told(target))
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
