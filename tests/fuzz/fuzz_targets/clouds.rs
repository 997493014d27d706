//! libFuzzer's entry to [`azq_fuzz::targets::clouds`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| azq_fuzz::targets::clouds::target(data));
