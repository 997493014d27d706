//! The limits of a process that were set by its parent: its priority, its own limits and those of
//! its control groups.
//!
//! A daemon inherits all of these from the command that happened to start it, such as a cron job
//! under `nice` or a container's step with a memory limit, and would impose them on all other
//! callers. It undoes what it can when it starts ([`undo`]). `azq daemon status` shows what it
//! cannot undo, and a command with fewer limits has the daemon replaced
//! ([`Placement::is_better_than`]).
//!
//! Invariants: a process is better placed than another only if it is better in at least one respect
//! and worse in none, so that two callers do not take turns in replacing each other's daemon.

use std::path::{Path, PathBuf};

/// The limits of one process; the default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The nice value from -20 to 19; a process with a high one waits for the others.
    pub nice: i32,
    /// The limit of processor time in all, in seconds.
    pub cpu_seconds: Option<u64>,
    /// The limit of address space, in bytes.
    pub address_space: Option<u64>,
    /// The memory limit of its control groups, in bytes.
    pub group_memory: Option<u64>,
    /// The processor limit of its control groups, in thousandths of a processor.
    pub group_cpu: Option<u64>,
}

impl Placement {
    /// Reads the limits of a process; `None` if the system does not show them.
    pub fn of(process: &str) -> Option<Self> {
        let about = Path::new("/proc").join(process);
        let read = |name: &str| std::fs::read_to_string(about.join(name)).ok();
        let groups = Groups::of(&read("cgroup")?, Path::new("/sys/fs/cgroup"));
        let limits = read("limits")?;
        Some(Self {
            nice: nice(&read("stat")?)?,
            cpu_seconds: limit(&limits, "Max cpu time"),
            address_space: limit(&limits, "Max address space"),
            group_memory: groups.memory(),
            group_cpu: groups.cpu(),
        })
    }

    /// Reads the limits of this process.
    pub fn own() -> Option<Self> {
        Self::of("self")
    }

    /// Whether this process has a weaker limit in something, and a stricter one in nothing.
    pub fn is_better_than(&self, other: &Self) -> bool {
        let allowances = |of: &Self| {
            let groups = [of.group_memory, of.group_cpu];
            let own = [of.cpu_seconds, of.address_space];
            own.into_iter()
                .chain(groups)
                .map(|limit| limit.unwrap_or(u64::MAX))
        };
        let pairs = allowances(self).zip(allowances(other));
        let is_nowhere_worse =
            self.nice <= other.nice && pairs.clone().all(|(own, its)| own >= its);
        is_nowhere_worse && (self.nice < other.nice || pairs.clone().any(|(own, its)| own > its))
    }

    /// Whether the process has any limit.
    pub fn is_limited(&self) -> bool {
        Self::default().is_better_than(self)
    }
}

/// Undoes the inherited limits that this process may undo: its soft limits, and with privileges the
/// hard ones and its priority.
pub fn undo() {
    use rustix::process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit};
    for resource in [Resource::Cpu, Resource::As] {
        let hard = getrlimit(resource).maximum;
        let up_to = |maximum| Rlimit {
            current: maximum,
            maximum,
        };
        if hard.is_some() && setrlimit(resource, up_to(None)).is_err() {
            // Without privileges, the soft limit is raised to the hard one.
            let _kept = setrlimit(resource, up_to(hard));
        }
    }
    if Placement::own().is_some_and(|own| own.nice > 0) {
        let _kept = setpriority_process(None, 0);
    }
}

/// Reads the nineteenth word of `/proc/…/stat`, whose second is a name that may contain any
/// character.
fn nice(stat: &str) -> Option<i32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(16)?.parse().ok()
}

/// Returns the hard limit of a row of `/proc/…/limits`; `None` for `unlimited`.
fn limit(limits: &str, row: &str) -> Option<u64> {
    let row = limits.lines().find_map(|line| line.strip_prefix(row))?;
    row.split_whitespace().nth(1)?.parse().ok()
}

/// The control groups of a process, each with its ancestors.
#[derive(Debug, Default)]
struct Groups {
    unified: Vec<PathBuf>,
    memory: Vec<PathBuf>,
    cpu: Vec<PathBuf>,
}

