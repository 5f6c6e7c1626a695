//! Compiles `proto/` to Rust, without protoc, and keeps the descriptors for the tests.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 5] =
    ["tfplugin5.proto", "grpc_broker.proto", "grpc_controller.proto", "grpc_stdio.proto", "health.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(set("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // Values and states can be large: `Bytes` shares the buffer of the received message.
    // Maps are ordered, so that a schema is the same bytes in every run.
    tonic_prost_build::configure().bytes(".").btree_map(".").emit_rerun_if_changed(false).compile_fds(descriptors)?;
    Ok(())
}

fn set(name: &str) -> Result<OsString, String> {
    std::env::var_os(name).ok_or_else(|| format!("cargo sets {name}"))
}
