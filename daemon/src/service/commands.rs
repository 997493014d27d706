//! The rpcs of service `Commands`, a line each: every request type is a [`Command`](super::Command) in a file of its own.

use super::answer::{Replies, answer};
use super::{Asked, Commands};
use azq_proto::v1::{self, commands_server};
use tonic::{Request, Response, Status};

macro_rules! rpcs {
    ($($rpc:ident, $stream:ident, $request:ident;)*) => {
        #[tonic::async_trait]
        impl commands_server::Commands for Commands {
            $(
                type $stream = Replies;
                async fn $rpc(
                    &self,
                    request: Request<v1::$request>,
                ) -> Result<Response<Replies>, Status> {
                    let (_, mut extensions, request) = request.into_parts();
                    let memory = extensions.remove();
                    Ok(answer(&self.0, request, memory).await)
                }
            )*
        }

        $(
            impl Asked for v1::$request {
                fn take_context(&mut self) -> Option<v1::Context> {
                    self.context.take()
                }
            }
        )*
    };
}

rpcs! {
    list_skus, ListSkusStream, ListSkusRequest;
    list_vm_sizes, ListVmSizesStream, ListVmSizesRequest;
    list_vm_usage, ListVmUsageStream, ListVmUsageRequest;
    add_node_pool, AddNodePoolStream, AddNodePoolRequest;
    update_node_pool, UpdateNodePoolStream, UpdateNodePoolRequest;
    show_node_pool, ShowNodePoolStream, ShowNodePoolRequest;
    list_node_pools, ListNodePoolsStream, ListNodePoolsRequest;
    delete_node_pool, DeleteNodePoolStream, DeleteNodePoolRequest;
    scale_node_pool, ScaleNodePoolStream, ScaleNodePoolRequest;
    upgrade_node_pool, UpgradeNodePoolStream, UpgradeNodePoolRequest;
    wait_node_pool, WaitNodePoolStream, WaitNodePoolRequest;
    get_node_pool_upgrades, GetNodePoolUpgradesStream, GetNodePoolUpgradesRequest;
    get_node_pool_rollback_versions, GetNodePoolRollbackVersionsStream, GetNodePoolRollbackVersionsRequest;
    rollback_node_pool, RollbackNodePoolStream, RollbackNodePoolRequest;
    start_node_pool, StartNodePoolStream, StartNodePoolRequest;
    stop_node_pool, StopNodePoolStream, StopNodePoolRequest;
    abort_node_pool_operation, AbortNodePoolOperationStream, AbortNodePoolOperationRequest;
    delete_machines, DeleteMachinesStream, DeleteMachinesRequest;
    show_cluster, ShowClusterStream, ShowClusterRequest;
    list_clusters, ListClustersStream, ListClustersRequest;
    show_account, ShowAccountStream, ShowAccountRequest;
    list_accounts, ListAccountsStream, ListAccountsRequest;
    list_locations, ListLocationsStream, ListLocationsRequest;
    show_version, ShowVersionStream, ShowVersionRequest;
    show_cache, ShowCacheStream, ShowCacheRequest;
    clear_cache, ClearCacheStream, ClearCacheRequest;
    refresh_cache, RefreshCacheStream, RefreshCacheRequest;
    list_operations, ListOperationsStream, ListOperationsRequest;
    wait_operation, WaitOperationStream, WaitOperationRequest;
}
