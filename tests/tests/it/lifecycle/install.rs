//! `install.sh`, with a stub of cargo that builds nothing.

use crate::prelude::*;

/// A home, a stub of cargo, and the built binaries where cargo would have put them.
struct Stage {
    home: Home,
    _emulator: Emulator,
}

impl Stage {
    fn set() -> Self {
        let (emulator, mut home) = logged_in();
        home.folder_on_path("tools");
        let target = home.path().join("target");
        fs::create_dir(&target).unwrap();
        let built = binaries().unwrap().azq.parent().unwrap();
        symlink(built, target.join("dist")).unwrap();
        let stub = "#!/bin/sh\necho \"$PWD: $*\" >>\"$HOME/cargo.calls\"\n";
        home.set("CARGO_TARGET_DIR", &target.display().to_string());
        let stage = Self {
            home,
            _emulator: emulator,
        };
        stage.tool("cargo", stub);
        stage.tool("cc", stub);
        // The script finds no musl target, even if this machine has one.
        stage.tool("rustc", "#!/bin/sh\nexit 1\n");
        stage.tool("rustup", "#!/bin/sh\n");
        stage
    }

    /// Puts a program on the PATH.
    fn tool(&self, name: &str, script: &str) {
        write_script(&self.home.path().join("tools").join(name), script);
    }

    fn install(&self, options: &str) -> Outcome {
        self.install_by(&checkout().join("install.sh"), options)
    }

    fn install_by(&self, script: &Path, options: &str) -> Outcome {
        let arguments = std::iter::once(script.to_str().unwrap()).chain(options.split_whitespace());
        self.home.run("/bin/sh", arguments, b"")
    }

    fn bin(&self, prefix: &str) -> PathBuf {
        self.home.path().join(prefix).join("bin")
    }

    /// Asserts that these are the programs below a prefix.
    #[track_caller]
    fn assert_has(&self, prefix: &str, programs: &[&str]) {
        let programs = programs.iter().map(|name| (*name).to_owned());
        assert_eq!(names(&self.bin(prefix)), programs.collect());
    }

    /// Returns the calls of cargo.
    fn calls(&self) -> String {
        fs::read_to_string(self.home.path().join("cargo.calls")).unwrap()
    }

    /// Puts the programs of a prefix first on the PATH.
    fn prefer(&mut self, prefix: &str) {
        let path = self.home.environment()["PATH"].clone();
        let bin = self.bin(prefix);
        self.home.set("PATH", &format!("{}:{path}", bin.display()));
    }

    fn run(&self, program: &Path, line: &str) -> Outcome {
        self.home.run(program, line.split(' '), b"")
    }
}

fn musl() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files_in(folder).into_iter().map(name).collect()
}

const INSTALLED: [&str; 3] = ["azq", "azq-emulator", "azqd"];

#[test]
fn installing_again_replaces_a_running_daemon() {
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
    let calls = stage.calls();
    let build = "build --profile dist --locked --bins";
    assert_eq!(calls, format!("{}: {build}\n", checkout().display()));
    stage.assert_has("opt", &INSTALLED);
    for name in INSTALLED {
        assert_eq!(mode(&bin.join(name)), 0o755);
    }

    let azq = bin.join("azq");
    assert_eq!(stage.run(&azq, SHOW_POOL).success(), POOL);
    assert_eq!(stage.home.daemons().len(), 1);
    stage.install(&options).success();
    // The next command starts the new one.
    assert!(stage.home.daemons().is_empty());
    stage.assert_has("opt", &INSTALLED);
    assert_eq!(stage.run(&azq, SHOW_POOL).success(), POOL);

    stage.install(&format!("{options} --uninstall")).success();
    assert!(names(&bin).is_empty() && stage.home.processes().is_empty());
    stage.install(&format!("{options} --uninstall")).success();
}

#[test]
fn the_client_is_one_on_musl_which_rustup_adds() {
    let stage = Stage::set();
    let folder = stage.home.path().join("target").join(musl()).join("dist");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("azq"), "#!/bin/sh\necho on musl\n").unwrap();
    stage.tool("rustc", "#!/bin/sh\n[ -e \"$HOME/added\" ] && echo /\n");
    let test = format!("[ \"$*\" = 'target add {}' ]", musl());
    let rustup = format!("#!/bin/sh\n{test} && touch \"$HOME/added\"\n");
    stage.tool("rustup", &rustup);
    stage.install("--prefix opt").success();
    let calls = stage.calls();
    let last = "build --profile dist --locked --package azq --target";
    calls.assert_ends_with(&format!("{last} {}\n", musl()));
    let azq = stage.bin("opt").join("azq");
    assert_eq!(stage.run(&azq, "--version").success(), "on musl\n");
    stage.assert_has("opt", &INSTALLED);
}

