//! The rpcs of service `Commands`: each request type is a [`Command`](super::Command) in a file of
//! its own. The list of them comes from the `.proto` files.

use super::Commands;
use super::answer::{Replies, answer};
use azq_proto::for_each_command;
use azq_proto::v1::{self, commands_server};
use tonic::{Request, Response, Status};

macro_rules! rpcs {
    ($($_rpc:ident($request:ident) $function:ident $stream:ident
        = $_command:literal, $_effect:ident;)*) => {
        #[tonic::async_trait]
        impl commands_server::Commands for Commands {
            $(
                type $stream = Replies;
                async fn $function(
                    &self,
                    request: Request<v1::$request>,
                ) -> Result<Response<Replies>, Status> {
                    let (_, mut extensions, request) = request.into_parts();
                    let memory = extensions.remove();
                    Ok(answer(&self.0, request, memory).await)
                }
            )*
        }
    };
}

for_each_command!(rpcs);
