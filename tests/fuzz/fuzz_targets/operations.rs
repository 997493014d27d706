//! libFuzzer's entry to [`azq_fuzz::targets::operations`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| azq_fuzz::targets::operations::target(data));
