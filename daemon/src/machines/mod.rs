//! `az aks machine list` and `show`: the machines of an agent pool.
//!
//! Deliberately absent: any command that changes a machine; the real az carries those out.

mod schema;

use azq_document::Value;
use azq_proto::v1;

use crate::nodepools::{PoolCall, Printed};
use azq_arm::segment;
use azq_schema::selection;
use schema::MACHINE;

/// Reads the machines of a pool from Azure, without a cache.
///
/// # Errors
/// A name that no pool can have; an error of Azure's.
pub async fn list(call: &PoolCall<'_, v1::ListMachinesRequest>) -> Printed {
    call.check_name()?;
    let machines = call.list(&collection_path(call)).await?;
    Ok(Some(MACHINE.resources(&machines)))
}

/// Reads a machine from Azure, without a cache.
///
/// # Errors
/// A name that no pool can have; an error of Azure's.
pub async fn show(call: &PoolCall<'_, v1::ShowMachineRequest>) -> Printed {
    call.check_name()?;
    let name = call.request.machine_name.as_deref().unwrap_or_default();
    let path = format!("{}/{}", collection_path(call), segment(name));
    Ok(Some(MACHINE.resource(&call.get(&path).await?)))
}

fn collection_path<R>(call: &PoolCall<'_, R>) -> String {
    format!("{}/machines", call.path())
}

/// Returns the table of several machines: a row for each.
pub fn table(document: &Value) -> Option<Value> {
    let machines = document.as_array()?.iter();
    let rows = machines.map(row).collect::<Option<Vec<_>>>()?;
    Some(rows.into())
}

/// Returns the row of a machine; `None` if a member is missing that az's own row needs (azure-cli,
/// `acs/_format.py`, `aks_machine_show_table_format`).
pub fn row(machine: &Value) -> Option<Value> {
    let properties = machine.get("properties")?;
    let zones = machine.get("zones")?.as_array().unwrap_or_default();
    if zones.is_empty() && *properties == Value::Null {
        return None;
    }
    let zones = zones
        .iter()
        .map(Value::as_str)
        .collect::<Option<Vec<_>>>()?;
    let zones: Vec<&str> = zones
        .into_iter()
        .map(str::trim)
        .filter(|zone| !zone.is_empty())
        .collect();
    let network = properties.get("network");
    let addresses = network.and_then(|network| network.get("ipAddresses")?.as_array());
    let addresses = addresses.unwrap_or_default().iter().filter_map(|address| {
        let part = |name| {
            let part = address.get(name)?;
            Some(part.as_str().unwrap_or("None"))
        };
        Some(format!("ip:{},family:{};", part("ip")?, part("family")?))
    });
    Some(selection([
        ("name", machine.get("name")?.clone()),
        ("ip", addresses.collect::<String>().into()),
        ("zones", zones.join(", ").into()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(machine: &serde_json::Value) -> Option<Value> {
        row(&MACHINE.document(machine))
    }

    #[test]
    fn a_row_joins_addresses_and_zones() {
        let machine = json!({"name": "m", "zones": ["1", " 2 ", ""], "properties": {"network": {
            "ipAddresses": [{"ip": "10.0.0.4", "family": "IPv4"}, {"ip": "fd00::4"}]}}});
        let ip = "ip:10.0.0.4,family:IPv4;ip:fd00::4,family:None;";
        let expected = json!({"name": "m", "ip": ip, "zones": "1, 2"});
        assert_eq!(shown(&machine), Some(Value::from(&expected)));
        let bare = json!({"name": "m", "ip": "", "zones": ""});
        for machine in [
            json!({"name": "m", "properties": {}}),
            json!({"name": "m", "properties": {"network": null}, "zones": []}),
        ] {
            assert_eq!(shown(&machine), Some(Value::from(&bare)), "{machine}");
        }
    }

    #[test]
    fn there_is_no_row_without_properties_and_zones() {
        assert_eq!(shown(&json!({"name": "m"})), None);
        assert!(shown(&json!({"name": "m", "zones": ["1"]})).is_some());
        assert_eq!(shown(&json!("text")), None);
    }
}
