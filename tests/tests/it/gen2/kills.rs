//! A migration whose client, daemon or both are killed at random moments, and which is resumed,
//! ends as if nothing had happened.

use super::scene;
use super::scene::{assert_migrated, pools_now};
use crate::prelude::*;

/// A part of the error of a migration that begins while an earlier one has not ended.
const BEGUN: &str = "was begun and has not ended";
/// Timeout of the work between two kills.
const LIMIT: Duration = Duration::from_secs(120);

/// The total number of kills, over as many migrations as it takes, is `AZQ_TEST_KILLS`, else six.
#[test]
fn a_migration_survives_kills_at_random_moments() {
    let wanted = std::env::var("AZQ_TEST_KILLS").ok();
    let wanted: usize = wanted.map_or(6, |number| number.parse().unwrap());
    let seed = std::env::var("AZQ_TEST_SEED").ok();
    let mut random = fastrand::Rng::with_seed(seed.map_or(7, |seed| seed.parse().unwrap()));
    let (mut kills, mut migrations) = (0, 0);
    let begun = Instant::now();
    while kills < wanted {
        migrations += 1;
        kills += migrate(&mut random, wanted - kills);
        let seconds = begun.elapsed().as_secs();
        println!("{kills} of {wanted} kills, {migrations} migrations, {seconds} s");
    }
}

/// Runs one migration with at most so many kills; returns their number.
fn migrate(random: &mut fastrand::Rng, most: usize) -> usize {
    let (emulator, home) = logged_in_to(start(scene::specification()));
    let old = pools_now(&emulator);
    home.line("daemon start").success();
    let mut line = "gen2 migrate -g g -n c --yes -o json".to_owned();
    let mut kills = 0;
    let mut moments = Moments::new();
    loop {
        let mut client = home.begin(&line);
        // A client whose daemon was killed goes on with another one, and is not left alone.
        while kills < most && !ends_within(&mut client, moments.next(random, &home)) {
            kills += 1;
            if kill(random, &home, &mut client) {
                break;
            }
        }
        assert!(ends_within(&mut client, LIMIT), "the client does not end");
        let ended = client.finish();
        if ended.code == Some(0) {
            break;
        }
        let said = ended.stderr;
        let is_begun = !states(&home).is_empty();
        // A killed client's daemon may begin the migration after the check.
        let is_begun = is_begun || said.contains(BEGUN);
        let is_expected = ended.code.is_none() || said.contains("azqd") || said.contains(BEGUN);
        assert!(is_expected, "{said}");
        if is_begun {
            "gen2 migrate --resume -o json".clone_into(&mut line);
        }
    }
    assert_migrated(&emulator, &old);
    let mut deletions = emulator.requests();
    deletions.retain(|request| request.method == "DELETE");
    assert!(deletions.len() >= old.len());
    kills
}

/// How long a client is left alone: longer each time that nothing has come of it, because a slow
/// machine would otherwise never get beyond the start of a daemon.
struct Moments {
    longest: u64,
    states: Vec<Vec<u8>>,
}

impl Moments {
    const SHORTEST: u64 = 20;
    const USUAL: u64 = 1_200;
    const MOST: u64 = 30_000;

    fn new() -> Self {
        Self {
            longest: Self::USUAL,
            states: Vec::new(),
        }
    }

    fn next(&mut self, random: &mut fastrand::Rng, home: &Home) -> Duration {
        let states = states(home);
        self.longest = if states == self.states {
            (self.longest * 5 / 4).min(Self::MOST)
        } else {
            Self::USUAL
        };
        self.states = states;
        Duration::from_millis(random.u64(Self::SHORTEST..self.longest))
    }
}

/// Returns the states of migrations that are on disk.
fn states(home: &Home) -> Vec<Vec<u8>> {
    let paths = files_in(&home.path().join("state_home/azq/migrations"));
    let states = paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|of| of == "json"));
    // A state may be replaced meanwhile.
    states.filter_map(|path| fs::read(path).ok()).collect()
}

/// Whether a process ends by itself before this time.
fn ends_within(client: &mut Child, time: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if client.try_wait().unwrap().is_some() {
            return true;
        }
        thread::park_timeout(Duration::from_millis(2));
    }
    false
}

/// Kills the client, the daemon, or both; whether the client was among them.
fn kill(random: &mut fastrand::Rng, home: &Home, client: &mut Child) -> bool {
    let which = random.u8(..3);
    let kills_client = which != 1;
    if kills_client {
        client.kill().unwrap();
    }
    if which != 0 {
        for daemon in home.daemons() {
            signal(daemon, Signal::KILL);
        }
    }
    kills_client
}
