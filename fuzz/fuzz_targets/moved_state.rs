//! See `privatelink_fuzz::moved_state`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| privatelink_fuzz::moved_state(data));

#[cfg(not(fuzzing))]
fn main() {
    privatelink_fuzz::replay(privatelink_fuzz::moved_state);
}
