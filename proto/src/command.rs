//! The commands of service `Commands`, from the one list of them in the `.proto` files.
//!
//! Every rpc declares az's command path and its effect (`azq/v1/options.proto`). The macro
//! [`for_each_command!`](crate::for_each_command) passes that list to the code that needs a row for
//! each command: the client's requests, the daemon's service, the fuzz targets.

use crate::v1::{self, Context, Effect};

/// A request of service `Commands`.
pub trait CommandRequest: prost::Message + Default {
    /// The rpc's path on the wire.
    const RPC: &'static str;

    /// The command's words after `az`, or after `azq` if the command is azq's own.
    const COMMAND: &'static str;

    /// The effect of the command, that is, what it changes.
    const EFFECT: Effect;

    /// Returns the context: the caller's directory, environment and output options.
    fn context(&mut self) -> &mut Option<Context>;
}

macro_rules! command_requests {
    ($($rpc:ident($request:ident) $_function:ident $_stream:ident = $command:literal, $effect:ident;)*) => {
        $(
            impl CommandRequest for v1::$request {
                const RPC: &'static str = concat!("/azq.v1.Commands/", stringify!($rpc));
                const COMMAND: &'static str = $command;
                const EFFECT: Effect = Effect::$effect;

                fn context(&mut self) -> &mut Option<Context> {
                    &mut self.context
                }
            }
        )*

        /// Every command's words, in the order of the service's rpcs.
        pub const COMMANDS: &[&str] = &[$($command),*];
    };
}

for_each_command!(command_requests);
