//! libFuzzer's entry to [`azq_fuzz::targets::skus`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| azq_fuzz::targets::skus::target(data));
