#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| canary_rollout_fuzz::recorded_counts(bytes));
