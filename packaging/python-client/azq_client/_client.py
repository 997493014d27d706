"""The connection to azqd, and the reading of its answers."""

import json
import logging
import os
import threading

import grpc

from . import _place
from ._messages import RPCS, message, number

# The range of protocol numbers that this package speaks (proto/src/protocol.rs).
_PROTOCOL = (("azq-protocol", "1-1"),)
# How often a daemon that has gone is started again before that is an error.
_DAEMONS = 4

# The variables that the daemon may see (proto/src/environment.rs).
_NAMES = frozenset(
    (
        "ACC_CLOUD ALL_PROXY AZURE_CLIENT_ID AZURE_CLI_DISABLE_CONNECTION_VERIFICATION AZURE_EXTENSION_DIR"
        " AZURE_HTTP_USER_AGENT AZURE_IDENTITY_DISABLE_CP1 AZURE_POD_IDENTITY_AUTHORITY_HOST"
        " COPILOT_AGENT_SESSION_ID CURL_CA_BUNDLE HTTPS_PROXY HTTP_PROXY IDENTITY_ENDPOINT IDENTITY_HEADER"
        " IDENTITY_SERVER_THUMBPRINT IMDS_ENDPOINT MSI_ENDPOINT MSI_SECRET NO_PROXY REQUESTS_CA_BUNDLE TZ"
        " all_proxy http_proxy https_proxy no_proxy"
    ).split()
)
_SECTIONS = ("AZURE_CLOUD_", "AZURE_CORE_", "AZURE_DEFAULTS_", "AZURE_LOGGING_")

_LOGGER = logging.getLogger(__package__)
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}

_Reply = message("Reply")


class CommandError(Exception):
    """A command that has failed, with az's exit code."""

    def __init__(self, exit_code, text):
        super().__init__(text)
        self.exit_code = exit_code


class Client:
    """A connection to the user's azqd, which is started if it does not run. Threads may share it.

    azq: the program that starts the daemon; the variable AZQ by default, else `azq` on the PATH.
    config_dir: az's configuration directory; az's own by default.
    subscription: an ID or a name; az's default subscription by default.
    timeout: how long a command may take, in seconds.
    """

    def __init__(self, *, azq=None, config_dir=None, subscription=None, timeout=300):
        self._azq = azq or os.environ.get("AZQ") or "azq"
        default = os.environ.get("AZURE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".azure")
        self._config_dir = os.path.abspath(config_dir or default)
        self._subscription = subscription
        self._timeout = timeout
        self._channel = self._open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the connection. The daemon goes on."""
        self._channel.close()

    @staticmethod
    def commands():
        """az's words for every command."""
        return sorted(RPCS)

    @staticmethod
    def fields(command):
        """The names of a command's fields."""
        fields = RPCS[command].request.DESCRIPTOR.fields_by_name
        return [name for name in fields if name != "context"]

    def call(self, command, *, subscription=None, query=None, **fields):
        """What `az COMMAND -o json` prints, parsed; None if it prints nothing."""
        rpc = RPCS[command]
        request = rpc.request(context=self._context(subscription, query), **_given(rpc.request, fields))
        answer = _Answer()
        for _ in range(_DAEMONS):
            try:
                return answer.read(self._replies(rpc, request))
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise CommandError(1, error.details()) from error
                if answer.operation is not None and answer.operation.id:
                    # It goes on in Azure; only the waiting begins anew.
                    rpc = RPCS["operation wait"]
                    request = rpc.request(context=request.context, operation=answer.operation)
                elif not rpc.only_reads:
                    lost = f"azqd has ended; whether Azure has acted on '{command}' is not known"
                    raise CommandError(1, lost) from error
            answer = _Answer(answer.operation)
            _place.start(self._azq)
        raise _place.DaemonError("azqd ends again and again; look at: azq daemon logs")

    def _open(self):
        socket = _place.start(self._azq)
        # gRPC would send the socket's path as the authority, which HTTP/2 servers refuse. The daemon that is started
        # after one has ended has the same socket, so that a pause before the next look is lost time.
        options = (
            ("grpc.default_authority", "azqd"),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        )
        return grpc.insecure_channel(f"unix:{socket}", options)

    def _replies(self, rpc, request):
        ask = self._channel.unary_stream(
            rpc.path, request_serializer=type(request).SerializeToString, response_deserializer=_Reply.FromString
        )
        return ask(request, metadata=_PROTOCOL, timeout=self._timeout, wait_for_ready=True)

    def _context(self, subscription, query):
        travelling = {
            name: value for name, value in os.environ.items() if name in _NAMES or name.startswith(_SECTIONS)
        }
        output = message("OutputOptions")(format=number("Format", "FORMAT_JSON"), query=query)
        return message("Context")(
            azure_config_dir=self._config_dir,
            subscription=subscription or self._subscription,
            environment=travelling,
            output=output,
        )


def _given(request, fields):
    """The fields, with a plain list where the message wants `Words`."""
    descriptors = request.DESCRIPTOR.fields_by_name
    for name in fields:
        if name not in descriptors or name == "context":
            known = ", ".join(known for known in descriptors if known != "context")
            raise TypeError(f"{request.DESCRIPTOR.name} has no field '{name}'; it has: {known}")

    def converted(name, value):
        kind = descriptors[name].message_type
        is_words = kind is not None and kind.full_name == "azq.v1.Words"
        return message("Words")(word=value) if is_words and isinstance(value, (list, tuple)) else value

    return {name: converted(name, value) for name, value in fields.items() if value is not None}


class _Answer:
    """What has come of an answer so far."""

    def __init__(self, operation=None):
        self._document = b""
        self._pieces = b""
        # The long-running operation that the command has begun.
        self.operation = operation

    def read(self, replies):
        """Reads an answer to its end."""
        for reply in replies:
            if reply.WhichOneof("kind") == "piece":
                # Of a reply that is longer than 64 KiB.
                self._pieces += reply.piece.bytes
                if not reply.piece.last:
                    continue
                reply, self._pieces = _Reply.FromString(self._pieces), b""
            kind = reply.WhichOneof("kind")
            if kind == "exit":
                return self._end(reply.exit)
            self._take(kind, reply)
        raise CommandError(1, "azqd's answer ended early")

    def _take(self, kind, reply):
        if kind == "stdout":
            self._document += reply.stdout
        elif kind == "kubeconfig":
            self._document += json.dumps(reply.kubeconfig.content.decode()).encode()
        elif kind == "operation":
            self.operation = reply.operation
        elif kind == "log":
            level = _LEVELS.get(reply.log.level, logging.DEBUG)
            self._error = reply.log.text if level == logging.ERROR else self._error
            _LOGGER.log(level, "%s", reply.log.text)
        elif kind == "missing":
            raise CommandError(2, f"these fields are required: {', '.join(reply.missing.field)}")
        elif kind == "usage":
            raise CommandError(2, reply.usage)
        elif kind == "confirm":
            raise CommandError(1, f"{reply.confirm} Nothing was done; to say so, call it with yes=True.")
        elif kind == "elsewhere":
            raise CommandError(1, f"azqd sees another file at {reply.elsewhere} than this process")
        elif kind == "hand_over":
            raise CommandError(1, f"the command is left to the real az: {reply.hand_over}")

    _error = ""

    def _end(self, code):
        if code != 0:
            raise CommandError(code, self._error or f"the command has failed with exit code {code}")
        return json.loads(self._document) if self._document.strip() else None
