//! Where this repository lies, and what of it the tests use.

use std::path::{Path, PathBuf};

/// Gives the folder of the examples.
pub fn examples() -> PathBuf {
    repository().join("examples")
}

/// Gives the folder of the repository this was built in.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
