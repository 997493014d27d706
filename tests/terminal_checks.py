#!/usr/bin/env python3
"""Types into real shells and prints what they show: terminal_checks.py BINARIES AZ

BINARIES is the directory of azq, azqd and azq-emulator, and AZ the real az. Each row of `CHECKS` is
typed into bash, zsh and fish under tmux, on terminals of 80 and of 40 columns, beside the emulated
Azure of the demo. `az` is azq's shim there, and completed by the scripts of az's own argcomplete.
The page of docs/terminal-checks.md is printed. A row that does not show what it must fails the run.

It needs tmux and the three shells. The tests in `it/cli/completion` and `it/cli/terminal.rs` hold
the same behaviour in `cargo test`; this shows it as a person sees it.
"""

import configparser
import itertools
import json
import re
import shlex
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

# How long a screen may take to show what is expected.
_PATIENCE = 20
_WIDTHS = (80, 40)
# The most characters of a screen in a table.
_LONGEST = 150
_SERVERS = itertools.count()
_PROMPT = "azq-check$ "
_POOL = "-g myResourceGroup --cluster-name myAKSCluster"
_RUNNING = {
    "match": "GET .*/operations/.*",
    "status": 200,
    "body": {"status": "InProgress"},
    "headers": {"Retry-After": "0"},
    "times": 1000000,
}
_DRIP = {"match": "GET .*/Microsoft.Compute/skus", "effect": "drip", "times": 1000000}

_PAGE = """\
# What terminals show

`tests/terminal_checks.py BINARIES AZ` has printed this page. It types each line into
{shells}, under tmux, on terminals of 80 and of 40 columns,
beside the emulated Azure of `azq demo`. `az` is azq's shim, completed by the scripts of az's own
argcomplete.

`⇥` is TAB, `⏎` Enter or a new line, `^C` Ctrl-C, `⟨91m⟩` bright red and `⟨39m⟩` the usual colour.
The table shows the last lines of a screen; where something was typed later, those of both screens.
"""
_BASH = """
PS1='{prompt}'
bind 'set bell-style none'
{az}
eval "$(azq completion bash)"
"""
_ZSH = """
PROMPT='{prompt}'
unsetopt BEEP
autoload -Uz compinit && compinit -u -D
{az}
eval "$(azq completion zsh)"
"""
_FISH = """
function fish_prompt; printf '{prompt}'; end
function fish_right_prompt; end
function fish_greeting; end
set -g fish_autosuggestion_enabled 0
{az}
azq completion fish | source
"""


class Check(NamedTuple):
    """What is typed, where `^` is TAB, and what the screen must show then."""

    point: str
    typed: str
    # A regular expression over the screen without any white space, because shells wrap lines.
    shows: str
    # Typed once that is shown, and what the screen must show in the end.
    then: str = ""
    ends: str = ""
    faults: tuple = ()
    # Whether the screen is looked at with its escape sequences.
    colours: bool = False


CHECKS = [
    Check(
        "commands",
        "azq vm list-^^",
        r"list-(skus|sizes|usage).*list-ip-addresses|list-ip-addresses.*list-usage",
    ),
    Check("one command", "azq aks nodep^sho^", r"\$azqaksnodepoolshow$"),
    Check("options", "azq vm list-skus --si^", r"\$azqvmlist-skus--size$"),
    Check("formats", "azq vm list-skus -o t^^", r"table.*tsv"),
    Check("OS SKUs", "azq aks nodepool add --os-sku Windows20^^", r"Windows2019.*Windows2022"),
    Check("modes", "azq aks nodepool add --mode Sy^", r"--modeSystem$"),
    Check("own commands", "azq daemon st^^", r"(?=.*start)(?=.*status).*stop"),
    Check("regions", "azq vm list-skus -l eastu^^", r"eastus"),
    Check("sizes", "azq vm list-skus -s Standard_D4s_v5^", r"-sStandard_D4s_v5"),
    Check("resource groups", "azq aks show -g myR^", r"-gmyResourceGroup$"),
    Check("clusters", "azq aks show -g myResourceGroup -n myA^", r"-nmyAKSCluster$"),
    Check("pools", f"azq aks nodepool show {_POOL} -n mynodep^", r"-nmynodepool$"),
    Check("subscriptions", "azq cache show --subscription 0000^", r"00000000-0000-0000-0000-0000"),
    Check("az: commands", "az vm list-sk^", r"\$azvmlist-skus$"),
    Check("az: options", "az aks nodepool show --cluster-n^", r"--cluster-name$"),
    Check("az: resource groups", "az aks nodepool show -g myR^", r"-gmyResourceGroup$"),
    Check("az: pools", f"az aks nodepool show {_POOL} -n mynodep^", r"-nmynodepool$"),
    Check(
        "progress, and Ctrl-C",
        f"azq aks nodepool scale {_POOL} -n mynodepool --node-count 4 -o none\r",
        r"Scaling.*00:0[2-9]",
        "\x03",
        r"operationwait[-0-9a-z]*azq-check\$$",
        (_RUNNING,),
    ),
    Check(
        "progress of a catalogue, and Ctrl-C",
        "azq vm list-skus -l eastus --max-age 0 -o none\r",
        r"Downloading.*00:0[2-9]",
        "\x03",
        r"azq-check\$$",
        (_DRIP,),
    ),
    Check(
        "an error is red",
        "azq vm list-skus -l\r",
        r"\x1b\[91margument--location/-l:expectedoneargument",
        colours=True,
    ),
    Check(
        "NO_COLOR",
        "env NO_COLOR=1 azq vm list-skus -l\r",
        r"list-skus-lERROR:argument--location/-l:expectedoneargument",
        colours=True,
    ),
    Check(
        "--pick",
        "azq sizes -l eastus --vcpus 4 --pick\r",
        r"Standard_D4",
        "\r",
        r"--pick[A-Z][A-Za-z0-9_]+azq-check\$$",
    ),
]


