//! `azq-proto-codegen`: writes `proto/src/generated` anew from the `.proto` files.
//!
//! The generated code is checked in, so that building azq needs neither `protoc` nor the crates
//! that replace it here. The test of this crate fails if the code is out of date.
//!
//! ```text
//! cargo run -p azq-proto-codegen
//! ```

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The one generated file, which is named after the package.
const FILE: &str = "azq.v1.rs";

fn main() -> Result<(), Box<dyn Error>> {
    fs::write(checked_in(), generate()?)?;
    Ok(())
}

/// The crate whose messages are generated.
fn proto() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new(".."))
}

/// The place of the generated file in the checkout.
fn checked_in() -> PathBuf {
    proto().join("src/generated").join(FILE)
}

/// Compiles the `.proto` files to the text of the generated file.
fn generate() -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let files = protox::compile(["azq/v1/service.proto"], [proto().join("proto")])?;
    tonic_prost_build::configure()
        .build_transport(false)
        // azq's own client needs the messages alone.
        .client_mod_attribute("azq.v1", "#[cfg(feature = \"client\")]")
        .server_mod_attribute("azq.v1", "#[cfg(feature = \"server\")]")
        .bytes(".azq.v1.Reply")
        .bytes(".azq.v1.Piece")
        .btree_map(".azq.v1.Context.environment")
        // prost derives them where there is no map.
        .message_attribute(".azq.v1.Context", "#[derive(Eq, Hash)]")
        .message_attribute(".azq.v1.ListSkusRequest", "#[derive(Eq, Hash)]")
        .skip_debug([".azq.v1.Context"])
        .out_dir(directory.path())
        .compile_fds(files)?;
    Ok(fs::read_to_string(directory.path().join(FILE))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_code_is_up_to_date() {
        let stored = fs::read_to_string(checked_in()).unwrap();
        assert!(
            stored == generate().unwrap(),
            "{} is not what the .proto files compile to; run: cargo run -p azq-proto-codegen",
            checked_in().display()
        );
    }
}
