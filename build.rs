//! Compiles the protocol definitions.
fn main() {}
