//! azqd under a service manager: the units and the agent that `install.sh --service` writes, socket
//! activation, and the readiness notification.

use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixDatagram;

use azq_proto::runtime_dir::own_uid;

use crate::prelude::*;

/// An environment whose paths have characters that must be escaped.
struct Machine {
    folder: tempfile::TempDir,
    prefix: &'static str,
    path: String,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            prefix: "p fx%h$x",
            path: "/usr/bin:/bin:/opt/a b%c".to_owned(),
        }
    }

    /// Creates one that looks like a Mac, with a launchctl that records its calls.
    fn mac() -> Self {
        let mut machine = Self {
            prefix: "a&b <c>",
            ..Self::new()
        };
        let tools = machine.folder.path().join("tools");
        fs::create_dir(&tools).unwrap();
        for (name, script) in [
            ("uname", "echo Darwin"),
            ("launchctl", "echo \"$*\" >>\"$HOME/launchctl.calls\""),
        ] {
            let script = format!("#!/bin/sh\n{script}\n");
            write_script(&tools.join(name), &script);
        }
        machine.path = format!("{}:/usr/bin:/bin:/opt/d<e>&f", tools.display());
        machine
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("o'h \"% $x\\me")
    }

    fn prefix(&self) -> PathBuf {
        self.folder.path().join(self.prefix)
    }

    fn unit(&self, name: &str) -> PathBuf {
        self.home().join(".config/systemd/user").join(name)
    }

    fn install(&self, arguments: &[&str]) -> Outcome {
        let script = checkout().join("install.sh");
        let azq = &binaries().unwrap().azq;
        Command::new("sh")
            .arg(script)
            .arg("--prefix")
            .arg(self.prefix())
            .arg("--from")
            .arg(azq.parent().unwrap())
            .args(arguments)
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", &self.path)
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .finish()
    }
}

#[test]
fn units_are_installed_and_removed() {
    let machine = Machine::new();
    machine.install(&["--service"]).printed(0);
    let socket = fs::read_to_string(machine.unit("azqd.socket")).unwrap();
    socket.assert_contains("\nListenStream=%t/azq/azqd.sock\nSocketMode=0600\n");
    let service = fs::read_to_string(machine.unit("azqd.service")).unwrap();
    let binary = machine.prefix().join("bin/azqd").display().to_string();
    let binary = binary.replace('%', "%%");
    let start = format!("\nExecStart=\"{binary}\" --runtime-dir %t/azq\n");
    let path = "\nEnvironment=\"PATH=/usr/bin:/bin:/opt/a b%%c\"\n";
    for line in [&*start, path, "\nType=notify\n"] {
        service.assert_contains(line);
    }
    verified(&machine);

    machine.install(&["--uninstall"]).printed(0);
    assert!(!machine.unit("azqd.socket").exists() && !machine.unit("azqd.service").exists());
    assert!(!machine.prefix().join("bin/azqd").exists());
}

/// Verifies the units by systemd's own tool, where there is a systemd.
fn verified(machine: &Machine) {
    let units = ["azqd.socket", "azqd.service"].map(|name| machine.unit(name));
    let verdict = Command::new("systemd-analyze")
        .args(["--user", "verify", "--man=no"])
        .args(units)
        .env("XDG_RUNTIME_DIR", machine.folder.path())
        .env("HOME", machine.home())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    if let Ok(verdict) = verdict {
        verdict.finish().stderr.assert_lacks("azqd");
    }
}

#[test]
fn the_agent_is_installed_and_removed() {
    const LABEL: &str = "com.github.azq.azqd";
    let machine = Machine::mac();
    let plist = format!("Library/LaunchAgents/{LABEL}.plist");
    let plist = machine.home().join(plist);
    let said = machine.install(&["--service"]).printed(0);
    said.assert_ends_with("launchd starts azqd now and at login\n");

    let text = fs::read_to_string(&plist).unwrap();
    let binary = machine.prefix().join("bin/azqd").display().to_string();
    for value in [&binary, &machine.path] {
        let escaped = value.replace('&', "&amp;");
        let escaped = escaped.replace('<', "&lt;").replace('>', "&gt;");
        let element = format!("<string>{escaped}</string>\n");
        assert_eq!(text.matches(&element).count(), 1, "{element} in {text}");
    }
    if let Some(agent) = parsed(&plist) {
        assert_eq!(agent["Label"], LABEL);
        assert_eq!(agent["ProgramArguments"], json!([binary]));
        assert_eq!(agent["EnvironmentVariables"], json!({"PATH": machine.path}));
        assert_eq!(agent["RunAtLoad"], true);
        assert_eq!(agent["KeepAlive"], json!({"Crashed": true}));
        assert_eq!(agent["Umask"], 0o077);
    }

    machine.install(&["--uninstall"]).printed(0);
    assert!(!plist.exists() && !machine.prefix().join("bin/azqd").exists());
    let domain = format!("gui/{}", own_uid());
    let bootout = format!("bootout {domain}/{LABEL}\n");
    let calls = fs::read_to_string(machine.home().join("launchctl.calls")).unwrap();
    let bootstrap = format!("bootstrap {domain} {}\n", plist.display());
    assert_eq!(calls, format!("{bootout}{bootstrap}{bootout}"));
}

