#!/usr/bin/env python3
"""Says where scripts are no PowerShell: parse_powershell.py FILE…

It needs the packages tree-sitter and tree-sitter-powershell, and no PowerShell.
"""

import sys
from pathlib import Path

import tree_sitter
import tree_sitter_powershell


def errors(node):
    """The nodes below one that the grammar does not allow, or that are missing."""
    if node.is_error or node.is_missing:
        yield node
    else:
        for child in node.children:
            yield from errors(child)


def main(files):
    """Runs the program."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    found = 0
    for file in files:
        for node in errors(parser.parse(Path(file).read_bytes()).root_node):
            print("%s:%d:%d: not PowerShell" % (file, node.start_point[0] + 1, node.start_point[1] + 1))
            found += 1
    sys.exit(found > 0)


if __name__ == "__main__":
    main(sys.argv[1:])
