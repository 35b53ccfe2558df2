"""Zip files that anybody may have made: the directory is judged before a byte is unpacked, and each member is read under a limit."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from itertools import pairwise

from tlcore.registry import InputError

LARGEST = 24 * 2**20  # bytes of a file
MEMBERS = 500
UNPACKED = 128 * 2**20  # bytes of all members together, as the directory declares them
RATIO = 200  # times that a member may be larger than its packed bytes
LONGEST = 200  # characters of a member's name
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOMENT = (1980, 1, 1, 0, 0, 0)  # the hour of every member that we write: the same content is the same file

NO_ZIP = "This file is no archive, or was cut short: choose a .keras file that this lab has exported."
DAMAGED = "This file is damaged: export the source again."


class Zipped:
    """A zip in memory that shows no sign of an attack. InputError: what it shows."""

    def __init__(self, content: bytes) -> None:
        if len(content) > LARGEST:
            raise InputError(f"This file has {len(content) / 2**20:.0f} MB: a source has at most {LARGEST >> 20} MB.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
            raise InputError(NO_ZIP) from None
        self._members = {each.filename: each for each in self._zip.infolist()}
        if sign := _sign(self._zip.infolist()):
            raise InputError(f"This file is not as an export is ({sign}): nothing of it was opened.")

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def names(self) -> list[str]:
        """The members in the order of the directory."""
        return list(self._members)

    def read(self, name: str, most: int) -> bytes:
        """A member, unpacked. InputError: there is none, it is larger than ``most`` bytes, whatever the directory says, or damaged."""
        if name not in self._members:
            raise InputError(DAMAGED)
        try:
            with self._zip.open(self._members[name]) as member:
                content = member.read(most + 1)
                whole = not member.read(1)  # at the end the checksum is compared
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
            raise InputError(DAMAGED) from None
        if len(content) > most or not whole:
            raise InputError(f"{name} in this file is larger than {most / 2**20:g} MB, which no source needs: nothing of it was taken.")
        return content


def zipped(members: Mapping[str, bytes], into: bytes = b"") -> bytes:
    """A zip of some members, behind those of one that is there."""
    target = io.BytesIO()
    if into:
        with zipfile.ZipFile(io.BytesIO(into)) as there:
            members = {each: there.read(each) for each in there.namelist()} | dict(members)
    with zipfile.ZipFile(target, "w") as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            file.writestr(info, content)
    return target.getvalue()


def _sign(members: list[zipfile.ZipInfo]) -> str:
    """The first sign that somebody made this to do harm, or nothing."""
    names = [each.filename for each in members]
    if len(members) > MEMBERS:
        return "too many members"
    if len(set(names)) < len(names):
        return "two members of one name"
    if sum(each.file_size for each in members) > UNPACKED:
        return "too large when unpacked"
    if _overlaps(members):
        return "members that share their bytes"
    return next((sign for each in members if (sign := _strange(each))), "")


def _strange(member: zipfile.ZipInfo) -> str:
    """What is wrong with one member."""
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    if len(name) > LONGEST or not name.isprintable() or "\\" in name or ":" in name:
        return "a strange name"
    if name.startswith("/") or ".." in name.split("/"):
        return "a path that leads outside"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link"
    if member.flag_bits & 0x1:
        return "an encrypted member"
    if member.compress_type not in PACKED:
        return "packed in another way"
    return "a zip bomb" if member.file_size > RATIO * max(member.compress_size, 64) else ""


def _overlaps(members: Iterable[zipfile.ZipInfo]) -> bool:
    placed = sorted(members, key=lambda each: each.header_offset)
    return any(one.header_offset + one.compress_size > other.header_offset for one, other in pairwise(placed))