class Stage:
    """The demo's emulator and the environment in which shells find it."""

    def __init__(self, binaries, az, place):
        self.place = place
        self._emulator = subprocess.Popen(
            [binaries / "azq-emulator", "--demo", "--directory", place, "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        told = iter(self._emulator.stdout.readline, "\n")
        shim = place / "bin"
        shim.mkdir()
        (shim / "az").symlink_to(binaries / "azq")
        path = [shim, binaries, az.parent, "/usr/bin", "/bin"]
        self.environment = {
            "HOME": str(place),
            "LANG": "C.UTF-8",
            "TERM": "screen-256color",
            "PATH": ":".join(map(str, path)),
            **{"AZQ_%s_DIR" % kind: str(place / kind) for kind in ("RUNTIME", "CACHE", "STATE")},
            **dict(line.rstrip("\n").split("=", 1) for line in told),
        }
        clouds = configparser.ConfigParser()
        clouds.read(Path(self.environment["AZURE_CONFIG_DIR"]) / "clouds.config")
        self._azure = clouds[clouds.sections()[0]]["endpoint_resource_manager"].rstrip("/")

    def begin_anew(self, faults):
        """Gives the emulator the demo's subscription again, and these faults."""
        demo = Path(__file__).with_name("src") / "demo.json"
        self._post("reset", json.loads(demo.read_text(encoding="utf-8")))
        self._post("faults", list(faults))

    def _post(self, what, document):
        address = "%s/emulator/%s" % (self._azure, what)
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(address, json.dumps(document).encode(), headers)
        context = ssl.create_default_context(cafile=self.environment["REQUESTS_CA_BUNDLE"])
        urllib.request.urlopen(request, context=context).read()

    def run(self, *words):
        """Runs a command to its end."""
        subprocess.run(words, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def end(self):
        """Ends the daemon and the emulator."""
        self.run("azq", "daemon", "stop")
        self._emulator.stdin.close()
        self._emulator.wait()


class Screen:
    """A shell in tmux."""

    def __init__(self, stage, shell, start, columns):
        # A server that is ending takes no new session.
        name = "%s-%d" % (stage.place.name, next(_SERVERS))
        self._server = ["tmux", "-L", name, "-f", "/dev/null"]
        file = stage.place / "start"
        file.write_text(start)
        variables = ["%s=%s" % item for item in stage.environment.items()]
        command = shlex.join(["env", "-i", *variables, *shell])
        size = ["-x", str(columns), "-y", "24"]
        self._tmux("new-session", "-d", *size, command)
        self.type("source ./start\r")
        self.type("clear\r")
        self.until(r"^azq-check\$$", False)

    def _tmux(self, *words):
        done = subprocess.run([*self._server, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def type(self, text):
        """Types, with a pause after each TAB as a person makes it."""
        for part in re.split("(\t)", text):
            if part:
                self._tmux("send-keys", "-l", part)
            if part == "\t":
                time.sleep(0.5)

    def seen(self, colours=False):
        """The screen's text."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else [])).rstrip()

    def until(self, shows, colours):
        """Waits until the screen shows something; None if it does not."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            seen = self.seen(colours)
            if re.search(shows, re.sub(r"\s", "", seen)):
                return seen
            time.sleep(0.1)
        return None

    def carry_out(self, check):
        """The screens of a check; None if one is not what it must be."""
        screens = []
        typed = check.typed.replace("^", "\t")
        for keys, shows in ((typed, check.shows), (check.then, check.ends)):
            if keys:
                self.type(keys)
                screens.append(self.until(shows, check.colours))
        return None if None in screens else screens

    def clear(self):
        """Drops what is typed, and all that the screen shows."""
        self._tmux("send-keys", "C-c")
        # Ctrl-C drops what is typed before the shell has read it.
        self.until(r"azq-check\$$", False)
        self.type("clear\r")
        self.until(r"^azq-check\$$", False)

    def end(self):
        """Ends the shell."""
        self._tmux("kill-server")


def shells(stage, az):
    """The shells: the name, the words that start it, and its start file."""
    for name, words, start in (
        ("bash", "bash --norc --noprofile -i", _BASH),
        ("zsh", "zsh -f -i", _ZSH),
        ("fish", "fish --no-config -i", _FISH),
    ):
        register = [az.with_name("register-python-argcomplete"), "--shell", name, "az"]
        script = subprocess.check_output(register, text=True)
        command = ["/bin/sh", "-c", "cd %s; exec %s" % (stage.place, words)]
        yield name, command, start.replace("{az}", script).replace("{prompt}", _PROMPT)


def versions():
    """The shells and their versions, in words."""
    names = []
    for shell in ("bash", "zsh", "fish"):
        told = subprocess.check_output([shell, "--version"], text=True)
        names.append("%s %s" % (shell, re.search(r"\d+\.\d+", told)[0]))
    return "%s, %s and %s" % tuple(names)


def cell(screens):
    """The last lines of screens, for a table."""
    if screens is None:
        return "**not what it must be**"
    return ", then ".join("`%s`" % last_lines(screen).replace("|", "\\|") for screen in screens)


def last_lines(screen):
    """The end of a screen on one line, with its colours in brackets."""
    screen = re.sub(r"\x1b\[([0-9;]*m)", r"⟨\1⟩", screen)
    lines = [" ".join(line.split()) for line in screen.splitlines()]
    text = " ⏎ ".join(line for line in lines if line and line != _PROMPT.strip())
    return text if len(text) <= _LONGEST else "… " + text[-_LONGEST:]


def typed(check):
    """The keys of a check, as a reader names them."""
    keys = check.typed + check.then
    names = {"^": "⇥", "\r": "⏎", "\x03": "^C"}
    return "`%s`" % "".join(names.get(key, key) for key in keys)


def try_shell(stage, command, start):
    """What each check shows, for each width."""
    columns = []
    for width in _WIDTHS:
        screen = Screen(stage, command, start, width)
        shown = []
        for check in CHECKS:
            stage.begin_anew(check.faults)
            shown.append(screen.carry_out(check))
            screen.clear()
        screen.end()
        columns.append(shown)
    return list(zip(*columns))


def print_table(stage, name, command, start):
    """Prints what a shell has shown; how many screens are not what they must be."""
    print("## %s\n\n| what | typed | seen, 80 columns | 40 columns |" % name)
    print("| --- | --- | --- | --- |")
    seen = try_shell(stage, command, start)
    for check, shown in zip(CHECKS, seen):
        print("| %s |" % " | ".join([check.point, typed(check), *map(cell, shown)]))
    print(flush=True)
    return sum(shown.count(None) for shown in seen)


def main(arguments):
    """Runs the program."""
    if len(arguments) != 2:
        sys.exit("usage: terminal_checks.py BINARIES AZ")
    binaries, az = (Path(argument).absolute() for argument in arguments)
    with tempfile.TemporaryDirectory(prefix="azq-checks-") as place:
        stage = Stage(binaries, az, Path(place))
        try:
            # The daemon has a token, a catalogue and names from here on.
            stage.run("azq", "vm", "list-skus", "-l", "eastus", "-o", "none")
            stage.run("azq", "aks", "nodepool", "list", *_POOL.split(), "-o", "none")
            print(_PAGE.format(shells=versions()))
            failed = sum(print_table(stage, *shell) for shell in shells(stage, az))
        finally:
            stage.end()
    if failed:
        sys.exit("ERROR: %d screens are not what they must be" % failed)


if __name__ == "__main__":
    main(sys.argv[1:])
