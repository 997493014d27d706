"""Finds the daemon's socket, and checks its owner (proto/src/runtime_dir.rs)."""

import os
import stat
import subprocess

# Finding, starting and greeting a daemon takes some 20 ms; azq's own deadlines are shorter than this.
START_SECONDS = 60


class DaemonError(Exception):
    """There is no daemon to talk to."""


def runtime_dir():
    """The directory in which the user's daemon has its socket."""
    directory = os.environ.get("AZQ_RUNTIME_DIR", "")
    if directory and not os.path.isabs(directory):
        raise DaemonError(f"AZQ_RUNTIME_DIR is '{directory}'; an absolute path is needed")
    if directory:
        return directory
    # `sudo -E` brings another user's directory along; cron has the login's directory, but not the variable.
    for base in os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.geteuid()}":
        if os.path.isabs(base) and _is_own_directory(base):
            return os.path.join(base, "azq")
    return f"/tmp/azq-{os.geteuid()}"


def _is_own_directory(path):
    return os.path.isdir(path) and os.stat(path).st_uid == os.geteuid()


def objection(directory):
    """Why a socket in there must not be used, if so: any user can make a directory in /tmp."""
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        return "it is not a directory"
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    if found.st_mode & 0o077:
        return "others may enter it"
    return None


def start(azq):
    """Makes sure that a daemon listens, and returns its socket."""
    command = [azq, "daemon", "start"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DaemonError(f"'{azq}' cannot start the daemon: {error}") from error
    if done.returncode != 0:
        raise DaemonError(done.stderr.strip().removeprefix("ERROR: "))
    directory = runtime_dir()
    unsafe = objection(directory)
    if unsafe:
        raise DaemonError(f"the directory {directory} is not safe: {unsafe}")
    return os.path.join(directory, "azqd.sock")
