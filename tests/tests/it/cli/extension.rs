//! The extension of az, in the unmodified az: azq answers the commands that it has, az all others.
//!
//! Needs azure-cli 2.91.0: `AZQ_TEST_AZ` names its `az`, in a directory with the Python and the pip
//! that it was installed with (`.ci/run` makes one).

use std::sync::LazyLock;

use tempfile::TempDir;

use crate::interpreter::left_out;
use crate::long_running;
use crate::prelude::*;

/// A home in which az has the extension.
struct Fixture {
    az: PathBuf,
    home: Home,
}

impl Fixture {
    /// Creates a fixture; none without an az to test it with.
    fn new(emulator: &Emulator) -> Option<Self> {
        let Some(az) = std::env::var_os("AZQ_TEST_AZ").map(PathBuf::from) else {
            left_out("the extension of az, for AZQ_TEST_AZ is not set");
            return None;
        };
        let mut home = Home::new(emulator).unwrap();
        let extensions = home.path().join("extensions");
        home.set("AZURE_EXTENSION_DIR", extensions.to_str().unwrap());
        home.set("AZURE_CORE_COLLECT_TELEMETRY", "no");
        let fixture = Self { az, home };
        fixture.add();
        Some(fixture)
    }

    /// Creates a fixture whose az has written its index.
    fn indexed(emulator: &Emulator) -> Option<Self> {
        let fixture = Self::new(emulator)?;
        fixture.index();
        Some(fixture)
    }

    /// Installs the extension.
    fn add(&self) {
        let wheel = wheel(&self.az);
        let add = ["extension", "add", "--yes", "--source"];
        let add = add.map(Path::new).into_iter().chain([wheel.as_path()]);
        let added = self.home.run(&self.az, add, b"");
        added.success();
    }

    fn az(&self, line: &str) -> Outcome {
        let arguments = line.split_whitespace();
        self.home.run(&self.az, arguments, b"")
    }

    /// Lets az write its index, which the first command after a change of the extensions does.
    fn index(&self) {
        self.az("vm azq").success();
    }
}

/// Returns the extension's wheel with the tested binaries, which is made once.
fn wheel(az: &Path) -> PathBuf {
    static OUT: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());
    static MADE: std::sync::Once = std::sync::Once::new();
    MADE.call_once(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let binaries = binaries().unwrap();
        let stage = OUT.path().join("stage");
        let mut lay_out = Command::new(root.join("packaging/stage"));
        lay_out.arg(binaries.azq.parent().unwrap()).arg(&stage);
        let mut build = Command::new(az.with_file_name("python3"));
        build
            .arg(root.join("packaging/wheel/build.py"))
            .args([stage, OUT.path().join("wheel")]);
        for step in [&mut lay_out, &mut build] {
            step.finish().printed(0);
        }
    });
    files_in(&OUT.path().join("wheel")).remove(0)
}

