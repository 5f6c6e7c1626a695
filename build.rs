//! Compiles `proto/` to Rust, without protoc, and keeps the descriptors for the tests. Asks the linker for a small
//! release binary.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
    if is_small(&set("PROFILE")?, &set("TARGET")?) {
        link_small(&out)?;
    }
    Ok(())
}

/// Whether the binary is one that people install, for a target whose linkers know the flags below.
fn is_small(profile: &OsStr, target: &OsStr) -> bool {
    profile == "release" && target.to_str().is_some_and(|target| target.ends_with("linux-gnu"))
}

/// Flags of the linker, each where the linker of this build takes it.
///
/// Without PIE the tables of relocations are not needed, which are a twentieth of the binary and have to be worked off
/// at each start. Providers written in Go are linked like this, too. Functions of the same instructions, which generic
/// code makes by the hundred, are kept once, and so is equal data that nobody writes; of the usual linkers only lld can do
/// that. It is what rustc asks of Microsoft's linker by itself (`/OPT:REF,ICF`), so that crates do not rely on the addresses
/// of such things.
fn link_small(out: &Path) -> Result<(), Box<dyn Error>> {
    for flag in ["-no-pie", "-Wl,-O2", "-Wl,--icf=all", "-Wl,--ignore-data-address-equality"] {
        if links(out, flag)? {
            println!("cargo::rustc-link-arg-bins={flag}");
        }
    }
    Ok(())
}

/// Whether a program can be linked with this flag.
fn links(out: &Path, flag: &str) -> Result<bool, Box<dyn Error>> {
    let source = out.join("probe.rs");
    std::fs::write(&source, "fn main() {}")?;
    let mut compiler = Command::new(set("RUSTC")?);
    compiler.arg("--target").arg(set("TARGET")?).arg("--out-dir").arg(out).arg(format!("-Clink-arg={flag}"));
    if let Some(linker) = std::env::var_os("RUSTC_LINKER") {
        let mut argument = OsString::from("-Clinker=");
        argument.push(linker);
        compiler.arg(argument);
    }
    let flags = std::env::var_os("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let flags = flags.to_str().unwrap_or_default();
    compiler.args(flags.split('\x1f').filter(|flag| !flag.is_empty())).arg(source);
    Ok(compiler.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
}

fn set(name: &str) -> Result<OsString, String> {
    std::env::var_os(name).ok_or_else(|| format!("cargo sets {name}"))
}
