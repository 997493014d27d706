#!/usr/bin/env python3
"""Asks azqd about many VM sizes at once, over one connection, without a process for each question.

    pip install grpcio grpcio-tools
    python3 list_skus.py eastus Standard_D2s_v5 Standard_D4s_v5

prints one line of JSON for each size, in the order of the sizes. README.md beside this file says how it works.
"""

import json
import os
import pathlib
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

# Compiles the .proto files when the program starts; grpcio-tools does it.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "proto"))
common = grpc.protos("azq/v1/common.proto")
skus = grpc.protos("azq/v1/skus.proto")
services = grpc.services("azq/v1/service.proto")

# The range of protocol numbers that this program speaks (proto/src/protocol.rs).
PROTOCOL = [("azq-protocol", "1-1")]
# Enough to keep the daemon busy; it takes up to 256 calls at once.
CALLS_AT_ONCE = 8
# A cold catalogue may have to come from Azure first.
SECONDS = 300

# The variables that the daemon may see (proto/src/environment.rs).
NAMES = set(
    "ALL_PROXY AZURE_CLIENT_ID HTTPS_PROXY HTTP_PROXY IDENTITY_ENDPOINT IDENTITY_HEADER NO_PROXY PWD REQUESTS_CA_BUNDLE"
    " SSL_CERT_DIR SSL_CERT_FILE all_proxy http_proxy https_proxy no_proxy".split()
)
SECTIONS = ("AZURE_CLOUD_", "AZURE_CORE_", "AZURE_DEFAULTS_", "AZURE_LOGGING_")


def runtime_dir():
    """The directory in which the user's daemon has its socket (proto/src/runtime_dir.rs)."""
    directory = os.environ.get("AZQ_RUNTIME_DIR", "")
    if directory and not os.path.isabs(directory):
        sys.exit(f"ERROR: AZQ_RUNTIME_DIR is '{directory}'; an absolute path is needed")
    if directory:
        return directory
    # `sudo -E` brings another user's directory along; cron has the login's directory, but not the variable.
    for base in os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.geteuid()}":
        if os.path.isabs(base) and is_own_directory(base):
            return os.path.join(base, "azq")
    return f"/tmp/azq-{os.geteuid()}"


def is_own_directory(path):
    return os.path.isdir(path) and os.stat(path).st_uid == os.geteuid()


def objection(directory):
    """Why nobody should talk to a socket in there, if so: anybody can make a directory in /tmp."""
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        return "it is not a directory"
    if found.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if found.st_mode & 0o077:
        return "others may enter it"
    return None


def connect():
    """A channel to the daemon, which is started if it does not run."""
    azq = os.environ.get("AZQ", "azq")
    subprocess.run([azq, "daemon", "start"], check=True, stdout=subprocess.DEVNULL)
    directory = runtime_dir()
    unsafe = objection(directory)
    if unsafe:
        sys.exit(f"ERROR: the directory {directory} is not safe: {unsafe}")
    # gRPC would send the socket's path as the authority, which HTTP/2 servers refuse.
    options = [("grpc.default_authority", "azqd")]
    return grpc.insecure_channel(f"unix:{directory}/azqd.sock", options)


def context():
    """Who asks, and what the answer looks like."""
    config = os.environ.get("AZURE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".azure")
    travelling = {
        name: value
        for name, value in os.environ.items()
        if name in NAMES or name.startswith(SECTIONS)
    }
    return common.Context(
        azure_config_dir=os.path.abspath(config),
        environment=travelling,
        output=common.OutputOptions(format=common.FORMAT_JSON),
    )


def ask(commands, request):
    """az's exit code and the document; what is said beside it goes to stderr."""
    document = pieces = b""
    for reply in commands.ListSkus(request, metadata=PROTOCOL, timeout=SECONDS):
        kind = reply.WhichOneof("kind")
        if kind == "piece":
            # Of a reply that is longer than 64 KiB.
            pieces += reply.piece.bytes
            if not reply.piece.last:
                continue
            reply, pieces = common.Reply.FromString(pieces), b""
            kind = reply.WhichOneof("kind")
        if kind == "stdout":
            document += reply.stdout
        elif kind == "log":
            print(f"{common.Log.Level.Name(reply.log.level)}: {reply.log.text}", file=sys.stderr)
        elif kind == "missing":
            return 2, f"missing: {', '.join(reply.missing.field)}"
        elif kind == "usage":
            return 2, reply.usage
        elif kind == "exit":
            return reply.exit, json.loads(document) if document else None
    return 1, "the answer ended early"


def main(location, sizes):
    asker = context()

    def about(size):
        return ask(commands, skus.ListSkusRequest(context=asker, location=location, size=size))

    with connect() as channel, ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        commands = services.CommandsStub(channel)
        worst = 0
        for size, (code, document) in zip(sizes, pool.map(about, sizes)):
            found = [sku["name"] for sku in document] if code == 0 else document
            print(json.dumps({"size": size, "exit_code": code, "skus": found}))
            worst = max(worst, code)
    return worst


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
