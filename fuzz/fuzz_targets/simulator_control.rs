//! See `privatelink_fuzz::simulator_control`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| privatelink_fuzz::simulator_control(data));

#[cfg(not(fuzzing))]
fn main() {
    privatelink_fuzz::replay(privatelink_fuzz::simulator_control);
}