/// Installs another extension, as pip would: it has a command in a group of its own, and one in a
/// group that azq has.
fn install_other(fixture: &Fixture) {
    let directory = fixture.home.path().join("extensions/other");
    let package = directory.join("azext_other");
    let info = directory.join("other-1.0.0.dist-info");
    let metadata = "Metadata-Version: 2.1\nName: other\nVersion: 1.0.0\n";
    for (file, content) in [
        (package.join("__init__.py"), OTHER),
        (package.join("azext_metadata.json"), "{}"),
        (info.join("METADATA"), metadata),
    ] {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
}

const OTHER: &str = r#"
from azure.cli.core import AzCommandsLoader


def greet(cmd):
    return cmd.name


class Loader(AzCommandsLoader):
    def __init__(self, cli_ctx=None):
        from azure.cli.core.commands import CliCommandType

        custom = CliCommandType(operations_tmpl="azext_other#{}")
        super().__init__(cli_ctx=cli_ctx, custom_command_type=custom)

    def load_command_table(self, args):
        for group in ("other", "aks nodepool"):
            with self.command_group(group) as commands:
                commands.custom_command("greet", "greet")
        return self.command_table


COMMAND_LOADER_CLS = Loader
"#;

/// Returns the user agent of the last request to Azure.
fn last_user_agent(emulator: &Emulator) -> String {
    let requests = emulator.requests();
    let last = requests.last().unwrap();
    last.header("user-agent").unwrap_or_default().to_owned()
}

const NAMES: &str = "--resource-group myResourceGroup --cluster-name myAKSCluster";
const WINDOWS: &str =
    "--os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true";

/// Returns the guide's five lines.
fn guide() -> [String; 5] {
    [
        "vm list-skus --location eastus --size Standard_D4s_v5 --output table".to_owned(),
        format!("aks nodepool add {NAMES} --name npnew --node-vm-size Standard_D4s_v5 {WINDOWS}"),
        format!(
            "aks nodepool update {NAMES} --name mynodepool --node-vm-size Standard_D4s_v5 \
             --os-type Linux"
        ),
        format!(
            "aks nodepool update {NAMES} --name npnew --node-vm-size Standard_D4s_v5 {WINDOWS}"
        ),
        format!("aks nodepool show {NAMES} --name npnew --output table"),
    ]
}

#[test]
fn the_guides_lines_are_answered_by_azq_within_az() {
    let emulated = emulator();
    let Some(fixture) = Fixture::indexed(&emulated) else {
        return;
    };
    let other = emulator();
    let alone = Home::new(&other).unwrap();
    for line in guide() {
        let (within, by_itself) = (fixture.az(&line), alone.line(&line));
        assert_eq!(within.code, by_itself.code, "{line}: {}", within.text());
        assert_eq!(within.stdout, by_itself.stdout, "{line}");
        assert!(last_user_agent(&emulated).starts_with("azq/"), "{line}");
    }
    assert_eq!(writes(&emulated), 3);
}

#[test]
fn the_extension_leaves_unknown_commands_to_az_with_the_same_errors() {
    let emulated = emulator();
    let Some(fixture) = Fixture::indexed(&emulated) else {
        return;
    };
    fixture.az("vm nosuch").failure(2);
    let help = fixture.az("vm list-skus --help").success();
    help.assert_contains("--size");
    let missing = format!("aks nodepool show {NAMES} --name nowhere");
    let words = fixture.az(&missing).failure(3).to_owned();
    assert_eq!(words, fixture.home.line(&missing).failure(3));
    // azq hands this over to az, in which the extension does not pass it to azq again.
    let refreshed = fixture.az("account list --refresh --query [].name -o tsv");
    assert_eq!((refreshed.code, refreshed.timed_out), (Some(0), false));
    assert!(refreshed.stderr.starts_with("WARNING: Refreshing for"));
    let answered = fixture.az("aks azq --query commands -o tsv").success();
    assert!(answered.contains("aks nodepool add\n") && !answered.contains("vm "));
}

#[test]
fn an_interrupted_wait_ends_as_azqs_own() {
    let emulated = endless_operations();
    let Some(fixture) = Fixture::indexed(&emulated) else {
        return;
    };
    let mut command = fixture.home.command(&fixture.az);
    command.args(long_running::UPDATE.split_whitespace());
    let child = command.begin();
    long_running::until_polled(&emulated, 1);
    signal(child.id(), Signal::INT);
    child.finish().printed(130);
    long_running::let_end(&emulated);
}

#[test]
fn az_rebuilds_a_removed_index_and_then_uses_azq() {
    let emulated = emulator();
    let Some(fixture) = Fixture::new(&emulated) else {
        return;
    };
    let line = format!("aks nodepool show {NAMES} --name mynodepool --query vmSize -o tsv");
    let index =
        Path::new(&fixture.home.environment()["AZURE_CONFIG_DIR"]).join("extensionIndex.json");
    for _ in 0..2 {
        let _absent = fs::remove_file(&index);
        // az itself answers the first command, and leaves the index behind.
        assert_eq!(fixture.az(&line).success(), "Standard_D2_v2\n");
        assert!(!last_user_agent(&emulated).starts_with("azq/"));
        assert_eq!(fixture.az(&line).success(), "Standard_D2_v2\n");
        assert!(last_user_agent(&emulated).starts_with("azq/"));
    }
}

#[test]
fn removing_the_extension_leaves_nothing() {
    let emulated = emulator();
    let Some(fixture) = Fixture::indexed(&emulated) else {
        return;
    };
    fixture.az("extension remove --name azq").success();
    let extensions = fixture.home.path().join("extensions");
    eventually("it is gone", || !extensions.join("azq").exists());
    let line = format!("aks nodepool show {NAMES} --name mynodepool --query vmSize -o tsv");
    assert_eq!(fixture.az(&line).success(), "Standard_D2_v2\n");
    assert!(!last_user_agent(&emulated).starts_with("azq/"));
    fixture.az("vm azq").failure(2);
}

#[test]
fn a_second_extension_keeps_its_commands_and_azq_its_own() {
    let emulated = emulator();
    let Some(fixture) = Fixture::new(&emulated) else {
        return;
    };
    install_other(&fixture);
    fixture.index();
    let show = format!("aks nodepool show {NAMES} --name mynodepool --query vmSize -o tsv");
    for _ in 0..2 {
        for greeting in ["other greet", "aks nodepool greet"] {
            let answered = fixture.az(&format!("{greeting} -o tsv")).success();
            assert_eq!(answered, format!("{greeting}\n"));
        }
        assert_eq!(fixture.az(&show).success(), "Standard_D2_v2\n");
        assert!(last_user_agent(&emulated).starts_with("azq/"));
        // Installing and removing others makes az discard its index.
        fixture.az("extension remove --name azq").success();
        assert_eq!(fixture.az("other greet -o tsv").success(), "other greet\n");
        fixture.add();
        fixture.index();
    }
    fixture.az("extension remove --name other").success();
    fixture.az("other greet").failure(2);
    fixture.index();
    assert_eq!(fixture.az(&show).success(), "Standard_D2_v2\n");
    assert!(last_user_agent(&emulated).starts_with("azq/"));
}
