//! Directories, sockets and files of another user in places that azq uses.

use std::io;

use crate::prelude::*;

/// A user's home whose runtime directory is in `/tmp`, because `XDG_RUNTIME_DIR` is unset; it is
/// removed at the end.
struct UserHome {
    home: Home,
    user: u32,
    place: PathBuf,
}

impl UserHome {
    fn new(emulator: &Emulator) -> Self {
        let mut home = Home::new(emulator).unwrap();
        home.unset("XDG_RUNTIME_DIR");
        let user = somebody();
        home.give_to(user).unwrap();
        Self {
            home,
            user,
            place: PathBuf::from(format!("/tmp/azq-{user}")),
        }
    }

    /// Returns the error of a command that fails.
    fn refusal(&self) -> String {
        let outcome = self.home.line(SHOW_POOL);
        outcome.failure(1).to_owned()
    }
}

impl Drop for UserHome {
    fn drop(&mut self) {
        let _not_running = self.home.stop();
        clear(&self.place);
    }
}

fn clear(path: &Path) {
    let _absent = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
}

#[test]
fn a_runtime_directory_of_another_user_in_tmp_is_not_used() {
    if !is_root() {
        return;
    }
    let emulator = emulator();
    let somebody = UserHome::new(&emulator);
    let place = &somebody.place;
    // Another user's directory, closed or open, with a socket in it.
    for mode in [0o700, 0o777, 0o1777] {
        let listener = as_user(STRANGER, || {
            fs::create_dir(place).unwrap();
            set_mode(place, mode);
            UnixListener::bind(place.join("azqd.sock")).unwrap()
        });
        let listener = listener.unwrap();
        set_mode(&place.join("azqd.sock"), 0o777);
        let says = format!(
            "the directory {} is not safe: it belongs to uid {STRANGER}, not to uid ",
            place.display()
        );
        somebody.refusal().assert_contains(&says);
        listener.set_nonblocking(true).unwrap();
        let heard = listener.accept().unwrap_err();
        assert_eq!(heard.kind(), io::ErrorKind::WouldBlock);
        clear(place);
    }
    // Another user's link to a directory of the user's own, and another user's file.
    let own = somebody.home.path().join("own");
    as_user(somebody.user, || {
        fs::create_dir(&own).unwrap();
    });
    set_mode(&own, 0o700);
    as_user(STRANGER, || symlink(&own, place).unwrap());
    somebody.refusal().assert_contains("it is not a directory");
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    clear(place);
    as_user(STRANGER, || fs::write(place, "").unwrap());
    somebody.refusal().assert_contains("it is not a directory");
    clear(place);
    assert_eq!(somebody.home.line(SHOW_POOL).success(), POOL);
    // Azure was asked by the user's daemon alone.
    assert_eq!(emulator.request_count("/mynodepool"), 1);
}

/// The lock was left in the user's directory while it was open to others.
#[test]
fn another_users_lock_file_is_an_error() {
    if !is_root() {
        return;
    }
    let emulator = emulator();
    let somebody = UserHome::new(&emulator);
    let place = &somebody.place;
    for lock in ["azqd.lock", "start.lock"] {
        for mode in [0o600, 0o666] {
            as_user(somebody.user, || {
                fs::create_dir(place).unwrap();
            });
            fs::write(place.join(lock), "").unwrap();
            set_mode(&place.join(lock), mode);
            give(&place.join(lock), STRANGER).unwrap();
            set_mode(place, 0o777);
            somebody.refusal().assert_contains("chmod 700");
            set_mode(place, 0o700);
            let refusal = somebody.refusal();
            let says = ["Permission denied", "belongs to uid 65534"];
            refusal.assert_contains(lock);
            let is_named = says.iter().any(|words| refusal.contains(words));
            assert!(is_named, "{refusal}");
            clear(place);
        }
    }
    assert_eq!(somebody.home.line(SHOW_POOL).success(), POOL);
}

#[test]
fn a_daemon_refuses_another_users_runtime_directory() {
    if !is_root() {
        return;
    }
    let (_emulator, home) = logged_in();
    let place = home.path().join("theirs");
    fs::create_dir(&place).unwrap();
    set_mode(&place, 0o700);
    give(&place, STRANGER).unwrap();
    let place = place.display().to_string();
    let azqd = &home.binaries().azqd;
    let arguments = ["--runtime-dir", &place];
    let outcome = home.run(azqd, arguments, b"");
    let says = format!("failed the directory {place} is not safe: it belongs to uid {STRANGER}");
    outcome.printed(1).assert_starts_with(&says);
    assert_eq!(fs::read_dir(place).unwrap().count(), 0);
}

#[test]
fn a_log_is_not_written_to_another_users_directory() {
    if !is_root() {
        return;
    }
    let (_emulator, home) = logged_in();
    let state = home.path().join("state_home/azq");
    fs::create_dir(&state).unwrap();
    set_mode(&state, 0o777);
    let refusal = home.line(SHOW_POOL);
    refusal.failure(1).assert_contains("run: chmod go-w");
    give(&state, STRANGER).unwrap();
    let refusal = home.line(SHOW_POOL);
    let says = format!("belongs to uid {STRANGER}, not to you; set state_dir");
    let says = format!("{} {says}", state.display());
    refusal.failure(1).assert_contains(&says);
    assert_eq!(fs::read_dir(&state).unwrap().count(), 0);
    clear(&state);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// A catalogue that another user may have written is not served, and none is written there.
#[test]
fn a_cache_in_another_users_directory_is_not_used() {
    if !is_root() {
        return;
    }
    let (emulator, home) = logged_in();
    let skus = || assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    skus();
    let cache = home.path().join("cache_home/azq");
    let written = || fs::read_dir(&cache).unwrap().count();
    assert!(home.stop().unwrap().is_empty());
    assert_eq!(written(), 1);
    skus();
    assert_eq!(sku_requests(&emulator), 1, "it is read from the disk");
    for (owner, mode, words) in [
        (0, 0o777, "others may write"),
        (STRANGER, 0o700, "belongs to uid"),
    ] {
        give(&cache, owner).unwrap();
        set_mode(&cache, mode);
        let asked = sku_requests(&emulator);
        home.line("daemon restart").success();
        skus();
        assert_eq!(sku_requests(&emulator), asked + 1);
        eventually("the log's words", || home.log().contains(words));
        assert_eq!(written(), 1);
    }
}

/// The configuration is sensitive because it names the directories that azq writes to.
#[test]
fn a_configuration_that_others_may_write_is_refused() {
    if !is_root() {
        return;
    }
    let (_emulator, home) = logged_in();
    let folder = home.path().join("config_home/azq");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("config.toml");
    let mut file = fs::File::create(&path).unwrap();
    writeln!(file, "log = \"trace\"").unwrap();
    set_mode(&path, 0o646);
    let refusal = home.line(SHOW_POOL);
    refusal.failure(1).assert_contains("others may write to");
    set_mode(&path, 0o644);
    give(&path, STRANGER).unwrap();
    let refusal = home.line(SHOW_POOL);
    refusal.failure(1).assert_contains("belongs to uid 65534");
    give(&path, 0).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}
