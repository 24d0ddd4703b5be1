//! What the kernel says of this process. Linux only, as are the numbers in docs/BENCHMARKS.md.

use std::collections::BTreeMap;
use std::time::Duration;

/// Clock ticks a second in `/proc`: 100 on every Linux that anyone runs.
const TICKS: u64 = 100;

fn field(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.trim_start_matches(':').split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Now, in KiB.
pub fn resident_kib() -> u64 {
    field("/proc/self/status", "VmRSS")
}

/// The most there ever was, in KiB.
pub fn peak_kib() -> u64 {
    field("/proc/self/status", "VmHWM")
}

/// Bytes that this process caused to be written to the disk.
pub fn written_bytes() -> u64 {
    field("/proc/self/io", "write_bytes")
}

/// Processor time of all threads: in our own code and in the kernel for us.
pub fn cpu() -> (Duration, Duration) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, user, system) = spent(&stat);
    (user, system)
}

/// Name, time in user code and time in the kernel out of a line of `/proc/*/stat`.
fn spent(stat: &str) -> (&str, Duration, Duration) {
    // The name may hold anything; what follows it does not.
    let (before, after) = stat.rsplit_once(')').unwrap_or_default();
    let numbers: Vec<&str> = after.split_whitespace().collect();
    let ticks = |n: usize| numbers.get(n).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let time = |n: usize| Duration::from_millis(ticks(n) * 1000 / TICKS);
    (before.split_once('(').map_or("", |(_, name)| name), time(11), time(12))
}

/// Processor time by name of thread, busiest first.
pub fn cpu_by_thread() -> Vec<(String, Duration)> {
    let mut found = BTreeMap::<String, Duration>::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let (name, user, system) = spent(&stat);
        *found.entry(name.to_owned()).or_default() += user + system;
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, spent)| std::cmp::Reverse(*spent));
    found
}
