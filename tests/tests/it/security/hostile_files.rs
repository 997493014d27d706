//! Directories, sockets and files of another user in places that azq uses.

use std::io;

use crate::prelude::*;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

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
        let refusal = somebody.refusal();
        assert!(refusal.contains(&says), "{refusal}");
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
    let refusal = somebody.refusal();
    assert!(refusal.contains("it is not a directory"), "{refusal}");
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    clear(place);
    as_user(STRANGER, || fs::write(place, "").unwrap());
    assert!(somebody.refusal().contains("it is not a directory"));
    clear(place);
    assert_eq!(somebody.home.line(SHOW_POOL).success(), POOL);
    assert!(
        emulator.request_count("/mynodepool") == 1,
        "asked by the user's daemon alone"
    );
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
            assert!(somebody.refusal().contains("chmod 700"));
            set_mode(place, 0o700);
            let refusal = somebody.refusal();
            let says = ["Permission denied", "belongs to uid 65534"];
            assert!(refusal.contains(lock), "{refusal}");
            assert!(
                says.iter().any(|words| refusal.contains(words)),
                "{refusal}"
            );
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
    let outcome = home
        .run(azqd, arguments, b"", Duration::from_secs(60))
        .unwrap();
    let says = format!("failed the directory {place} is not safe: it belongs to uid {STRANGER}");
    assert!(outcome.text().starts_with(&says), "{outcome:?}");
    assert_eq!(outcome.code, Some(1));
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
    assert!(
        refusal.failure(1).contains("run: chmod go-w"),
        "{refusal:?}"
    );
    give(&state, STRANGER).unwrap();
    let refusal = home.line(SHOW_POOL);
    let says = format!(
        "{} belongs to uid {STRANGER}, not to you; set state_dir",
        state.display()
    );
    assert!(refusal.failure(1).contains(&says), "{refusal:?}");
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
    assert!(
        refusal.failure(1).contains("others may write to"),
        "{refusal:?}"
    );
    set_mode(&path, 0o644);
    give(&path, STRANGER).unwrap();
    let refusal = home.line(SHOW_POOL);
    assert!(
        refusal.failure(1).contains("belongs to uid 65534"),
        "{refusal:?}"
    );
    give(&path, 0).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}
