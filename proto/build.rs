//! Compiles the `.proto` files without an installed `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["azq/v1/service.proto"], ["proto"])?;
    tonic_prost_build::configure()
        .build_transport(false)
        .bytes(".azq.v1.Reply")
        .bytes(".azq.v1.Piece")
        .btree_map(".azq.v1.Context.environment")
        // prost derives them where there is no map.
        .message_attribute(".azq.v1.Context", "#[derive(Eq, Hash)]")
        .message_attribute(".azq.v1.ListSkusRequest", "#[derive(Eq, Hash)]")
        .skip_debug([".azq.v1.Context"])
        .compile_fds(files)?;
    Ok(())
}
