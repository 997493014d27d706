//! `az aks nodepool list`.

use azq_document::Value;
use azq_proto::v1;

use super::{API_VERSION, PoolName, document::documents, show};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// Reads the cluster's pools from Azure, without a cache. The name's `pool` is not used.
///
/// # Errors
/// An error of Azure's.
pub async fn list(
    arm: &Arm,
    pool: &PoolName,
    _: &v1::ListNodePoolsRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let path = pool.collection_path(arm.subscription());
    let pools = arm.list(&path, API_VERSION, &[], report).await?;
    Ok(Some(documents(&pools).into()))
}

/// Returns the table: a row for each pool.
pub fn table(document: &Value) -> Value {
    let pools = document.as_array().unwrap_or_default();
    pools.iter().map(show::row).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_has_azs_columns_in_azs_order() {
        let pools = Value::from(
            &json!([{"mode": "User", "name": "p", "osDiskSizeGb": 128, "orchestratorVersion": "1"}]),
        );
        let Value::Array(rows) = table(&pools) else {
            panic!("not a list")
        };
        let Some(Value::Object(row)) = rows.first() else {
            panic!("not a row")
        };
        let cells: Vec<_> = row
            .entries
            .iter()
            .filter(|(_, value)| *value != Value::Null)
            .collect();
        assert_eq!(row.origin, azq_document::Origin::Selection);
        assert_eq!(
            cells,
            [
                &("name".into(), "p".into()),
                &("kubernetesVersion".into(), "1".into()),
                &("mode".into(), "User".into()),
            ]
        );
        assert_eq!(row.entries.len(), 9);
        assert_eq!(show::table(&Value::Null), Value::from(vec![Value::Null]));
    }
}