#[test]
fn the_prefix_may_be_relative_and_the_path_is_checked() {
    let mut stage = Stage::set();
    stage.install("--prefix=some/where").success();
    stage.assert_has("some/where", &INSTALLED);
    stage.prefer(".local");
    let said = stage.install("").success();
    let bin = stage.bin(".local");
    assert_eq!(
        said,
        format!("installed azq and azqd in {}\n", bin.display())
    );
}

/// Returns the relative paths of all files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in files_in(&next) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(folder).unwrap();
                files.insert(path.to_str().unwrap().to_owned());
            }
        }
    }
    files
}

/// Returns the files that are installed below `share`.
fn extras() -> BTreeSet<String> {
    let pages = names(&checkout().join("packaging/man")).into_iter();
    let pages = pages.map(|name| format!("man/man1/{name}"));
    let others = [
        "azq/installed",
        "bash-completion/completions/azq",
        "fish/vendor_completions.d/azq.fish",
        "zsh/site-functions/_azq",
    ];
    pages.chain(others.map(str::to_owned)).collect()
}

#[test]
fn manual_pages_and_completion_come_and_go_with_the_programs() {
    let stage = Stage::set();
    let share = stage.home.path().join("opt/share");
    // The user's own directory, and a page of an older version.
    fs::create_dir_all(share.join("zsh/site-functions")).unwrap();
    for _ in ["first", "again"] {
        stage.install("--prefix opt").success();
        assert_eq!(files(&share), extras());
    }
    let title = ".TH AZQ\\-VM\\-LIST\\-SKUS 1";
    let bash = "complete -o default -F _azq azq";
    let fish = "complete --command azq";
    for (file, text) in [
        ("man/man1/azq-vm-list-skus.1", title),
        ("bash-completion/completions/azq", bash),
        ("zsh/site-functions/_azq", "#compdef azq"),
        ("fish/vendor_completions.d/azq.fish", fish),
    ] {
        let file = share.join(file);
        fs::read_to_string(&file).unwrap().assert_contains(text);
        assert_eq!(mode(&file), 0o644, "{}", file.display());
    }
    stage.install("--prefix opt --uninstall").success();
    assert_eq!(files(&stage.home.path().join("opt")), BTreeSet::new());
    // Only what was there is left.
    assert_eq!(files_in(&share), [share.join("zsh")]);
    let left = share.join("zsh/site-functions");
    assert_eq!(files_in(&share.join("zsh")), [left]);
}

#[test]
fn files_that_azq_did_not_install_are_kept() {
    let stage = Stage::set();
    let share = stage.home.path().join("opt/share");
    let theirs = share.join("bash-completion/completions/azq");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, "theirs").unwrap();
    let outcome = stage.install("--prefix opt");
    let said = format!("left {}, which is not azq's\n", theirs.display());
    assert_eq!(outcome.stderr.matches(&said).count(), 1, "{outcome:?}");
    let changed = share.join("man/man1/azq.1");
    fs::write(&changed, "changed").unwrap();
    stage.install("--prefix opt --uninstall").success();
    let left = ["bash-completion/completions/azq", "man/man1/azq.1"];
    assert_eq!(files(&share), left.map(str::to_owned).into());
    assert_eq!(fs::read_to_string(theirs).unwrap(), "theirs");
}

/// Without the checkout beside the script there are no man pages to install.
#[test]
fn the_script_without_a_checkout_installs_all_but_manual_pages() {
    let stage = Stage::set();
    let script = stage.home.path().join("install.sh");
    fs::copy(checkout().join("install.sh"), &script).unwrap();
    let from = stage.home.path().join("target/dist");
    let options = format!("--prefix opt --from {}", from.display());
    stage.install_by(&script, &options).success();
    let mut expected = extras();
    expected.retain(|name| !name.starts_with("man/"));
    let share = stage.home.path().join("opt/share");
    assert_eq!(files(&share), expected);
}

/// The caller's working directory is not the checkout, where cargo runs.
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
    stage.assert_has("opt", &INSTALLED);
    let calls = stage.calls();
    calls.assert_starts_with(&format!("{}: build", sources.display()));
}

