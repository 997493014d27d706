//! libFuzzer's entry to [`azq_fuzz::targets::requests`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| azq_fuzz::targets::requests::target(data));
