"""The messages of azq.v1, and the rpc of each command, from the compiled .proto files.

The pool is the package's own, so that a program may have code of its own for the same files.
"""

import importlib.resources
from dataclasses import dataclass

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_POOL = descriptor_pool.DescriptorPool()


def _load():
    content = importlib.resources.files(__package__).joinpath("azq.v1.bin").read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(content).file:
        _POOL.AddSerializedFile(file.SerializeToString())


_load()


def message(name):
    """The class of a message of azq.v1."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"azq.v1.{name}"))


def number(enum, value):
    """The number of an enum's value."""
    return _POOL.FindEnumTypeByName(f"azq.v1.{enum}").values_by_name[value].number


@dataclass(frozen=True)
class Rpc:
    """An rpc of service `Commands`."""

    path: str
    request: type
    # Whether it changes nothing, and may be made again.
    only_reads: bool


def _rpcs():
    """The rpcs by az's words, which are an option of each."""
    options = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("google.protobuf.MethodOptions"))
    command, effect = (_POOL.FindExtensionByName(f"azq.v1.{name}") for name in ("command", "effect"))
    reads = number("Effect", "EFFECT_READ")
    found = {}
    service = _POOL.FindServiceByName("azq.v1.Commands")
    for method in service.methods:
        said = options.FromString(method.GetOptions().SerializeToString()).Extensions
        request = message_factory.GetMessageClass(method.input_type)
        path = f"/{service.full_name}/{method.name}"
        found[said[command]] = Rpc(path, request, said[effect] == reads)
    return found


RPCS = _rpcs()
