//! The program `azq-proto-codegen`, which generates `proto/src/generated` from the `.proto` files.
//!
//! The generated code is checked in, so that building azq needs neither `protoc` nor the crates
//! that replace it here. The test of this crate fails if the code is out of date.
//!
//! ```text
//! cargo run -p azq-proto-codegen
//! ```
//!
//! `proto/released/azq.v1.txt` lists the elements that other programs may have compiled in. The
//! test of the listing fails if the present messages lack one of its lines. A release adds the new
//! elements:
//!
//! ```text
//! cargo run -p azq-proto-codegen -- release
//! ```

#![forbid(unsafe_code)]

mod commands;
mod lint;
mod listing;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use protox::Compiler;

/// A generated file's name below `proto/src/generated`, and its content.
type Generated = (&'static str, Vec<u8>);

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("release") {
        return release();
    }
    for (name, content) in generate()? {
        fs::write(checked_in(name), content)?;
    }
    Ok(())
}

/// Adds the present elements to the released ones, unless a released one is broken.
fn release() -> Result<(), Box<dyn Error>> {
    let pool = compiler(false)?.descriptor_pool();
    let violations = lint::violations(&pool);
    if !violations.is_empty() {
        return Err(format!("these names cannot be released:\n{}", violations.join("\n")).into());
    }
    let present = listing::listing(&pool);
    let earlier = fs::read_to_string(released()).unwrap_or_default();
    let broken = listing::broken(&earlier, &present);
    if !broken.is_empty() {
        return Err(format!("these released elements are gone:\n{}", broken.join("\n")).into());
    }
    let lines: Vec<_> = present.into_iter().map(|line| line + "\n").collect();
    Ok(fs::write(released(), lines.concat())?)
}

/// Returns the path of the listing of released elements.
fn released() -> PathBuf {
    proto().join("released/azq.v1.txt")
}

/// Returns the directory of the crate whose messages are generated.
fn proto() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new(".."))
}

/// Returns the path of a generated file in the checkout.
fn checked_in(name: &str) -> PathBuf {
    proto().join("src/generated").join(name)
}

/// Generates all files from the `.proto` files.
fn generate() -> Result<[Generated; 3], Box<dyn Error>> {
    let commented = compiler(true)?;
    let commands = commands::list(&commented.descriptor_pool())?;
    Ok([
        ("azq.v1.rs", messages(&commented)?.into_bytes()),
        ("azq.v1.bin", compiler(false)?.encode_file_descriptor_set()),
        ("commands.rs", commands.into_bytes()),
    ])
}

/// Compiles the `.proto` files, with or without their comments.
fn compiler(comments: bool) -> Result<Compiler, Box<dyn Error>> {
    let mut compiler = Compiler::new([proto().join("proto")])?;
    compiler
        .include_imports(true)
        .include_source_info(comments)
        .open_file("azq/v1/service.proto")?;
    Ok(compiler)
}

/// Generates the messages and services in the form of prost and tonic.
fn messages(compiler: &Compiler) -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    tonic_prost_build::configure()
        .build_transport(false)
        // azq's own client needs only the messages.
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
        for (name, content) in generate().unwrap() {
            let path = checked_in(name);
            assert!(
                fs::read(&path).unwrap() == content,
                "{} is not what the .proto files compile to; run: cargo run -p azq-proto-codegen",
                path.display()
            );
        }
    }
    /// The promise of `azq.v1`, which docs/grpc.md explains.
    #[test]
    fn nothing_that_is_released_is_broken() {
        let present = listing::listing(&compiler(false).unwrap().descriptor_pool());
        let text = fs::read_to_string(released()).unwrap();
        assert!(text.lines().count() > 100, "the listing is not whole");
        let broken = listing::broken(&text, &present);
        assert!(
            broken.is_empty(),
            "programs that were compiled with the released messages need what is gone or changed:\n{}",
            broken.join("\n")
        );
    }

    #[test]
    fn the_messages_are_named_by_the_rules() {
        let violations = lint::violations(&compiler(false).unwrap().descriptor_pool());
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
