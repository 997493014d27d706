"""Makes the wheel from a tree that `packaging/stage` has laid out: build.py STAGE OUT

The wheel is for pip, and for `az extension add`: it holds the binaries as scripts, completions and
man pages, and the package `azext_azq`, which az imports. It needs nothing but Python.

It is put together here by the specification of the format, because maturin makes wheels of one
crate: azq, azqd and azq-emulator are three, and are built for two targets on Linux. The same input
gives the same bytes.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import platform_tag

_PACKAGING = Path(__file__).resolve().parent.parent
_ROOT = _PACKAGING.parent
_REPOSITORY = "https://github.com/azq/azq"
_BINARIES = ("azq", "azqd", "azq-emulator")
# A zip file begins its time here.
_OLDEST_TIME = 315532800

_METADATA = """\
Metadata-Version: 2.1
Name: azq
Version: {version}
Summary: Answers repeated az commands in milliseconds, through the azqd daemon.
License: MIT
Keywords: azure,az,aks,cli
Project-URL: Source, {repository}
Project-URL: Changelog, {repository}/blob/main/CHANGELOG.md
Classifier: Environment :: Console
Classifier: License :: OSI Approved :: MIT License
Classifier: Operating System :: MacOS
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Rust
Requires-Python: >=3.9
Description-Content-Type: text/markdown
License-File: LICENSE

{description}"""

_WHEEL = """\
Wheel-Version: 1.0
Generator: azq packaging/wheel
Root-Is-Purelib: false
{tags}"""


def _version():
    return subprocess.check_output([_PACKAGING / "version"], text=True).strip()


def _description(version):
    """The README, with links to files made absolute, so that they lead to the repository."""
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    target = r"\1%s/%s/v%s/" % (_REPOSITORY, "%s", version)
    text = re.sub(r"(!\[[^]]*\]\()(?!https?:|#)", target % "raw", text)
    return re.sub(r"((?<!!)\[[^]]*\]\()(?!https?:|#)", target % "blob", text)


def _commands():
    """The commands that azq answers, which are those of the .proto files."""
    service = (_ROOT / "proto/proto/azq/v1/service.proto").read_text(encoding="utf-8")
    return re.findall(r'^ *option \(command\) = "([^"]+)";$', service, re.MULTILINE)


class Wheel:
    """A wheel that is being written: its files in their order, and the record of them."""

    def __init__(self, path):
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9)
        seconds = max(int(os.environ.get("SOURCE_DATE_EPOCH", _OLDEST_TIME)), _OLDEST_TIME)
        self._time = time.gmtime(seconds)[:6]
        self._record = []

    def add(self, name, content, mode=0o644):
        """Adds a file."""
        self._write(name, content, mode)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        self._record.append("%s,sha256=%s,%d" % (name, digest.decode("ascii"), len(content)))

    def close(self, record):
        """Writes the record, which is the last file and the only one without a checksum."""
        lines = self._record + [record + ",,"]
        self._write(record, "".join(line + "\n" for line in lines).encode(), 0o644)
        self._zip.close()

    def _write(self, name, content, mode):
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = (0o100000 | mode) << 16
        self._zip.writestr(info, content)


def _files(directory):
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _add_extension(wheel):
    package = _PACKAGING / "az-extension" / "azext_azq"
    for path in _files(package):
        if path.suffix in (".py", ".json"):
            wheel.add("azext_azq/%s" % path.relative_to(package), path.read_bytes())
    wheel.add("azext_azq/commands.json", json.dumps(_commands()).encode())


def _add_stage(wheel, stage, data):
    for name in _BINARIES:
        wheel.add("%s/scripts/%s" % (data, name), (stage / "bin" / name).read_bytes(), 0o755)
    for path in _files(stage / "share"):
        # Pages about azq are for packages of a system.
        if "doc" not in path.relative_to(stage).parts:
            wheel.add("%s/data/%s" % (data, path.relative_to(stage)), path.read_bytes())


def build(stage, out):
    """Writes the wheel of a stage into a directory, and says where it is."""
    version = _version()
    name = "azq-%s" % version
    tag = platform_tag.tag([stage / "bin" / binary for binary in _BINARIES])
    out.mkdir(parents=True, exist_ok=True)
    path = out / ("%s-py3-none-%s.whl" % (name, tag))
    wheel = Wheel(path)
    _add_extension(wheel)
    _add_stage(wheel, stage, name + ".data")
    info = name + ".dist-info"
    tags = "".join("Tag: py3-none-%s\n" % part for part in tag.split("."))
    metadata = _METADATA.format(
        version=version, repository=_REPOSITORY, description=_description(version)
    )
    wheel.add(info + "/METADATA", metadata.encode())
    wheel.add(info + "/WHEEL", _WHEEL.format(tags=tags).encode())
    wheel.add(info + "/licenses/LICENSE", (_ROOT / "LICENSE").read_bytes())
    wheel.close(info + "/RECORD")
    return path


def main(arguments):
    """Runs the program."""
    if len(arguments) != 2:
        sys.exit("usage: build.py STAGE OUT")
    print(build(Path(arguments[0]), Path(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
