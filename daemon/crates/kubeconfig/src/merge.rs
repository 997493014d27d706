//! The merge itself (azure-cli, `acs/custom.py`, `merge_kubernetes_configurations`).

use std::sync::Arc;

use azq_document::{Object, Value};
use azq_output::OutputError;
use azq_python::is_true;

use super::read::{Names, Unsupported, read};

/// The credentials to be merged, and the permissions for the merge.
#[derive(Clone, Copy)]
pub struct Addition<'a> {
    /// The kubeconfig that Azure returned.
    pub kubeconfig: &'a str,
    /// The names that stand for long values in both texts, if there are any.
    pub names: Option<Names>,
    /// The name that its context and its cluster get instead of Azure's.
    pub context: Option<&'a str>,
    /// Whether every item of the same name is overwritten.
    pub overwrites: bool,
    /// The questions to which the user agreed.
    pub agreed: &'a [String],
    /// Whether there is a user who can be asked.
    pub may_ask: bool,
}

/// The result of a merge.
#[derive(Clone, PartialEq)]
pub enum Merged {
    /// The new text, and its current context.
    Text {
        /// The whole kubeconfig.
        text: Vec<u8>,
        /// The name of the context that is current from now on.
        current_context: String,
    },
    /// The question that the user must agree to first; nothing was merged.
    Question(String),
}

