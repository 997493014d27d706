//! `azq-proto-codegen`: writes `proto/src/generated` anew from the `.proto` files.
//!
//! The generated code is checked in, so that building azq needs neither `protoc` nor the crates
//! that replace it here. The test of this crate fails if the code is out of date.
//!
//! ```text
//! cargo run -p azq-proto-codegen
//! ```

#![forbid(unsafe_code)]

mod commands;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use protox::Compiler;

/// A generated file's name below `proto/src/generated`, and its text.
type Generated = (&'static str, String);

fn main() -> Result<(), Box<dyn Error>> {
    for (name, text) in generate()? {
        fs::write(checked_in(name), text)?;
    }
    Ok(())
}

/// The crate whose messages are generated.
fn proto() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new(".."))
}

/// The place of a generated file in the checkout.
fn checked_in(name: &str) -> PathBuf {
    proto().join("src/generated").join(name)
}

/// Compiles the `.proto` files.
fn generate() -> Result<[Generated; 2], Box<dyn Error>> {
    let mut compiler = Compiler::new([proto().join("proto")])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_file("azq/v1/service.proto")?;
    Ok([
        ("azq.v1.rs", messages(&compiler)?),
        ("commands.rs", commands::list(&compiler.descriptor_pool())?),
    ])
}

/// The messages and services, as prost and tonic write them.
fn messages(compiler: &Compiler) -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    tonic_prost_build::configure()
        .build_transport(false)
        // azq's own client needs the messages alone.
        .client_mod_attribute("azq.v1", "#[cfg(feature = \"client\")]")
        .server_mod_attribute("azq.v1", "#[cfg(feature = \"server\")]")
        .bytes(".azq.v1.Reply")
        .bytes(".azq.v1.Piece")
        .bytes(".azq.v1.Kubeconfig")
        .bytes(".azq.v1.KubeconfigMerge")
        .btree_map(".azq.v1.Context.environment")
        // prost derives them where there is no map.
        .message_attribute(".azq.v1.Context", "#[derive(Eq, Hash)]")
        .message_attribute(".azq.v1.ListSkusRequest", "#[derive(Eq, Hash)]")
        .skip_debug([
            ".azq.v1.Context",
            ".azq.v1.Kubeconfig",
            ".azq.v1.KubeconfigMerge",
            ".azq.v1.CallRestRequest",
        ])
        .out_dir(directory.path())
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(fs::read_to_string(directory.path().join("azq.v1.rs"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_code_is_up_to_date() {
        for (name, text) in generate().unwrap() {
            let path = checked_in(name);
            assert!(
                fs::read_to_string(&path).unwrap() == text,
                "{} is not what the .proto files compile to; run: cargo run -p azq-proto-codegen",
                path.display()
            );
        }
    }
}
