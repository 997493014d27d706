"""What an ELF binary asks of the machine that runs it."""

import struct

_PROGRAM_INTERPRETER = 3
_SECTION_VERSIONS_NEEDED = 0x6FFFFFFE


class Elf:
    """A 64-bit little-endian ELF file, which is all that azq is built for on Linux."""

    def __init__(self, content):
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("not a 64-bit little-endian ELF file")
        self._content = content

    def _at(self, layout, offset):
        return struct.unpack_from("<" + layout, self._content, offset)

    def is_static(self):
        """Whether no dynamic loader is named."""
        (table,) = self._at("Q", 0x20)
        size, count = self._at("HH", 0x36)
        kinds = (self._at("I", table + index * size)[0] for index in range(count))
        return _PROGRAM_INTERPRETER not in kinds

    def _sections(self):
        (table,) = self._at("Q", 0x28)
        size, count = self._at("HH", 0x3A)
        for index in range(count):
            # name, kind, flags, address, offset, size, link, info
            yield self._at("IIQQQQII", table + index * size)

    def _text(self, offset):
        return self._content[offset : self._content.index(b"\0", offset)].decode("ascii")

    def needed_versions(self):
        """The versions of symbols that shared objects must have, such as `GLIBC_2.17`."""
        sections = list(self._sections())
        for _, kind, _, _, offset, _, link, count in sections:
            if kind == _SECTION_VERSIONS_NEEDED:
                texts = sections[link][4]
                yield from self._versions_of_objects(offset, count, texts)

    def _versions_of_objects(self, offset, count, texts):
        for _ in range(count):
            # version, count, file, first, next
            _, versions, _, first, following = self._at("HHIII", offset)
            at = offset + first
            for _ in range(versions):
                # hash, flags, other, name, next
                _, _, _, name, after = self._at("IHHII", at)
                yield self._text(texts + name)
                at += after
            offset += following
