//! TAB in the real shells, each on a terminal: typed lines, and the commands that the shell then
//! runs.
//!
//! Stand-ins for azq and az complete as azq does, and otherwise print their arguments. zsh and fish
//! are tested where they are installed.

use super::offered;
use crate::interpreter::left_out;
use crate::prelude::*;

/// Typed lines, where `^` is TAB, and the commands that are run.
const LINES: [(&str, &str); 12] = [
    ("azq vm list-sk^", "azq vm list-skus"),
    ("azq vm list-skus --si^x", "azq vm list-skus --size x"),
    ("azq vm list-skus -o ta^", "azq vm list-skus -o table"),
    ("azq aks nodep^sho^", "azq aks nodepool show"),
    ("azq daemon stat^", "azq daemon status"),
    ("azq aks show -g myR^", "azq aks show -g myResourceGroup"),
    (
        "azq aks nodepool show -g myR^--cluster-name my^-n my^",
        "azq aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n mynodepool",
    ),
    ("az vm list-sk^", "az vm list-skus"),
    (
        "az aks nodepool add --mode Sy^",
        "az aks nodepool add --mode System",
    ),
    (
        "az vm list-skus --resource-t^disks",
        "az vm list-skus --resource-type disks",
    ),
    (
        "az aks nodepool show -g myR^",
        "az aks nodepool show -g myResourceGroup",
    ),
    ("az network vn^", "az network vn"),
];

/// The most attempts, because on a busy machine names may come late, and serve the next TAB.
const MOST_TRIES: usize = 10;

/// The start files by which bash and zsh use az's protocol, as `register-python-argcomplete` does.
const BASH: &str = r#"
_az() {
    local IFS=$'\v'
    COMPREPLY=($(IFS="$IFS" COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" \
        _ARGCOMPLETE_COMP_WORDBREAKS="$COMP_WORDBREAKS" _ARGCOMPLETE=1 _ARGCOMPLETE_SHELL=bash \
        _ARGCOMPLETE_SUPPRESS_SPACE=1 az 8>&1 9>&2 1>/dev/null 2>&1 </dev/null))
}
complete -o default -F _az az
eval "$(azq completion bash)"
"#;
const ZSH: &str = r#"
autoload -Uz compinit && compinit -u -D
_az() {
    local IFS=$'\v' completions
    completions=($(IFS="$IFS" COMP_LINE="$BUFFER" COMP_POINT="$CURSOR" _ARGCOMPLETE=1 \
        _ARGCOMPLETE_SHELL=zsh _ARGCOMPLETE_SUPPRESS_SPACE=1 \
        az 8>&1 9>&2 1>/dev/null 2>&1 </dev/null))
    _describe az completions
}
compdef _az az
eval "$(azq completion zsh)"
"#;
const FISH: &str = r"
function __az
    set -x _ARGCOMPLETE 1
    set -x _ARGCOMPLETE_DFS \t
    set -x _ARGCOMPLETE_IFS \n
    set -x _ARGCOMPLETE_SUPPRESS_SPACE 1
    set -x _ARGCOMPLETE_SHELL fish
    set -x COMP_LINE (commandline -p)
    set -x COMP_POINT (string length (commandline -cp))
    az 8>&1 9>&2 1>/dev/null 2>&1
end
complete --command az -f -a '(__az)'
function fish_greeting; end
azq completion fish | source
";

/// Creates a home whose daemon knows names, and in which azq is run only for completion.
fn home(emulator: &Emulator) -> Home {
    let mut home = Home::new(emulator).unwrap();
    home.line(SHOW_POOL).success();
    // On a busy machine the first completion may have exceeded its time budget.
    for line in [
        "aks show -g ",
        "aks show -g myResourceGroup -n ",
        super::POOL,
    ] {
        eventually("names come", || !offered(&home, line).is_empty());
    }
    let bin = home.folder_on_path("stand-ins");
    for name in ["azq", "az"] {
        let azq = home.binaries().azq.display().to_string();
        let script = format!(
            "#!/bin/bash\n\
             if [ -n \"$_ARGCOMPLETE\" ] || [ \"$1\" = completion ]; then\n\
             \x20   exec -a {name} '{azq}' \"$@\"\n\
             fi\n\
             echo \"RUN<{name} $*>\"\n"
        );
        write_script(&bin.join(name), &script);
    }
    home.set("TERM", "xterm");
    home
}

/// Types the lines into a shell that has read a start file; does nothing without the shell.
fn try_in(shell: &str, arguments: &str, start: &str) {
    let places = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];
    let mut places = places.iter().map(|place| Path::new(place).join(shell));
    let Some(program) = places.find(|place| place.exists()) else {
        left_out(&format!("TAB in {shell}, which is not installed"));
        return;
    };
    let emulator = emulator();
    let home = home(&emulator);
    fs::write(home.path().join("start"), start).unwrap();
    let mut command = home.command(Path::new("/bin/sh"));
    // A shell that edits lines needs a terminal of its own, and its width.
    let run = format!(
        "stty cols 200 rows 50\n\
         if command -v setsid >/dev/null; then exec setsid --wait --ctty {0} {arguments}; fi\n\
         exec {0} {arguments}",
        program.display()
    );
    command.args(["-c", &run]);
    let mut screen = Screen::begin(command);
    screen.type_text(". ./start; echo RE''ADY\r");
    screen.until_shows("READY");
    for (number, (typed, run)) in LINES.iter().enumerate() {
        let is_run = (0..MOST_TRIES).any(|time| {
            let done = format!("{number}-{time}");
            let keys = typed.replace('^', "\t");
            let keys = format!("{keys}\recho DO''NE{done}\r");
            screen.type_text(&keys);
            screen.until_shows(&format!("DONE{done}"));
            screen.has_shown(&format!("RUN<{run}>"))
        });
        assert!(is_run, "{shell}: {typed}: {screen:?}");
    }
    screen.type_text("exit\r");
    screen.finish();
    assert_eq!(home.daemons().len(), 1);
}

#[test]
fn tab_completes_in_bash() {
    try_in("bash", "--norc --noprofile -i", BASH);
}

#[test]
fn tab_completes_in_zsh() {
    try_in("zsh", "-f -i", ZSH);
}

#[test]
fn tab_completes_in_fish() {
    try_in("fish", "--no-config -i", FISH);
}
