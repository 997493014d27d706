"""Lets azq answer the commands that it knows, from within az.

az imports an extension before it parses arguments. At that moment this module replaces the process
by azq, which gets the arguments as they were typed, stdin, and the place in the foreground; its exit
code is az's. azq hands what it does not know back to az, with a variable by which this module knows
not to do so again.

The process is replaced only if az has an index of commands that names this extension and is valid:
else az could never write that index, and would load every module for every command. For the same
reason each group has a command of this extension.

Deliberately absent: any answer of its own, and completion, which stays az's.
"""

import json
import os
import shutil
import sys

from azure.cli.core import AzCommandsLoader

_DIRECTORY = os.path.dirname(os.path.abspath(__file__))
# azq sets this in the environment of an az that it runs.
_GUARD = "AZQ_HANDED_OVER"


def _commands():
    """The commands that azq answers, such as `vm list-skus`."""
    with open(os.path.join(_DIRECTORY, "commands.json"), encoding="utf-8") as file:
        return json.load(file)


def find_azq():
    """The azq of this wheel, which pip has put beside this package, else the first on PATH."""
    own = os.path.join(os.path.dirname(_DIRECTORY), "bin", "azq")
    return own if os.access(own, os.X_OK) else shutil.which("azq")


def _is_known(arguments):
    words = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        words.append(argument)
    return any(command.split() == words[: command.count(" ") + 1] for command in _commands())


def _is_indexed(group):
    """Whether az's index names this extension for a group, and is of this az."""
    from azure.cli.core import __version__
    from azure.cli.core._environment import get_config_dir

    # `extensionIndex.json` is of the default profile, `commandIndex.json` of all others.
    for name in ("extensionIndex.json", "commandIndex.json"):
        try:
            with open(os.path.join(get_config_dir(), name), encoding="utf-8-sig") as file:
                index = json.load(file)
            if index.get("version") == __version__ and __name__ in index["commandIndex"][group]:
                return True
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return False


def _environment(executable):
    """The environment of azq, which must find this az to hand over to it."""
    environment = dict(os.environ)
    beside = os.path.dirname(executable)
    if os.access(os.path.join(beside, "az"), os.X_OK):
        path = environment.get("PATH", os.defpath)
        environment["PATH"] = path + os.pathsep + beside
    return environment


def _replace_process(arguments):
    """Runs azq in place of az if azq answers the command. Returns if it does not."""
    if _GUARD in os.environ or "_ARGCOMPLETE" in os.environ or not arguments:
        return
    if not _is_known(arguments) or not _is_indexed(arguments[0]):
        return
    azq = find_azq()
    if azq is None:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(azq, ["azq", *arguments], _environment(sys.executable))
    except OSError:
        # Not for this machine: az answers by itself.
        return


_replace_process(sys.argv[1:])


class AzqCommandsLoader(AzCommandsLoader):
    """Registers a command in each group that azq knows, so that az's index names this extension."""

    def __init__(self, cli_ctx=None):
        from azure.cli.core.commands import CliCommandType

        custom = CliCommandType(operations_tmpl="azext_azq.custom#{}")
        super().__init__(cli_ctx=cli_ctx, custom_command_type=custom)

    def load_command_table(self, args):
        from knack.help_files import helps

        groups = {command.split()[0] for command in _commands() if " " in command}
        for group in sorted(groups):
            helps[f"{group} azq"] = (
                "type: command\nshort-summary: Show which commands of this group azq answers."
            )
            with self.command_group(group) as commands:
                commands.custom_command("azq", "show_answered")
        return self.command_table


COMMAND_LOADER_CLS = AzqCommandsLoader
