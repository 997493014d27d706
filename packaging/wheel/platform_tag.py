"""The tags of the platforms on which all of some binaries run (PEP 425, 600 and 656)."""

import os
import platform
import re

from elf import Elf

# The oldest glibc that Rust's standard library runs on, and the name that an old pip has for it.
_OLDEST = (2, 17)
_LEGACY = {(2, 17): "manylinux2014"}


def tag(binaries):
    """The tag of binaries that were built for one machine."""
    if binaries[0].read_bytes()[:4] == b"\x7fELF":
        return _linux(binaries)
    return _macos()


def _linux(binaries):
    elves = [Elf(binary.read_bytes()) for binary in binaries]
    machine = _machine(binaries[0])
    needed = [_OLDEST]
    for elf in elves:
        if not elf.is_static():
            needed += filter(None, map(_glibc, elf.needed_versions()))
    version = max(needed)
    tags = ["manylinux_%d_%d" % version]
    if version in _LEGACY:
        tags.insert(0, _LEGACY[version])
    if all(elf.is_static() for elf in elves):
        tags.append("musllinux_1_1")
    return ".".join("%s_%s" % (name, machine) for name in tags)


def _machine(binary):
    kinds = {0x3E: "x86_64", 0xB7: "aarch64"}
    return kinds[int.from_bytes(binary.read_bytes()[0x12:0x14], "little")]


def _glibc(version):
    found = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(\.\d+)?", version)
    return found and (int(found[1]), int(found[2]))


def _macos():
    machine = platform.machine()
    # What rustc takes as the oldest macOS where nothing else is said.
    oldest = {"arm64": "11.0", "x86_64": "10.12"}[machine]
    version = os.environ.get("MACOSX_DEPLOYMENT_TARGET", oldest).split(".")
    return "macosx_%s_%s_%s" % (version[0], (version + ["0"])[1], machine)