/// The reason why credentials were not merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A different item has this name, and must not be overwritten.
    #[error("A different object named {name} already exists in {list} in your kubeconfig file.")]
    Conflict {
        /// The item's name.
        name: String,
        /// `clusters`, `users` or `contexts`.
        list: &'static str,
    },
    /// The existing kubeconfig lacks a list.
    #[error(
        "No such key '{0}' in existing config, please confirm whether it is a valid config file. \
         May back up this config file, delete it and retry the command."
    )]
    MissingKey(&'static str),
    /// The existing kubeconfig is not supported, so az must merge it.
    #[error("{0}")]
    Existing(Unsupported),
    /// Azure's kubeconfig is not supported, so az must merge it.
    #[error("{0}")]
    Addition(Unsupported),
    /// The merged kubeconfig cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

const UNKNOWN_CONTEXT: MergeError = MergeError::Addition(Unsupported::Form("current-context"));

/// The reason why one list was not merged.
enum MergeExit {
    Question(String),
    Error(MergeError),
}

impl From<MergeError> for MergeExit {
    fn from(error: MergeError) -> Self {
        Self::Error(error)
    }
}

/// Merges credentials into the text of a kubeconfig.
///
/// # Errors
/// One of the texts has an unknown form, or an item of the same name must not be overwritten.
pub fn merge(existing: &str, addition: &Addition<'_>) -> Result<Merged, MergeError> {
    let existing = read(existing, addition.names).map_err(MergeError::Existing)?;
    let new = read(addition.kubeconfig, addition.names)
        .and_then(|read| new_config(read, addition))
        .map_err(MergeError::Addition)?;
    let current = new.get("current-context").cloned();
    let merged = match existing {
        Value::Null => new,
        Value::Object(existing) => match merge_lists(&existing, &new, addition) {
            Ok(merged) => merged,
            Err(MergeExit::Question(question)) => return Ok(Merged::Question(question)),
            Err(MergeExit::Error(error)) => return Err(error),
        },
        _ => return Err(MergeError::MissingKey("clusters")),
    };
    let current_context = match current {
        Some(Value::String(name)) => name.to_string(),
        // az uses this name where there was no kubeconfig before.
        None if merged.get("current-context").is_none() => "UNKNOWN".to_owned(),
        _ => return Err(UNKNOWN_CONTEXT),
    };
    Ok(Merged::Text {
        text: azq_output::yaml::dump(&Value::Object(Arc::new(merged)))?,
        current_context,
    })
}

/// Returns Azure's kubeconfig with the names that it shall have.
fn new_config(read: Value, addition: &Addition<'_>) -> Result<Object, Unsupported> {
    let Value::Object(read) = read else {
        return Err(Unsupported::Form("kubeconfig"));
    };
    let mut new = Arc::unwrap_or_clone(read);
    if let Some(name) = addition.context {
        change_first(&mut new, "contexts", |context| {
            context.set("name", name.into());
            change(context, "context", |inner| {
                inner.set("cluster", name.into());
            })
        })?;
        change_first(&mut new, "clusters", |cluster| {
            cluster.set("name", name.into());
            Ok(())
        })?;
        new.set("current-context", name.into());
    }
    rename_admin_context(&mut new);
    Ok(new)
}

/// Gives the first context of an administrator its own name, because it must not replace a user's.
fn rename_admin_context(new: &mut Object) {
    let contexts = new.get("contexts").and_then(Value::as_array);
    let mut contexts = contexts.unwrap_or_default().to_vec();
    let is_admin = |context: &Value| {
        let user = context.get("context")?.get("user")?.as_str()?;
        user.starts_with("clusterAdmin").then_some(())?;
        Some(format!("{}-admin", context.get("name")?.as_str()?))
    };
    let found = contexts
        .iter_mut()
        .find_map(|context| Some((is_admin(context)?, context)));
    let Some((name, Value::Object(context))) = found else {
        return;
    };
    Arc::make_mut(context).set("name", name.as_str().into());
    new.set("contexts", contexts.into());
    new.set("current-context", name.as_str().into());
}

/// Changes the first object of a list.
fn change_first(
    object: &mut Object,
    list: &'static str,
    change: impl FnOnce(&mut Object) -> Result<(), Unsupported>,
) -> Result<(), Unsupported> {
    let items = object.get(list).and_then(Value::as_array);
    let mut items = items.unwrap_or_default().to_vec();
    let Some(Value::Object(first)) = items.first_mut() else {
        return Err(Unsupported::Form(list));
    };
    change(Arc::make_mut(first))?;
    object.set(list, items.into());
    Ok(())
}

/// Changes a member of an object that is itself an object.
fn change(
    object: &mut Object,
    member: &'static str,
    change: impl FnOnce(&mut Object),
) -> Result<(), Unsupported> {
    let Some(Value::Object(inner)) = object.get(member) else {
        return Err(Unsupported::Form(member));
    };
    let mut inner = Object::clone(inner);
    change(&mut inner);
    object.set(member, Value::Object(Arc::new(inner)));
    Ok(())
}

fn merge_lists(
    existing: &Object,
    new: &Object,
    addition: &Addition<'_>,
) -> Result<Object, MergeExit> {
    let mut merged = existing.clone();
    for list in ["clusters", "users", "contexts"] {
        let Some(added) = new.get(list).filter(|list| is_true(*list)) else {
            continue;
        };
        let old = existing.get(list).ok_or(MergeError::MissingKey(list))?;
        if !is_true(old) {
            merged.set(list, added.clone());
            continue;
        }
        let form = Unsupported::Form(list);
        let old = objects(old).ok_or_else(|| MergeError::Existing(form.clone()))?;
        let added = objects(added).ok_or(MergeError::Addition(form))?;
        merged.set(list, merge_list(list, old, added, addition)?.into());
    }
    let current = new.get("current-context");
    merged.set("current-context", current.ok_or(UNKNOWN_CONTEXT)?.clone());
    Ok(merged)
}

/// Returns the items of a list, if all are objects.
fn objects(list: &Value) -> Option<&[Value]> {
    let items = list.as_array()?;
    let all = items.iter().all(|item| matches!(item, Value::Object(_)));
    all.then_some(items)
}

/// Appends the new items and removes the old ones that they replace. The item after a removed one
/// is skipped, because az's loop changes the list that it iterates over.
fn merge_list(
    list: &'static str,
    old: &[Value],
    added: &[Value],
    addition: &Addition<'_>,
) -> Result<Vec<Value>, MergeExit> {
    let mut merged = old.to_vec();
    for new in added {
        let mut index = 0;
        while let Some(current) = merged.get(index) {
            index += 1;
            let (Some(name), Some(other)) = (name(new), name(current)) else {
                continue;
            };
            if name != other {
                continue;
            }
            if !addition.overwrites && new != current {
                allow(list, name, addition)?;
            }
            let first = merged.iter().position(|item| item == current);
            merged.remove(first.unwrap_or(index - 1));
        }
        merged.push(new.clone());
    }
    Ok(merged)
}

/// Returns the name of an item, if it has one.
fn name(item: &Value) -> Option<&Value> {
    item.get("name").filter(|name| is_true(*name))
}

/// Checks whether the user allows an item of this name to be overwritten.
fn allow(list: &'static str, name: &Value, addition: &Addition<'_>) -> Result<(), MergeExit> {
    let unknown = MergeError::Existing(Unsupported::Form("name"));
    let name = name.as_str().ok_or(unknown)?;
    let question = format!(
        "A different object named {name} already exists in your kubeconfig file.\nOverwrite?"
    );
    if addition.agreed.contains(&question) {
        return Ok(());
    }
    if addition.may_ask {
        return Err(MergeExit::Question(question));
    }
    let name = name.to_owned();
    Err(MergeError::Conflict { name, list }.into())
}

#[cfg(test)]
mod tests;
