#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gigcast_fuzz::zones(input));
