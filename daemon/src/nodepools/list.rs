//! `az aks nodepool list`.

use azq_document::Value;
use azq_proto::v1;

use super::schema::AGENT_POOL;
use super::{PoolCall, Printed, show};
use azq_schema::select_all;

/// Reads the cluster's pools from Azure, without a cache. The name's `pool` is not used.
///
/// # Errors
/// An error of Azure's.
pub async fn list(call: &PoolCall<'_, v1::ListNodePoolsRequest>) -> Printed {
    Ok(Some(AGENT_POOL.resources(&call.pools().await?)))
}

/// Returns the table: a row for each pool.
pub fn table(document: &Value) -> Value {
    select_all(document, &show::COLUMNS)
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