#[test]
fn the_shim_is_a_link_to_azq_and_a_real_az_is_kept() {
    let stage = Stage::set();
    stage.install("--prefix opt --shim").success();
    let az = stage.bin("opt").join("az");
    assert_eq!(fs::read_link(&az).unwrap(), Path::new("azq"));
    assert_eq!(stage.run(&az, SHOW_POOL).success(), POOL);
    stage.install("--prefix opt --shim").success();
    stage.install("--prefix opt --uninstall").success();
    assert!(names(&stage.bin("opt")).is_empty());

    fs::write(&az, "the real az").unwrap();
    stage.install("--prefix opt --uninstall").success();
    assert_eq!(fs::read_to_string(&az).unwrap(), "the real az");
}

#[test]
fn obstacles_are_found_before_anything_is_installed() {
    let stage = Stage::set();
    let bin = stage.bin("opt");
    let refused = |options: &str| stage.install(options).failure(1).to_owned();
    let empty = "--prefix opt --from /nonexistent";
    assert!(refused(empty).contains("/nonexistent/azq is missing"));
    assert!(!stage.home.path().join("opt").exists());

    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join("az"), "the real az").unwrap();
    let says = refused("--prefix opt --shim");
    says.assert_contains("is not azq's; move it away or choose another --prefix");
    stage.assert_has("opt", &["az"]);
    fs::remove_file(bin.join("az")).unwrap();

    fs::create_dir(bin.join("azqd")).unwrap();
    let says = refused("--prefix opt");
    says.assert_contains("azqd is a directory; move it away or choose another --prefix");
    stage.assert_has("opt", &["azqd"]);
}

#[test]
fn uninstalling_keeps_files_that_azq_did_not_install() {
    let stage = Stage::set();
    let (own, other) = (stage.bin("own"), stage.bin("other"));
    stage.install("--prefix own --service").success();
    let units = stage.home.path().join("config_home/systemd/user");
    let unit = units.join("azqd.service");
    assert!(unit.is_file());

    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("azqd"), "somebody's").unwrap();
    let said = stage.install("--prefix other --uninstall").success();
    let left = format!("left {}, which starts another azqd\n", unit.display());
    let nothing = format!("nothing was installed in {} by", other.display());
    assert_eq!(said, format!("{left}{nothing} this script\n"));
    assert!(unit.is_file());
    stage.assert_has("other", &["azqd"]);

    fs::write(own.join("azqd"), "somebody's").unwrap();
    let said = stage.install("--prefix own --uninstall").success();
    let left = own.join("azqd").display().to_string();
    said.assert_contains(&format!("left {left}, which is not what was installed\n"));
    stage.assert_has("own", &["azqd"]);
    assert!(!unit.exists());
}

#[test]
fn installing_the_shim_names_the_az_that_the_shell_finds() {
    let mut stage = Stage::set();
    stage.tool("az", "#!/bin/sh\n");
    let (az, tools) = (stage.bin("opt").join("az"), stage.home.path().join("tools"));
    let real = tools.join("az").display().to_string();
    let said = stage.install("--prefix opt --shim").success();
    said.assert_contains(&format!("your shell finds another az first: {real}; "));

    stage.prefer("opt");
    let said = stage.install("--prefix opt --shim").success();
    said.assert_contains(&format!("az is {}; ", az.display()));
    said.assert_ends_with(&format!("what azq does not know goes to {real}\n"));

    fs::remove_file(tools.join("az")).unwrap();
    if !Path::new("/usr/bin/az").exists() && !Path::new("/bin/az").exists() {
        let said = stage.install("--prefix opt --shim").success();
        said.assert_contains("no other az is on your PATH");
    }
}

#[test]
fn install_errors_name_their_reason() {
    let mut stage = Stage::set();
    let failure = |options: &str| stage.install(options).failure(1).to_owned();
    failure("--frobnicate").assert_ends_with("ERROR: unknown option: --frobnicate\n");
    assert_eq!(failure("--prefix"), "ERROR: --prefix needs a directory\n");
    let says = "ERROR: /dev/null/opt/bin cannot be made; choose another --prefix";
    failure("--prefix /dev/null/opt").assert_contains(says);
    let help = stage.install("--help").success();
    help.assert_starts_with("usage: ./install.sh");
    let tools = stage.home.path().join("tools");
    fs::remove_file(tools.join("cargo")).unwrap();
    stage.home.set("PATH", tools.to_str().unwrap());
    let refused = stage.install("--prefix opt");
    let says = "ERROR: cargo is missing; install Rust first: https://rustup.rs\n";
    assert_eq!(refused.failure(1), says);
}