impl Groups {
    /// Parses `/proc/…/cgroup`: `0::/path` for the one hierarchy of version 2,
    /// `3:cpu,cpuacct:/path` for those of version 1.
    fn of(text: &str, root: &Path) -> Self {
        let mut groups = Self::default();
        for line in text.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            let chain = |root: PathBuf| {
                let group = root.join(path.trim_start_matches('/'));
                let above = group
                    .ancestors()
                    .take_while(|above| above.starts_with(&root));
                above.map(Path::to_owned).collect()
            };
            for controller in controllers.split(',') {
                match controller {
                    "" => groups.unified = chain(root.to_owned()),
                    "memory" => groups.memory = chain(root.join(controller)),
                    "cpu" => groups.cpu = chain(root.join(controller)),
                    _ => {}
                }
            }
        }
        groups
    }

    fn memory(&self) -> Option<u64> {
        let limits =
            |groups: &[PathBuf], name: &str| least(groups, |group| number(&group.join(name)));
        let first = limits(&self.memory, "memory.limit_in_bytes").filter(|limit| *limit < NO_LIMIT);
        let second = limits(&self.unified, "memory.max");
        first.into_iter().chain(second).min()
    }

    fn cpu(&self) -> Option<u64> {
        let first = least(&self.cpu, |group| {
            let of = |name| number(&group.join(name));
            thousandths(of("cpu.cfs_quota_us")?, of("cpu.cfs_period_us")?)
        });
        let second = least(&self.unified, |group| {
            let text = std::fs::read_to_string(group.join("cpu.max")).ok()?;
            let (quota, period) = text.trim().split_once(' ')?;
            thousandths(quota.parse().ok()?, period.parse().ok()?)
        });
        first.into_iter().chain(second).min()
    }
}

/// Version 1 writes a number about this large for "no limit".
const NO_LIMIT: u64 = 1 << 62;

fn least(groups: &[PathBuf], limit: impl Fn(&Path) -> Option<u64>) -> Option<u64> {
    groups.iter().filter_map(|group| limit(group)).min()
}

/// Reads a file's number; `None` for `max` and -1.
fn number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn thousandths(quota: u64, period: u64) -> Option<u64> {
    quota.checked_mul(1000)?.checked_div(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_better_in_something_and_worse_in_nothing() {
        let free = Placement::default();
        let [mut niced, mut timed] = [(); 2].map(|()| free.clone());
        niced.nice = 10;
        timed.cpu_seconds = Some(60);
        let mut small = niced.clone();
        small.group_memory = Some(1 << 30);
        let mut urgent = free.clone();
        urgent.nice = -5;
        assert!(free.is_better_than(&niced) && free.is_better_than(&timed));
        assert!(niced.is_better_than(&small) && !small.is_better_than(&niced));
        assert!(!niced.is_better_than(&timed) && !timed.is_better_than(&niced));
        assert!(!free.is_better_than(&free));
        assert!(niced.is_limited() && !free.is_limited());
        assert!(!urgent.is_limited());
    }

    #[test]
    fn what_the_kernel_says_of_a_process_is_read() {
        let mut stat = "7 (a) b) S 1 7 7 0 -1 4194560".to_owned();
        stat.push_str(" 1 2 3 4 5 6 7 8 39 19 1 0");
        assert_eq!(nice(&stat), Some(19));
        let limits = "Limit Soft Hard Units\nMax cpu time 5 60 seconds\nMax address space unlimited unlimited bytes\n";
        assert_eq!(limit(limits, "Max cpu time"), Some(60));
        assert_eq!(limit(limits, "Max address space"), None);
        if cfg!(target_os = "linux") {
            assert!(Placement::own().is_some());
        }
    }

    #[test]
    fn the_narrowest_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("user/job/memory.max", "max\n");
        write("user/memory.max", "1073741824\n");
        write("user/job/cpu.max", "50000 100000\n");
        write("user/cpu.max", "max 100000\n");
        let second = Groups::of("0::/user/job\n", root.path());
        assert_eq!((second.memory(), second.cpu()), (Some(1 << 30), Some(500)));
        write("memory/a/memory.limit_in_bytes", "9223372036854771712\n");
        write("cpu/a/cpu.cfs_quota_us", "-1\n");
        write("cpu/a/cpu.cfs_period_us", "100000\n");
        let first = Groups::of("4:memory:/a\n1:cpu,cpuacct:/a\n0::/\n", root.path());
        assert_eq!((first.memory(), first.cpu()), (None, None));
        write("cpu/a/cpu.cfs_quota_us", "200000\n");
        assert_eq!(first.cpu(), Some(2000));
    }
}