/// Parses a property list by Python's own library, where there is a Python.
fn parsed(plist: &Path) -> Option<Value> {
    let script =
        "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(plist)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?
        .finish();
    Some(output.json())
}

/// Listens on the socket at which a home's clients expect the daemon.
fn listener(home: &Home) -> (UnixListener, PathBuf) {
    home.make_runtime_dir();
    let path = home.socket();
    (UnixListener::bind(&path).unwrap(), path)
}

/// Starts azqd as systemd does: with the socket as descriptor 3, and the variables that describe
/// it.
fn activate(home: &Home, listener: &UnixListener, notify: &Path) -> Child {
    let script =
        "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" --runtime-dir \"$1\"";
    Command::new("sh")
        .args(["-c", script])
        .arg(&binaries().unwrap().azqd)
        .arg(home.runtime_dir())
        .env_clear()
        .envs(home.environment())
        .env("NOTIFY_SOCKET", notify)
        .stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn heard(manager: &UnixDatagram) -> String {
    let mut message = [0; 256];
    until_readable(manager).unwrap();
    let length = manager.recv(&mut message).unwrap();
    let text = String::from_utf8_lossy(&message[..length]);
    text.trim().to_owned()
}

#[test]
fn an_activation_socket_is_served_and_kept_for_the_next_daemon() {
    let (_emulator, home) = logged_in_to(start(demo::specification()));
    let (listener, path) = listener(&home);
    let inode = path.metadata().unwrap().ino();
    let notify = home.path().join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    for _ in 0..2 {
        let mut daemon = activate(&home, &listener, &notify);
        assert_eq!(heard(&manager), "READY=1");
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        let lock = fs::read_to_string(home.runtime_dir().join("azqd.lock")).unwrap();
        assert_eq!(lock.trim(), daemon.id().to_string());
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        let stopped = home.line("daemon stop").success();
        stopped.assert_contains(&daemon.id().to_string());
        assert_eq!(heard(&manager), "STOPPING=1");
        assert!(daemon.ends().success());
        assert_eq!(path.metadata().unwrap().ino(), inode);
    }
    drop(listener);
    // The socket has no listener any more, so the next command starts a daemon of its own.
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(home.daemons().len(), 1);
}

/// A daemon that is replaced may take a minute for the calls in flight. A client that connects
/// meanwhile still finds its socket, and waits longer than for an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_during_a_long_end_is_served_by_the_next_daemon() {
    let (emulator, home) = logged_in();
    let (listener, _path) = listener(&home);
    let notify = home.path().join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    let mut first = activate(&home, &listener, &notify);
    assert_eq!(heard(&manager), "READY=1");
    emulator.inject(Fault::delayed("GET .*/mynodepool", 15.0));
    let in_flight = home.begin(SHOW_POOL);
    until_requested(&emulator, "/mynodepool", 1);
    replace_daemon(&home).await;
    assert_eq!(heard(&manager), "STOPPING=1");
    let lines = [LIST_SKUS, SHOW_POOL, UPDATE_POOL, "daemon start"];
    let waiting = lines.map(|line| home.begin(line));
    assert!(first.ends().success());
    let mut second = activate(&home, &listener, &notify);
    assert_eq!(heard(&manager), "READY=1");
    let said = |client: Child| client.finish().success();
    assert_eq!(said(in_flight), POOL);
    let [skus, _before_or_after, updated, started] = waiting.map(said);
    assert_eq!([&*skus, &*updated], [SKUS, "Standard_D4s_v5\n"]);
    started.assert_contains(&second.id().to_string());
    assert_eq!(writes(&emulator), 1);
    home.line("daemon stop").success();
    assert!(second.ends().success());
}

#[test]
fn a_socket_activated_daemon_waits_for_the_earlier_one_to_end() {
    let (_emulator, home) = logged_in_to(start(demo::specification()));
    home.line("daemon start").success();
    let old = home.daemons()[0];
    signal(old, Signal::STOP);
    fs::remove_file(home.socket()).unwrap();
    let (listener, _path) = listener(&home);
    let notify = home.path().join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    let mut daemon = activate(&home, &listener, &notify);
    eventually("the second waits", || home.daemons().len() == 2);
    // It detects that the socket is not its own any more, and ends.
    signal(old, Signal::CONT);
    assert_eq!(heard(&manager), "READY=1");
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    home.line("daemon stop").success();
    assert!(daemon.ends().success());
}

#[test]
fn an_activation_socket_at_another_path_is_refused() {
    let (_emulator, home) = logged_in_to(start(demo::specification()));
    let (_right, path) = listener(&home);
    let elsewhere = UnixListener::bind(home.path().join("elsewhere")).unwrap();
    let mut daemon = activate(&home, &elsewhere, &home.path().join("none"));
    assert_eq!(daemon.ends().code(), Some(1));
    set_mode(&path, 0o600);
    fs::remove_file(path).unwrap();
}
