//! Resource ids, parsed as az does (azure-mgmt-core, `tools.py`).

use std::sync::LazyLock;

use regex::{Captures, Regex};

static ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(?i)^/subscriptions/(?P<subscription>[^/]+)(/resourceGroups/(?P<group>[^/]+))?\
         (/providers/(?P<namespace>[^/]+)/(?P<type>[^/]*)/(?P<name>[^/]+)(?P<children>.*))?",
    )
    .ok()
});
static CHILD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("(?i)(/providers/(?P<namespace>[^/]+))?/(?P<type>[^/]*)/(?P<name>[^/]+)").ok()
});

/// The parts of a resource id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identifier {
    subscription: String,
    group: Option<String>,
    resource: Option<Part>,
    children: Vec<Part>,
}

/// A resource within an id.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    namespace: Option<String>,
    kind: String,
    name: String,
}

/// The source of the API version of an id's resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Versioned {
    /// A resource group, which has the API version of its own provider.
    Group,
    /// A type of a provider.
    Type {
        /// The provider.
        namespace: String,
        /// The type, or the first type of its parents.
        kind: String,
    },
}

impl Identifier {
    /// Parses an id; `None` if az would not build the same text from its parts.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let found = ID.as_ref()?.captures(text)?;
        let children = found
            .name("children")
            .map_or("", |children| children.as_str());
        let identifier = Self {
            subscription: found.name("subscription")?.as_str().to_owned(),
            group: owned(&found, "group"),
            resource: Part::of(&found),
            children: CHILD
                .as_ref()?
                .captures_iter(children)
                .filter_map(|child| Part::of(&child))
                .collect(),
        };
        let same = identifier.text().to_lowercase() == text.to_lowercase();
        same.then_some(identifier)
    }

    /// Returns the resource group.
    pub(crate) fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Returns the id that az builds of the parts (`resource_id`).
    fn text(&self) -> String {
        let mut parts = vec!["", "subscriptions", &self.subscription];
        if let Some(group) = &self.group {
            parts.extend(["resourceGroups", group]);
        }
        for part in self.resource.iter().chain(&self.children) {
            if let Some(namespace) = &part.namespace {
                parts.extend(["providers", namespace]);
            }
            parts.extend([&*part.kind, &*part.name]);
        }
        parts.join("/")
    }

    /// Returns the source of its API version (azure-cli, `resource/custom.py`,
    /// `_resolve_api_version_by_id`); `None` for an id that az does not support.
    pub(super) fn versioned(&self) -> Option<Versioned> {
        let Some(resource) = &self.resource else {
            return self.group.as_ref().map(|_| Versioned::Group);
        };
        let first = self.children.first();
        let of_child = first.and_then(|child| child.namespace.clone());
        let is_independent = of_child.is_some() && self.children.len() == 1;
        // az uses the type of the topmost parent, which is that of the resource itself.
        let kind = match first {
            Some(child) if is_independent => &child.kind,
            _ => &resource.kind,
        };
        Some(Versioned::Type {
            namespace: of_child.or_else(|| resource.namespace.clone())?,
            kind: kind.clone(),
        })
    }
}

impl Part {
    fn of(found: &Captures<'_>) -> Option<Self> {
        Some(Self {
            namespace: owned(found, "namespace"),
            kind: owned(found, "type")?,
            name: owned(found, "name")?,
        })
    }
}

fn owned(found: &Captures<'_>, name: &str) -> Option<String> {
    Some(found.name(name)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versioned(id: &str) -> Option<(String, String)> {
        match Identifier::read(id)?.versioned()? {
            Versioned::Group => Some(("group".to_owned(), String::new())),
            Versioned::Type { namespace, kind } => Some((namespace, kind)),
        }
    }

    #[test]
    fn the_version_is_that_of_the_topmost_type_or_of_an_extension() {
        let group = "/subscriptions/s/resourceGroups/g";
        let vm = format!("{group}/providers/Microsoft.Compute/virtualMachines/v");
        let pair = |namespace: &str, kind: &str| Some((namespace.to_owned(), kind.to_owned()));
        let compute = "Microsoft.Compute";
        assert_eq!(versioned(group), pair("group", ""));
        assert_eq!(versioned(&vm), pair(compute, "virtualMachines"));
        assert_eq!(
            versioned(&format!("{vm}/extensions/e")),
            pair(compute, "virtualMachines")
        );
        let lock = format!("{vm}/providers/Microsoft.Authorization/locks/l");
        assert_eq!(versioned(&lock), pair("Microsoft.Authorization", "locks"));
        assert_eq!(versioned("/subscriptions/s"), None);
    }

    #[test]
    fn what_is_no_id_is_told_apart() {
        for id in [
            "",
            "x",
            "/subscriptions/s/",
            "/subscriptions/s/resourceGroups/g/more",
            "/subscriptions/s/resourceGroups/g/providers/N/t",
            "/subscriptions/s/resourceGroups/g/providers/N/t/n/child",
        ] {
            assert_eq!(Identifier::read(id), None, "{id}");
        }
        assert!(Identifier::read("/SUBSCRIPTIONS/s/resourcegroups/g").is_some());
    }
}
