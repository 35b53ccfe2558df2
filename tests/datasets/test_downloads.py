"""Downloads: whole, right and once; or one sentence and nothing."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import os
import pickle
import shutil
import threading
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.datasets import tiny
from tlcore.datasets import DATASETS, downloads, find, formats, prepare, waiting
from tlcore.registry import InputError

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("TLCORE_TEST_MIRROR", ROOT.parent / "shared" / "data"))
NAMES = tuple(downloads.FILES)


class Publisher(http.server.ThreadingHTTPServer):
    """Gives out a folder on this machine. faults: what goes wrong with the next requests, in turn; asked: paths that were asked for."""

    daemon_threads = True

    def __init__(self, place: Path) -> None:
        self.place, self.asked, self.faults = place, [], []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        fault = self.server.faults.pop(0) if self.server.faults else ""
        path = self.server.place / self.path.lstrip("/")
        if fault == "busy" or not path.is_file():
            self.send_error(503 if fault else 404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        sent = content[: len(content) // 2] if fault == "cut" else content[:-1] + b"x" if fault == "other" else content
        self.wfile.write(sent)

    def log_message(self, *told):
        pass


@pytest.fixture
def publisher(published, empty, monkeypatch):
    """A server that the lab takes for the publishers of tiny files."""
    place, table = published
    with Publisher(place) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        known = {name: tuple(replace(file, url=f"{server.address}/{name}/{file.name}") for file in files) for name, files in table.items()}
        monkeypatch.setattr(downloads, "FILES", known)
        monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
        monkeypatch.delenv("TLCORE_MIRROR", raising=False)
        monkeypatch.setenv("KERAS_HOME", str(empty / "keras"))
        yield server
        server.shutdown()


def left(home):
    """Files of the downloads, without locks."""
    return sorted(path.name for path in (home / "downloads").rglob("*") if path.is_file() and path.name != ".lock")


def refused(name, **knobs):
    with pytest.raises(InputError) as error:
        prepare(name, knobs)
    assert find(name, knobs) is None
    return str(error.value)


# --- what is published ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_known_by_its_digest(name):
    entry, files = DATASETS[name], downloads.FILES[name]
    assert all(len(file.sha256) == 64 and set(file.sha256) <= set("0123456789abcdef") for file in files)
    assert all(file.url.startswith("https://") and file.url.endswith(file.name) and file.size > 1000 for file in files)
    assert entry.facts["download"] == downloads.origin(name) and entry.facts["download"].size == sum(file.size for file in files)


def test_what_is_downloaded_stands_behind_what_is_at_hand():
    loads = ["download" in entry.facts for entry in DATASETS]
    assert loads == sorted(loads) and {entry.name for entry in DATASETS if "download" in entry.facts} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_downloaded_once_and_read_as_it_was_published(publisher, empty, name):
    assert downloads.to_fetch(name) == sum(file.size for file in downloads.FILES[name])
    first = prepare(name)
    assert sorted(publisher.asked) == sorted(f"/{name}/{file.name}" for file in downloads.FILES[name])
    assert left(empty) == sorted(file.name for file in downloads.FILES[name]) and downloads.to_fetch(name) == 0
    assert prepare(name).id == first.id and prepare(name, {"view": "inverted"}).id != first.id
    assert len(publisher.asked) == len(downloads.FILES[name]), "what is there is not asked for again"


@pytest.mark.parametrize(("name", "shape"), [("fashion", (28, 28)), ("mnist_full", (28, 28)), ("cifar10", (32, 32, 3))])
def test_images_keep_their_labels(mirror, name, shape):
    images, labels = tiny.pictures(10 * tiny.EACH, *shape)
    known = {image.tobytes(): label for image, label in zip(images, labels.tolist(), strict=True)}
    raw = DATASETS[name]()
    assert len(raw.images) == len(images) and [known[image.tobytes()] for image in raw.images] == raw.labels.tolist()


def test_a_larger_choice_holds_the_smaller(mirror):
    few, more = (DATASETS["fashion"](per_class=count) for count in (20, 25))
    assert np.bincount(few.labels).tolist() == [20] * 10 and np.bincount(more.labels).tolist() == [25] * 10
    assert {image.tobytes() for image in few.images} < {image.tobytes() for image in more.images}


def test_alphabets_and_writers_can_be_chosen(mirror):
    every, greek = DATASETS["omniglot"](), DATASETS["omniglot"](alphabets=("greek",))
    assert len(every.images) == 8 * 2 * 20 and len(every.classes) == 16
    assert greek.classes == ("Gre 1", "Gre 2") and len(greek.images) == 40
    first, second = (DATASETS["omniglot"](writers=half) for half in ("first", "second"))
    seen = [{image.tobytes() for image in raw.images} for raw in (first, second, every)]
    assert len(first.images) == len(second.images) == 160 and not seen[0] & seen[1] and seen[0] | seen[1] == seen[2]


@pytest.mark.skipif(not (REAL / "omniglot").is_dir(), reason="there is no mirror: TLCORE_TEST_MIRROR names none")
def test_the_real_omniglot_is_framed_like_mnist(empty, monkeypatch):
    monkeypatch.setenv("TLCORE_MIRROR", str(REAL))
    assert downloads.to_fetch("omniglot") == 0
    raw = DATASETS["omniglot"](alphabets=("latin", "tagalog"))
    assert len(raw.classes) == 26 + 17 and np.bincount(raw.labels).tolist() == [20] * 43
    for images in (raw.images, DATASETS["mnist"]().images):
        rows, columns = np.nonzero(images.max(0)[..., 0] > 60)
        assert 0.09 < (images > 128).mean() < 0.17
        assert abs(rows.mean() - 13.5) < 1 and abs(columns.mean() - 13.5) < 1
    assert left(empty) == [], "a folder is read where it is"


# --- what can go wrong ----------------------------------------------------------------------------------------------


def test_a_server_that_fails_is_asked_again(publisher):
    publisher.faults = ["busy", "cut"]
    assert prepare("mnist_full").sizes["train"] > 100
    assert len(publisher.asked) == 3


FAULTS = {
    "busy": "127.0.0.1:{port} does not give out mnist.npz (status 503): ask again later, or set TLCORE_MIRROR",
    "cut": "The download of mnist.npz from 127.0.0.1:{port} broke off: ask again, or set TLCORE_MIRROR",
    "other": "What 127.0.0.1:{port} gives out as mnist.npz is not what was published, its SHA-256 is another: ask again later",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_download_that_fails_is_one_sentence_and_leaves_nothing(publisher, empty, fault):
    publisher.faults = [fault] * (1 + downloads.AGAIN)
    assert refused("mnist_full").startswith(FAULTS[fault].format(port=publisher.server_port))
    assert left(empty) == [] and not list((empty / "datasets").glob("mnist_full*/*"))
    assert prepare("mnist_full").sizes["train"] > 100, "the next click works"


def test_a_file_that_is_not_there_any_more(publisher, monkeypatch):
    gone = replace(downloads.FILES["mnist_full"][0], url=f"{publisher.address}/gone/mnist.npz")
    monkeypatch.setitem(downloads.FILES, "mnist_full", (gone,))
    assert "does not give out mnist.npz (status 404)" in refused("mnist_full")


def test_offline_is_a_sentence_that_says_what_to_do(publisher, monkeypatch):
    publisher.shutdown()
    publisher.server_close()
    assert refused("mnist_full").endswith(
        "cannot be reached: go online once and ask again, or set TLCORE_MIRROR to a folder or an address that has it."
    )


def test_what_was_whole_is_kept_for_the_next_time(publisher, empty):
    publisher.faults = ["", *["busy"] * (1 + downloads.AGAIN)]
    refused("fashion")
    assert left(empty) == ["train-images-idx3-ubyte.gz"]
    prepare("fashion")
    assert publisher.asked.count("/fashion/train-images-idx3-ubyte.gz") == 1


def test_a_file_that_was_damaged_here_is_fetched_again(publisher, empty):
    path = downloads.fetch("mnist_full")[0]
    path.write_bytes(b"x" * path.stat().st_size)
    assert downloads.fetch("mnist_full") == [path] and len(publisher.asked) == 2
    assert prepare("mnist_full").sizes["train"] > 100


def test_a_full_disk_is_said_before_and_while(publisher, empty, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(0, 0, downloads.ROOM))
    assert "There is no room for the 0 MB of mnist_full" in refused("mnist_full") and publisher.asked == []
    monkeypatch.undo()


def test_a_disk_that_fills_while_it_comes_leaves_nothing(publisher, empty, monkeypatch):
    def full(self, count):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads.Meter, "update", full)
    assert "No space left on device" in (said := refused("mnist_full")) and "make room" in said
    assert left(empty) == [] and len(publisher.asked) == 1


def test_what_a_killed_download_left_is_swept(publisher, empty):
    place = empty / "downloads" / "mnist_full"
    place.mkdir(parents=True)
    (place / "tmpabc").write_bytes(b"half")
    prepare("mnist_full")
    assert left(empty) == ["mnist.npz"]


# --- from elsewhere -------------------------------------------------------------------------------------------------


def test_an_address_can_be_the_mirror(publisher, empty, monkeypatch):
    monkeypatch.setenv("TLCORE_MIRROR", f"{publisher.address}/")
    elsewhere = replace(downloads.FILES["mnist_full"][0], url="https://nowhere.invalid/mnist.npz")
    monkeypatch.setitem(downloads.FILES, "mnist_full", (elsewhere,))
    prepare("mnist_full")
    assert publisher.asked == ["/mnist_full/mnist.npz"]


def test_who_is_asked_is_named(monkeypatch):
    monkeypatch.delenv("TLCORE_MIRROR", raising=False)
    assert downloads.host("cifar10") == "www.cs.toronto.edu"
    monkeypatch.setenv("TLCORE_MIRROR", "https://data.example.org/sets/")
    assert downloads.host("cifar10") == "data.example.org"
    monkeypatch.setenv("TLCORE_MIRROR", "/home/somebody/sets")
    assert downloads.host("cifar10") == "a folder on this machine"


def test_a_folder_that_is_the_mirror_must_have_the_right_file(mirror, empty, tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_MIRROR", str(tmp_path / "other"))
    assert "TLCORE_MIRROR has no file" in refused("mnist_full")
    (tmp_path / "other" / "mnist_full").mkdir(parents=True)
    (tmp_path / "other" / "mnist_full" / "mnist.npz").write_bytes(b"something else")
    assert "is not what was published, its SHA-256 is another: replace it, or leave TLCORE_MIRROR out." in refused("mnist_full")


@pytest.mark.parametrize("name", ["fashion", "mnist_full", "cifar10"])
def test_what_keras_has_fetched_is_not_fetched_again(publisher, empty, published, name):
    for file in downloads.FILES[name]:
        path = empty / "keras" / "datasets" / file.keras[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(published[0] / name / file.name, path)
    assert downloads.to_fetch(name) == 0
    prepare(name)
    assert publisher.asked == [] and left(empty) == []


def test_another_file_under_keras_name_is_left_alone(publisher, empty):
    path = empty / "keras" / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * downloads.FILES["mnist_full"][0].size)
    prepare("mnist_full")
    assert len(publisher.asked) == 1 and set(path.read_bytes()) == {ord("x")}


# --- while it goes on -----------------------------------------------------------------------------------------------


@pytest.fixture
def large(publisher, monkeypatch):
    """A set of two files that come in many pieces, each of them told; its size."""
    place, files = publisher.place / "large", []
    place.mkdir(exist_ok=True)
    for name in ("one", "two"):
        content = os.urandom(8 * downloads.CHUNK)
        (place / name).write_bytes(content)
        files.append(downloads.File(name, f"{publisher.address}/large/{name}", len(content), hashlib.sha256(content).hexdigest()))
    monkeypatch.setitem(downloads.FILES, "mnist_full", tuple(files))
    monkeypatch.setattr(downloads, "TOLD", 0.0)
    return sum(file.size for file in files)


def test_how_far_it_is_can_be_read_meanwhile(large, empty):
    seen = []
    with waiting.listening(lambda: seen.append(downloads.progress("mnist_full"))):
        downloads.fetch("mnist_full")
    done = [each.done for each in seen]
    assert len(seen) >= 8 and {each.total for each in seen} == {large}
    assert done == sorted(done) and 0 < done[0] < large / 2 and done[-1] == large
    assert downloads.progress("mnist_full") is None and left(empty) == ["one", "two"]


@pytest.mark.parametrize("why", [RuntimeError("stopped"), InputError("The run was deleted."), OSError("gone")])
def test_whoever_listens_can_end_it(large, publisher, empty, why):
    def end():
        raise why

    with waiting.listening(end), pytest.raises(type(why)) as raised:
        downloads.fetch("mnist_full")
    assert raised.value is why and len(publisher.asked) == 1, "an end is no fault that is tried again"
    assert left(empty) == []


def test_who_waits_for_another_process_is_heard(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "LOOK", 0.05)
    heard, release = [], threading.Event()

    def holder():
        with waiting.held(tmp_path / "lock"):
            heard.append("held")
            release.wait(10)

    thread = threading.Thread(target=holder)
    thread.start()
    while not heard:
        time.sleep(0.01)
    with waiting.listening(lambda: (heard.append("pulse"), release.set())), waiting.held(tmp_path / "lock"):
        heard.append("mine")
    thread.join()
    assert heard[0] == "held" and heard[-1] == "mine" and "pulse" in heard


# --- formats that somebody else has written -------------------------------------------------------------------------


class Hostile:
    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


def test_a_hostile_pickle_is_refused(tmp_path):
    made, path = tmp_path / "made", tmp_path / "cifar-10-python.tar.gz"
    hostile = pickle.dumps({b"data": Hostile(made), b"labels": []})
    path.write_bytes(tiny.tar({**tiny.cifar(*tiny.pictures(60, 32, 32, 3)), "data_batch_2": hostile}))
    with pytest.raises(InputError, match=r"cannot be read \(it asks for (posix|nt).mkdir\): delete"):
        formats.batches(path)
    assert not made.exists()
    pickle.loads(hostile)
    assert made.is_dir(), "so it would have done something"


@pytest.mark.parametrize("ask", ["os.system", "builtins.eval", "numpy.load", "numpy.core.multiarray.scalar"])
def test_a_pickle_may_name_arrays_and_nothing_else(ask):
    import io

    module, name = ask.rsplit(".", 1)
    with pytest.raises(pickle.UnpicklingError, match=ask):
        formats.Plain(io.BytesIO(f"c{module}\n{name}\n.".encode()), "bytes").load()


def test_an_archive_is_never_opened_before_its_digest_is_right(publisher, monkeypatch):
    publisher.faults = ["other"] * (1 + downloads.AGAIN)
    monkeypatch.setattr(formats, "batches", lambda path: pytest.fail("it was opened"))
    assert "its SHA-256 is another" in refused("cifar10")


def test_what_keras_reads_of_the_batches_we_read_too(tmp_path):
    images, labels = tiny.pictures(60, 32, 32, 3)
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(tiny.tar(tiny.cifar(images, labels)))
    found = formats.batches(path)
    assert np.array_equal(found[0], images) and np.array_equal(found[1], labels) and found[1].dtype == np.int64


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (formats.idx, b"no gzip"),
        (formats.idx, tiny.idx(np.zeros((2, 3), np.uint8))[:-9]),
        (formats.idx, gzip.compress(b"\0\0\x0d\x01\0\0\0\x02ab")),
        (formats.idx, gzip.compress(b"\0\0\x08\x03\0\0\0\x02ab")),
        (formats.npz, b"PK nothing"),
        (formats.batches, b"no tar"),
        (formats.batches, tiny.tar({"data_batch_1": tiny.batch({b"data": 3})})),
        (formats.batches, tiny.tar({"readme": b"nothing"})),
        (lambda path: list(formats.drawings(path)), b"no zip"),
    ],
    ids=range(9),  # bytes with the time of day in them make no name
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, read, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^file cannot be read \(.*\): delete .*file and ask for the data set again\.$"):
        read(path)
