//! `az vm list` and `show`: virtual machines.

use std::sync::Arc;

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;

use super::vm_schema::VIRTUAL_MACHINE;
use crate::groups::resources_path;
use crate::nodepools::Printed;
use crate::resources::Identifier;
use azq_arm::Report;
use azq_arm::segment;
use azq_arm::{Arm, Request};
use azq_command::{CommandError, bail, error};
use azq_schema::{add_resource_groups, selection};

/// The API version of `Microsoft.Compute` that az 2.91 uses here.
pub(crate) const API_VERSION: &str = "2026-04-01";

/// Reads the virtual machines of a resource group, of the subscription, or of a scale set from
/// Azure, without a cache.
///
/// # Errors
/// A scale set's name without a group; an error of Azure's.
pub async fn list(arm: &Arm, request: &v1::ListVmsRequest, report: &dyn Report) -> Printed {
    let mut group = request.resource_group_name.clone();
    let mut query = Vec::new();
    if let Some(set) = &request.vmss {
        let id = scale_set(arm, set, &mut group)?;
        let filter = format!("'virtualMachineScaleSet/id' eq '{id}'");
        query.push(("$filter".to_owned(), filter));
    }
    let path = path(arm.subscription(), group.as_deref());
    let machines = arm.list(&path, API_VERSION, &query, report).await?;
    let documents = machines.iter().map(document);
    Ok(Some(documents.collect::<Vec<_>>().into()))
}

/// Returns the id of a scale set that is given by its name or its id. An id also sets the group.
fn scale_set(arm: &Arm, set: &str, group: &mut Option<String>) -> Result<String, CommandError> {
    if let Some(id) = Identifier::read(set) {
        if group.is_none() {
            *group = id.group().map(str::to_owned);
        }
        return Ok(set.to_owned());
    }
    let Some(group) = group else {
        bail!(
            "usage error: please specify the --resource-group when listing VM instances with VMSS name"
        );
    };
    let subscription = arm.subscription();
    Ok(format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute\
         /virtualMachineScaleSets/{set}"
    ))
}

/// Reads a virtual machine from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn show(arm: &Arm, request: &v1::ShowVmRequest, report: &dyn Report) -> Printed {
    let (group, name) = required(request)?;
    let path = format!(
        "{}/{}",
        path(arm.subscription(), Some(group)),
        segment(name)
    );
    let mut asked = Request::get(path, API_VERSION);
    if request.include_user_data {
        asked = asked.parameter("$expand", "userData");
    }
    let answer = arm.send(&asked, report).await?.document()?;
    Ok(Some(shown(answer.unwrap_or_default())))
}

/// Returns the group and the name. az requires them only after it has parsed the command line,
/// because an id could have given them.
///
/// # Errors
/// One of them is missing, or both.
pub fn required(request: &v1::ShowVmRequest) -> Result<(&str, &str), CommandError> {
    match (&request.resource_group_name, &request.name) {
        (Some(group), Some(name)) => Ok((group, name)),
        (group, name) => {
            let group = group.is_none().then_some("--resource-group");
            let name = name.is_none().then_some("--name");
            let missing: Vec<_> = group.into_iter().chain(name).collect();
            let missing = missing.join(" ");
            Err(error!("({missing} | --ids) are required"))
        }
    }
}

/// Returns az's document of one virtual machine. The types of its extensions have another name than
/// in a list, and their resource types are left out (azure-cli, `vm/operations/vm.py`, `VMShow`).
fn shown(mut machine: Json) -> Value {
    let resources = machine.get_mut("resources").and_then(Json::as_array_mut);
    let mut types = Vec::new();
    for resource in resources.into_iter().flatten() {
        if let Json::Object(resource) = &mut *resource {
            resource.shift_remove("type");
        }
        let properties = resource.get_mut("properties");
        let properties = properties.and_then(Json::as_object_mut);
        types.push(properties.and_then(|properties| properties.shift_remove("type")));
    }
    let mut document = document(&machine);
    if let Value::Object(object) = &mut document {
        let object = Arc::make_mut(object);
        let resources = object.get("resources").and_then(Value::as_array);
        let named = resources.unwrap_or_default().iter().zip(types);
        let named: Vec<Value> = named
            .map(|(resource, kind)| with_type(resource, kind))
            .collect();
        if !named.is_empty() {
            object.set("resources", named.into());
        }
    }
    document
}

