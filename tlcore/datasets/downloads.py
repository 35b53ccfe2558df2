"""Downloads: published files that are fetched once, at a click or by a run that needs them, and known by their digest.

A file that Keras has fetched already (``KERAS_HOME``, otherwise ``~/.keras``) is taken from there. ``TLCORE_MIRROR`` names a folder
or an address (http or https) that is asked instead of the publishers, for a machine without the internet or for tests; the file
lies there as ``DATA SET/FILE``, as in ``fashion/train-images-idx3-ubyte.gz``. Whatever it comes from, its SHA-256 is the one below.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tlcore import clock, folder
from tlcore.datasets.published import FILES, File
from tlcore.datasets.waiting import held, pulse
from tlcore.registry import InputError

if TYPE_CHECKING:
    import requests

AGAIN = 2  # further attempts before a download counts as failed
CHUNK = 2**16  # bytes between two looks at the clock
PATIENCE = 30.0  # seconds without a byte
TOLD = 0.5  # seconds between two notes of how far it is
ROOM = 64 * 2**20  # bytes that stay free
PROGRESS = "progress.json"
INSTEAD = "or set TLCORE_MIRROR to a folder or an address that has it"


class Origin(NamedTuple):
    """What a data set costs to fetch: from which host, and how many bytes."""

    host: str
    size: int


class Progress(NamedTuple):
    """How far a download is, in bytes."""

    done: int
    total: int


def origin(name: str) -> Origin:
    """From where a data set is fetched, all of it.

    >>> origin("fashion")
    Origin(host='raw.githubusercontent.com', size=30878645)
    """
    return Origin(urlsplit(FILES[name][0].url).netloc, sum(file.size for file in FILES[name]))


def host(name: str) -> str:
    """Who would be asked: the publisher, or the mirror."""
    mirror = _mirror()
    return "a folder on this machine" if mirror and not _is_address(mirror) else urlsplit(mirror or FILES[name][0].url).netloc


def to_fetch(name: str) -> int:
    """Bytes that are still to be fetched; a file that lies in some cache counts as there until its digest is looked at."""
    if name not in FILES:
        return 0
    return sum(file.size for file in FILES[name] if not any(_lies(path, file) for path in (*_caches(name, file), *_mirrored(name, file))))


def progress(name: str) -> Progress | None:
    """How far the download of a data set is, or None if none goes on."""
    try:
        told = json.loads((_place(name) / PROGRESS).read_text("utf-8"))
        return Progress(int(told["done"]), int(told["total"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fetch(name: str) -> list[Path]:
    """All files of a data set, in the order of ``FILES``, downloaded where they are nowhere yet; their digests are right.

    InputError says what to do when one cannot be had; what was whole is kept for the next time.
    """
    place = _place(name)
    folder.make(place)
    with held(place / ".lock"):
        for left in (*place.glob("tmp*"), *place.glob("*.part")):  # of a download that was killed: we hold the lock
            left.unlink(missing_ok=True)
        found = {file: _found(name, file) for file in FILES[name]}
        missing = [file for file, path in found.items() if path is None]
        meter = Meter(place / PROGRESS, sum(file.size for file in missing))
        if missing and meter.size + ROOM > shutil.disk_usage(place).free:
            raise InputError(f"There is no room for the {meter.size / 1e6:,.0f} MB of {name} in {place}: free some space, then ask again.")
        try:
            return [path or _download(name, file, place, meter) for file, path in found.items()]
        finally:
            meter.end()


def _place(name: str) -> Path:
    return folder.home() / "downloads" / name


def _caches(name: str, file: File) -> tuple[Path, ...]:
    """Where a file may lie on this machine: with us, or with Keras."""
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"
    return (_place(name) / file.name, *(keras / path for path in file.keras))


def _mirror() -> str:
    return os.environ.get("TLCORE_MIRROR", "").rstrip("/")


def _is_address(mirror: str) -> bool:
    return urlsplit(mirror).scheme in ("http", "https")


def _mirrored(name: str, file: File) -> tuple[Path, ...]:
    """Where a file should lie if the mirror is a folder."""
    mirror = _mirror()
    return (Path(mirror).expanduser() / name / file.name,) if mirror and not _is_address(mirror) else ()


def _lies(path: Path, file: File) -> bool:
    try:
        return path.stat().st_size == file.size
    except OSError:
        return False


def _found(name: str, file: File) -> Path | None:
    """The file where it lies with the right digest; a folder that is the mirror must have it."""
    for path in _caches(name, file):
        if _lies(path, file) and folder.sha256(path) == file.sha256:
            return path
    for path in _mirrored(name, file):
        if not path.is_file():
            raise InputError(f"TLCORE_MIRROR has no file {path}: put it there, or leave TLCORE_MIRROR out and ask again.")
        if folder.sha256(path) != file.sha256:
            raise InputError(f"{path} is not what was published, its SHA-256 is another: replace it, or leave TLCORE_MIRROR out.")
        return path
    return None


def _download(name: str, file: File, place: Path, meter: Meter) -> Path:
    """Fetch one file; it gets its name when it is whole and its digest is right."""
    import pooch
    import requests

    mirror = _mirror()
    url = f"{mirror}/{name}/{file.name}" if mirror else file.url
    host = urlsplit(url).netloc
    pooch.get_logger().setLevel("ERROR")
    registry = {file.name: f"sha256:{file.sha256}"}
    getter = pooch.create(place, base_url="", registry=registry, urls={file.name: url}, retry_if_failed=AGAIN)
    # As it lies there: a server that packs it once more would make its size unknown.
    way = pooch.HTTPDownloader(progressbar=meter, chunk_size=CHUNK, timeout=PATIENCE, headers={"Accept-Encoding": "identity"})
    try:
        path = Path(getter.fetch(file.name, downloader=way))
    except Ended as end:
        raise end.cause from None
    except requests.HTTPError as error:
        raise InputError(f"{host} does not give out {file.name} ({_status(error)}): ask again later, {INSTEAD}.") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise InputError(f"The download of {file.name} from {host} broke off: ask again, {INSTEAD}.") from error
    except requests.RequestException as error:
        raise InputError(f"{host} cannot be reached: go online once and ask again, {INSTEAD}.") from error
    except ValueError as error:
        told = f"What {host} gives out as {file.name} is not what was published, its SHA-256 is another: ask again later, {INSTEAD}."
        raise InputError(told) from error
    meter.finished(file.size)
    return path


def _status(error: requests.HTTPError) -> str:
    return "no answer" if error.response is None else f"status {error.response.status_code}"


class Ended(BaseException):
    """Whoever listens has ended a download; not an error of it that would be tried again."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class Meter:
    """What pooch calls a progress bar: notes in a file how far all files of a data set are, so that pages can read it.

    size: bytes of all files. total: of the one that comes, as its server says; an attempt begins by setting it.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self.before = self.now = 0
        self._told = -TOLD

    @property
    def total(self) -> int:
        """The server's own word is not needed: sizes are known."""
        return self.size

    @total.setter
    def total(self, size: int) -> None:
        self.reset()

    def reset(self) -> None:
        """An attempt begins, or has come to its end."""
        self.now = 0

    def update(self, count: int) -> None:
        """So many bytes more have come."""
        self.now += count
        if clock.tick() - self._told < TOLD:
            return
        self._told = clock.tick()
        self._note()
        try:
            pulse()
        except Exception as cause:  # noqa: BLE001 - whatever it is, pooch must not take it for a fault of the download
            raise Ended(cause) from None

    def close(self) -> None:
        """A file has come; whether it is the right one is not known yet."""

    def finished(self, size: int) -> None:
        """A file is whole."""
        self.before, self.now = self.before + size, 0

    def end(self) -> None:
        """Nothing more comes."""
        self.path.unlink(missing_ok=True)

    def _note(self) -> None:
        part = folder.part_of(self.path)
        with suppress(OSError):  # a page that reads it just now, on some systems; and a full disk is said by the download itself
            part.write_text(json.dumps({"done": min(self.before + self.now, self.size), "total": self.size}), "utf-8")
            os.replace(part, self.path)
