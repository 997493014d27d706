//! `install.sh`, with a cargo that has nothing to build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use azq_tests::Emulator;
use azq_tests::harness::sample::{POOL, SHOW_POOL, emulator};
use azq_tests::harness::{Home, Outcome, binaries};

/// A home, a stub cargo, and the built binaries where cargo would have put them.
struct Stage {
    home: Home,
    _emulator: Emulator,
}

impl Stage {
    fn set() -> Self {
        let emulator = emulator().unwrap();
        let mut home = Home::new(&emulator).unwrap();
        let [tools, target] = ["tools", "target"].map(|name| home.path().join(name));
        fs::create_dir(&tools).unwrap();
        fs::create_dir(&target).unwrap();
        let built = binaries().unwrap().azq.parent().unwrap();
        symlink(built, target.join("dist")).unwrap();
        let stub = "#!/bin/sh\necho \"$PWD: $*\" >>\"$HOME/cargo.calls\"\n";
        home.set("PATH", &format!("{}:/usr/bin:/bin", tools.display()));
        home.set("CARGO_TARGET_DIR", &target.display().to_string());
        let stage = Self {
            home,
            _emulator: emulator,
        };
        stage.tool("cargo", stub);
        stage.tool("cc", stub);
        // Without musl, whatever this machine has.
        stage.tool("rustc", "#!/bin/sh\nexit 1\n");
        stage
    }

