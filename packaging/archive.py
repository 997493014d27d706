"""Packs a tree so that the same files give the same bytes: archive.py TREE ARCHIVE NAME

NAME is the directory that everything in the archive lies in. The two versions of tar that azq's
systems have do not agree on the options for this.
"""

import gzip
import os
import sys
import tarfile
from pathlib import Path


def pack(tree, archive, name):
    """Writes the files of a tree into an archive, without their owners and with one date."""
    date = int(os.environ.get("SOURCE_DATE_EPOCH", 0))

    def plain(info):
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mtime = date
        info.mode = 0o755 if info.mode & 0o100 else 0o644
        return info

    with open(archive, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=date) as zipped:
            with tarfile.open(mode="w", fileobj=zipped, format=tarfile.PAX_FORMAT) as tar:
                for path in sorted(tree.rglob("*")):
                    if path.is_file():
                        tar.add(path, "%s/%s" % (name, path.relative_to(tree)), filter=plain)
    print(archive)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: archive.py TREE ARCHIVE NAME")
    pack(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
