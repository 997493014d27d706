//! `azq demo`: the Generation 2 guide from end to end, without an Azure account.
//!
//! It runs the emulator that lies beside azq and, for every step, azq itself as a user would, with a daemon, a cache and an
//! account of their own in a temporary directory; nothing of the user's is touched, and all of it is gone afterwards. With
//! `--keep` the emulator stays, and what to type is printed.

use crate::show;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;

/// The emulator's binary, which lies beside azq.
const EMULATOR: &str = "azq-emulator";

/// What can fail here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("{} is missing; build it with: cargo build --release", .0.display())]
    NoEmulator(PathBuf),
    #[error("the emulator did not start")]
    NotReady,
    #[error("{step}: {error}")]
    System {
        step: &'static str,
        error: std::io::Error,
    },
    #[error("the demo's command failed: {0}")]
    Command(String),
}

impl DemoError {
    fn at(step: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::System { step, error }
    }
}

/// A step of the guide: why, and the command line.
struct Step {
    why: &'static str,
    line: &'static str,
}

const POOL: &str = "--resource-group myResourceGroup --cluster-name myAKSCluster";

/// The guide's five command lines, and looks at the pools before and after.
const STEPS: [Step; 9] = [
    Step {
        why: "Which generations does the size support, and where can it be had?",
        line: "vm list-skus --location eastus --size Standard_D4s_v5 --output table",
    },
    Step {
        why: "Add a Windows pool of Generation 2",
        line: "aks nodepool add {pool} --name npwin2 --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true",
    },
    Step {
        why: "A Linux pool of Generation 1, before",
        line: "aks nodepool show {pool} --name mynodepool --query {Name:name,VmSize:vmSize,NodeImageVersion:nodeImageVersion} --output table",
    },
    Step {
        why: "Give it a size that supports Generation 2",
        line: "aks nodepool update {pool} --name mynodepool --node-vm-size Standard_D4s_v5 --os-type Linux",
    },
    Step {
        why: "The same pool, after",
        line: "aks nodepool show {pool} --name mynodepool --query {Name:name,VmSize:vmSize,NodeImageVersion:nodeImageVersion} --output table",
    },
    Step {
        why: "A Windows pool of Generation 1, before",
        line: "aks nodepool show {pool} --name npwin --query {Name:name,VmSize:vmSize,NodeImageVersion:nodeImageVersion} --output table",
    },
    Step {
        why: "The same for Windows, with the header that asks for Generation 2",
        line: "aks nodepool update {pool} --name npwin --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true",
    },
    Step {
        why: "The same pool, after",
        line: "aks nodepool show {pool} --name npwin --query {Name:name,VmSize:vmSize,NodeImageVersion:nodeImageVersion} --output table",
    },
    Step {
        why: "As the guide looks at it",
        line: "aks nodepool show {pool} --name npwin --output table",
    },
];

/// Runs the guide.
pub(crate) fn run(keep: bool) -> Result<ExitCode, DemoError> {
    // Ctrl-C ends the step that runs, and with it the demo; what was set up is still cleared away.
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::default())
        .map_err(DemoError::at("catching Ctrl-C"))?;
    let own = std::env::current_exe().map_err(DemoError::at("finding azq"))?;
    let stage = Stage::set(&own)?;
    let outcome = STEPS.iter().try_for_each(|step| stage.play(&own, step));
    if keep && outcome.is_ok() {
        stage.keep();
    } else {
        stage.clear(&own);
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The emulator and the directory in which everything of the demo lies.
struct Stage {
    directory: PathBuf,
    emulator: Child,
    environment: BTreeMap<String, String>,
}

impl Stage {
    fn set(own: &Path) -> Result<Self, DemoError> {
        let binary = own.with_file_name(EMULATOR);
        if !binary.is_file() {
            return Err(DemoError::NoEmulator(binary));
        }
        let directory = PathBuf::from(format!("/tmp/azq-demo-{}", std::process::id()));
        std::fs::create_dir(&directory).map_err(DemoError::at("making the demo's directory"))?;
        let emulator = Command::new(binary)
            .arg("--demo")
            .arg("--directory")
            .arg(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(DemoError::at("starting the emulator"))?;
        let mut stage = Self {
            directory,
            emulator,
            environment: BTreeMap::new(),
        };
        stage.environment = match stage.listen() {
            Ok(environment) => environment,
            Err(error) => {
                stage.clear(own);
                return Err(error);
            }
        };
        Ok(stage)
    }

    /// The emulator's answer: variables, one a line, and an empty line when it serves.
    fn listen(&mut self) -> Result<BTreeMap<String, String>, DemoError> {
        let stdout = self.emulator.stdout.take().ok_or(DemoError::NotReady)?;
        let mut environment: BTreeMap<String, String> = ["RUNTIME", "CACHE", "STATE"]
            .map(|kind| {
                let path = self.directory.join(kind.to_ascii_lowercase());
                (
                    format!("AZQ_{kind}_DIR"),
                    path.to_string_lossy().into_owned(),
                )
            })
            .into();
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(DemoError::at("listening to the emulator"))?;
            match line.split_once('=') {
                Some((name, value)) => environment.insert(name.to_owned(), value.to_owned()),
                None => return Ok(environment),
            };
        }
        Err(DemoError::NotReady)
    }

    fn play(&self, own: &Path, step: &Step) -> Result<(), DemoError> {
        let line = step.line.replace("{pool}", POOL);
        say(&format!("\n# {}\n$ az {line}", step.why));
        let status = Command::new(own)
            .args(line.split(' '))
            .envs(&self.environment)
            .status()
            .map_err(DemoError::at("running azq"))?;
        if status.success() {
            Ok(())
        } else {
            Err(DemoError::Command(line))
        }
    }

    fn keep(self) {
        say("\n# The emulator goes on. To use it in this shell:");
        for (name, value) in &self.environment {
            say(&format!("export {name}='{value}'"));
        }
        let pid = self.emulator.id();
        let directory = self.directory.display();
        say(&format!(
            "# To end it: azq daemon stop; kill {pid}; rm -r {directory}"
        ));
    }

    fn clear(mut self, own: &Path) {
        // Whatever cannot be cleared away was not there, or is said by the next line.
        let _stopped = Command::new(own)
            .args(["daemon", "stop"])
            .envs(&self.environment)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _killed = self.emulator.kill();
        let _reaped = self.emulator.wait();
        if let Err(error) = std::fs::remove_dir_all(&self.directory) {
            show::error(&format!(
                "{} was not removed: {error}",
                self.directory.display()
            ));
        }
    }
}

/// A line between the commands' answers, on stdout as they are.
fn say(text: &str) {
    // A reader that has gone ends the demo with its next command.
    let _gone = show::stdout(format!("{text}\n").as_bytes());
}
