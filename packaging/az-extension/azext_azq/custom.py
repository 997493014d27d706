"""The extension's own commands."""

from . import _commands, find_azq


def show_answered(cmd):
    """Which azq answers, and which commands of the group."""
    group = cmd.name.split()[0]
    answered = [command for command in _commands() if command.split()[0] == group]
    return {"azq": find_azq(), "commands": answered}
