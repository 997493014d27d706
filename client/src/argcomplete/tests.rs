use super::*;
use crate::environment::fake::Fake;

/// A shell that asks at the end of a line, for a file.
fn shell(line: &str, file: &std::path::Path) -> Fake {
    Fake {
        called_az: true,
        ..Fake::default()
    }
    .variable("_ARGCOMPLETE", "1")
    .variable("COMP_LINE", line)
    .variable("COMP_POINT", &line.chars().count().to_string())
    .variable("_ARGCOMPLETE_STDOUT_FILENAME", file.to_str().unwrap())
    .variable("_ARGCOMPLETE_SUPPRESS_SPACE", "1")
}

fn answered(change: impl Fn(Fake) -> Fake, line: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("candidates");
    let environment = change(shell(line, &file));
    let code = answer(&[], &environment).unwrap();
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn who_is_no_shell_is_not_answered() {
    assert!(answer(&[], &Fake::default()).is_none());
    let other = Fake::default().variable("_ARGCOMPLETE", "1");
    assert!(answer(&[], &other).is_none());
}

#[test]
fn candidates_are_written_as_the_shell_asks() {
    let line = "az aks nodepool st";
    assert_eq!(answered(|shell| shell, line), "start\u{b}stop");
    let newline = |shell: Fake| shell.variable("_ARGCOMPLETE_IFS", "\n");
    assert_eq!(answered(newline, line), "start\nstop");
    let fish = |shell: Fake| newline(shell).variable("_ARGCOMPLETE_DFS", "\t");
    let told = "start\tStart a stopped node pool.\nstop\tStop a running node pool.";
    assert_eq!(answered(fish, line), told);
    let zsh = |shell: Fake| newline(shell).variable("_ARGCOMPLETE_SHELL", "zsh");
    assert_eq!(answered(zsh, line), told.replace('\t', ":"));
    let spaced = |shell: Fake| shell.variable("_ARGCOMPLETE_SUPPRESS_SPACE", "0");
    assert_eq!(answered(spaced, "az aks nodepool sho"), "show ");
    let breaks = |shell: Fake| shell.variable("_ARGCOMPLETE_COMP_WORDBREAKS", "=:");
    assert_eq!(answered(breaks, "az vm list-skus --output=ts"), "tsv");
}

#[test]
fn without_az_there_is_nothing_that_only_az_knows() {
    assert_eq!(answered(|shell| shell, "az network vnet "), "");
    let always = |shell: Fake| shell.variable("AZQ_PASSTHROUGH", "always");
    assert_eq!(answered(always, "az vm "), "");
}

#[test]
fn azq_has_its_own_commands_too() {
    let azq = |shell: Fake| Fake {
        called_az: false,
        ..shell
    };
    assert_eq!(answered(azq, "azq daemon sta"), "start\u{b}status");
    assert_eq!(answered(|shell| shell, "az daemon sta"), "");
}
