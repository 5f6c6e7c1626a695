//! See `privatelink_fuzz::policy`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| privatelink_fuzz::policy(data));

#[cfg(not(fuzzing))]
fn main() {
    privatelink_fuzz::replay(privatelink_fuzz::policy);
}