    /// Puts a program on the path.
    fn tool(&self, name: &str, script: &str) {
        let file = self.home.path().join("tools").join(name);
        fs::write(&file, script).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn install(&self, options: &str) -> Outcome {
        self.install_by(&checkout().join("install.sh"), options)
    }

    fn install_by(&self, script: &Path, options: &str) -> Outcome {
        let arguments = std::iter::once(script.to_str().unwrap()).chain(options.split_whitespace());
        self.home
            .run(
                Path::new("/bin/sh"),
                arguments,
                b"",
                Duration::from_secs(60),
            )
            .unwrap()
    }

    fn bin(&self, prefix: &str) -> PathBuf {
        self.home.path().join(prefix).join("bin")
    }

    fn run(&self, program: &Path, line: &str) -> Outcome {
        self.home
            .run(program, line.split(' '), b"", Duration::from_secs(60))
            .unwrap()
    }
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

const INSTALLED: [&str; 3] = ["azq", "azq-emulator", "azqd"];

#[test]
fn pitfall_23_it_installs_twice_as_well_as_once_and_replaces_a_running_daemon() {
    let stage = Stage::set();
    let prefix = stage.home.path().join("opt");
    let bin = stage.bin("opt");
    let options = format!("--prefix {}", prefix.display());
    let said = stage.install(&options).success();
    assert_eq!(
        said,
        format!(
            "installed azq and azqd in {bin}\n{bin} is not on your PATH; add this line to your shell's start file:\n    export PATH=\"{bin}:$PATH\"\n",
            bin = bin.display()
        )
    );
    let calls = fs::read_to_string(stage.home.path().join("cargo.calls")).unwrap();
    assert_eq!(
        calls,
        format!(
            "{}: build --profile dist --locked --bins\n",
            checkout().display()
        )
    );
    assert_eq!(names(&bin), INSTALLED.map(str::to_owned).into());
    for name in INSTALLED {
        assert_eq!(
            fs::metadata(bin.join(name)).unwrap().permissions().mode() & 0o777,
            0o755
        );
    }

    let azq = bin.join("azq");
    assert_eq!(stage.run(&azq, SHOW_POOL).success(), POOL);
    assert_eq!(stage.home.daemons().len(), 1);
    stage.install(&options).success();
    assert!(
        stage.home.daemons().is_empty(),
        "the next command starts the new one"
    );
    assert_eq!(names(&bin), INSTALLED.map(str::to_owned).into());
    assert_eq!(stage.run(&azq, SHOW_POOL).success(), POOL);

    stage.install(&format!("{options} --uninstall")).success();
    assert!(names(&bin).is_empty() && stage.home.processes().is_empty());
    stage.install(&format!("{options} --uninstall")).success();
}

#[test]
fn the_client_is_one_on_musl_where_rustup_has_that() {
    let stage = Stage::set();
    let musl = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let folder = stage.home.path().join("target").join(&musl).join("dist");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("azq"), "#!/bin/sh\necho on musl\n").unwrap();
    stage.tool("rustc", "#!/bin/sh\necho /\n");
    stage.install("--prefix opt").success();
    let calls = fs::read_to_string(stage.home.path().join("cargo.calls")).unwrap();
    let last = format!("build --profile dist --locked --package azq --target {musl}\n");
    assert!(calls.ends_with(&last), "{calls}");
    let azq = stage.bin("opt").join("azq");
    assert_eq!(stage.run(&azq, "--version").success(), "on musl\n");
    assert_eq!(
        names(&stage.bin("opt")),
        INSTALLED.map(str::to_owned).into()
    );
}

#[test]
fn the_prefix_may_be_relative_or_the_home_and_the_path_is_looked_at() {
    let mut stage = Stage::set();
    stage.install("--prefix=some/where").success();
    assert_eq!(
        names(&stage.bin("some/where")),
        INSTALLED.map(str::to_owned).into()
    );
    let path = format!(
        "{}:{}",
        stage.bin(".local").display(),
        stage.home.environment()["PATH"]
    );
    stage.home.set("PATH", &path);
    let said = stage.install("").success();
    assert_eq!(
        said,
        format!(
            "installed azq and azqd in {}\n",
            stage.bin(".local").display()
        )
    );
}

/// The caller stands elsewhere than the checkout, where cargo runs.
#[test]
fn a_relative_target_directory_is_the_checkouts() {
    let mut stage = Stage::set();
    let sources = stage.home.path().join("sources");
    let script = sources.join("install.sh");
    fs::create_dir_all(sources.join("out")).unwrap();
    fs::copy(checkout().join("install.sh"), &script).unwrap();
    let built = binaries().unwrap().azq.parent().unwrap();
    symlink(built, sources.join("out/dist")).unwrap();
    stage.home.set("CARGO_TARGET_DIR", "out");
    stage.install_by(&script, "--prefix opt").success();
    assert_eq!(
        names(&stage.bin("opt")),
        INSTALLED.map(str::to_owned).into()
    );
    let calls = fs::read_to_string(stage.home.path().join("cargo.calls")).unwrap();
    assert!(calls.starts_with(&format!("{}: build", sources.display())));
}

#[test]
fn the_shim_is_azq_under_azs_name_and_spares_a_real_az() {
    let stage = Stage::set();
    stage.install("--prefix opt --shim").success();
    let az = stage.bin("opt").join("az");
    assert_eq!(fs::read_link(&az).unwrap(), Path::new("azq"));
    assert_eq!(stage.run(&az, SHOW_POOL).success(), POOL);
    stage.install("--prefix opt --shim").success();
    stage.install("--prefix opt --uninstall").success();
    assert!(names(&stage.bin("opt")).is_empty());

    fs::write(&az, "the real az").unwrap();
    let refused = stage.install("--prefix opt --shim");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("is not azq's; move it away or choose another --prefix"),
        "{refused:?}"
    );
    stage.install("--prefix opt --uninstall").success();
    assert_eq!(fs::read_to_string(&az).unwrap(), "the real az");
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut stage = Stage::set();
    let refused = stage.install("--frobnicate");
    assert!(
        refused
            .failure(1)
            .ends_with("ERROR: unknown option: --frobnicate\n"),
        "{refused:?}"
    );
    assert_eq!(
        stage.install("--prefix").failure(1),
        "ERROR: --prefix needs a directory\n"
    );
    let refused = stage.install("--prefix /dev/null/opt");
    assert!(
        refused
            .failure(1)
            .contains("ERROR: /dev/null/opt/bin cannot be made; choose another --prefix"),
        "{refused:?}"
    );
    assert!(
        stage
            .install("--help")
            .success()
            .starts_with("usage: ./install.sh")
    );
    fs::remove_file(stage.home.path().join("tools/cargo")).unwrap();
    stage.home.set(
        "PATH",
        &stage.home.path().join("tools").display().to_string(),
    );
    let refused = stage.install("--prefix opt");
    assert_eq!(
        refused.failure(1),
        "ERROR: cargo is missing; install Rust first: https://rustup.rs\n"
    );
}