fn with_type(resource: &Value, kind: Option<Json>) -> Value {
    let mut resource = resource.clone();
    if let (Value::Object(object), Some(kind)) = (&mut resource, kind) {
        Arc::make_mut(object).set("typePropertiesType", Value::from(&kind));
    }
    resource
}

/// Returns the list's path. As in Python, an empty group counts as none.
pub(crate) fn path(subscription: &str, group: Option<&str>) -> String {
    let group = group.filter(|group| !group.is_empty());
    resources_path(subscription, group, "Microsoft.Compute/virtualMachines")
}

/// Returns az's document of a virtual machine that Resource Manager has returned. If an extension
/// has two types, its own is used, where az fails with a traceback.
fn document(machine: &Json) -> Value {
    let mut machine = machine.clone();
    let resources = machine.get_mut("resources").and_then(Json::as_array_mut);
    for resource in resources.into_iter().flatten() {
        let has_type = resource.pointer("/properties/type").is_some();
        if let (true, Json::Object(resource)) = (has_type, resource) {
            resource.shift_remove("type");
        }
    }
    add_resource_groups(VIRTUAL_MACHINE.sparse_document(&machine))
}

/// Returns the table of several machines: a row for each.
pub fn table(document: &Value) -> Option<Value> {
    let rows = document.as_array()?.iter().map(row);
    Some(rows.collect::<Option<Vec<_>>>()?.into())
}

/// Returns the row of a machine; `None` if it lacks a member that az's own row needs (azure-cli,
/// `vm/_format.py`, `transform_vm`).
pub fn row(machine: &Value) -> Option<Value> {
    let zones = match machine.get("zones") {
        None => None,
        Some(zones) => {
            let zones = zones.as_array()?.iter().map(Value::as_str);
            Some(zones.collect::<Option<Vec<_>>>()?.join(","))
        }
    };
    let cells = [
        ("name", machine.get("name")?.clone()),
        ("resourceGroup", machine.get("resourceGroup")?.clone()),
        ("powerState", Value::Null),
        ("publicIps", Value::Null),
        ("fqdns", Value::Null),
        ("location", machine.get("location")?.clone()),
    ];
    let zones = zones.map(|zones| ("zones", zones.into()));
    Some(selection(cells.into_iter().chain(zones)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn properties_stand_beside_the_others_and_only_where_they_are() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v";
        let machine = json!({"id": id, "name": "v", "new": 1, "properties": {"vmId": "x",
            "storageProfile": {"osDisk": {"diskSizeGB": 30}}, "fromTheFuture": 1}});
        let expected = json!({"id": id, "name": "v", "storageProfile": {"osDisk": {"diskSizeGB": 30}},
            "vmId": "x", "resourceGroup": "g"});
        assert_eq!(document(&machine), Value::from(&expected));
    }

    #[test]
    fn zones_are_a_column_where_there_are_some() {
        let machine =
            |zones| json!({"name": "v", "resourceGroup": "g", "location": "l", "zones": zones});
        let zones = |machine: &serde_json::Value| row(&Value::from(machine))?.get("zones").cloned();
        assert_eq!(zones(&machine(json!(["1", "2"]))), Some("1,2".into()));
        assert_eq!(
            zones(&json!({"name": "v", "resourceGroup": "g", "location": "l"})),
            None
        );
        assert_eq!(row(&Value::from(&json!({"name": "v"}))), None);
    }
}
