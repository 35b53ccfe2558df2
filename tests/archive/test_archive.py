"""Archives: what goes in comes out; what somebody else made is refused in one sentence, before it can do anything."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tlcore.archive import LARGEST, Archive, open_archive, pack
from tlcore.archive.numbers import packed
from tlcore.archive.zipped import zipped
from tlcore.registry import InputError
from tlcore.spec import RunSpec

SPEC = RunSpec.make("pretrain", dataset="digits", epochs=2)
WEIGHTS = {"block1/conv/kernel": np.arange(12, dtype="float32").reshape(3, 4), "head/logits/bias": np.zeros(3, "float32")}
KERAS = zipped({"config.json": b"{}", "model.weights.h5": b"h5"})
FACTS = {
    "key": SPEC.key,
    "versions": {"keras": "3", "tensorflow": "2"},
    "data": {"id": "d" * 64, "versions": {"numpy": "2"}},
    "result": {"accuracy": 0.5, "loss": 1.0, "classes": ["0", "1"]},
    "history": [{"epoch": epoch, "loss": 2.0 - epoch, "gradients": [0.1, None], "extras": {"divergence": 1.5}} for epoch in range(3)],
    "made": "2026-01-01T00:00:00+00:00",
    "command": "python -m tlcore run spec.json",
}
ARCHIVE = Archive(SPEC, FACTS, WEIGHTS, {"predictions": np.arange(4)})
GOOD = pack(ARCHIVE, KERAS)


def changed(**given) -> bytes:
    """The good file with other members; None takes one away."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    members |= {f"tlcore/{name.replace('_', '.')}": value for name, value in given.items()}
    return zipped({name: value for name, value in members.items() if value is not None})


def about(**given) -> bytes:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as file:
        return json.dumps({**json.loads(file.read("tlcore/about.json")), **given}).encode()


def raw(name: str = "tlcore/spec.json", content: bytes = b"{}", **attributes) -> bytes:
    """A zip of one member with attributes of its own."""
    target, info = io.BytesIO(), zipfile.ZipInfo(name)
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    with zipfile.ZipFile(target, "w") as file:
        file.writestr(info, content)
    return target.getvalue()


def twice() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a", b"2")
    return target.getvalue()


def overlapping() -> bytes:
    """Two entries of the directory that lead to the same bytes, as a bomb of the kind of Fifield (2019) has them."""
    content = bytearray(zipped({"a": b"x" * 40, "b": b"x" * 40}))
    place = content.rfind(b"PK\x01\x02")
    content[place + 42 : place + 46] = struct.pack("<I", 0)
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(raw())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def promising() -> bytes:
    content = bytearray(raw())
    place = content.find(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 2**31)
    return bytes(content)


def lying() -> bytes:
    """A member that is larger than the directory says."""
    content = bytearray(changed(spec_json=b" " * 100_000 + SPEC.to_json().encode()))
    place = content.rfind(b"tlcore/spec.json") - 46
    content[place + 24 : place + 28] = struct.pack("<I", 300)
    return bytes(content)


def with_weights(content: bytes, names: list[str] | None = None) -> bytes:
    """The good file with other weights, under their true digest."""
    import hashlib

    told = {"sha256": hashlib.sha256(content).hexdigest(), "names": list(WEIGHTS) if names is None else names}
    return changed(weights_npz=content, about_json=about(weights=told))


def array(header: str, values: bytes = b"\0" * 8) -> bytes:
    """An npy file with a header of one's own."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + values


def members(*arrays: bytes) -> bytes:
    return zipped({f"{place:04d}.npy": content for place, content in enumerate(arrays)})


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("/tmp/tlcore-canary"),))


def pickled() -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([Bomb()], dtype=object), allow_pickle=True)
    return content.getvalue()


NUMBER = array("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")
HOSTILE = {
    "nothing": (b"", "is no archive"),
    "no zip": (b"PK\x03\x04 but not really", "is no archive"),
    "a pickle": (pickle.dumps({"a": 1}), "is no archive"),
    "an h5 file": (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "is no archive"),
    "cut short": (GOOD[: len(GOOD) // 2], "is no archive"),
    "the end cut": (GOOD[:-10], "is no archive"),
    "too large": (b"\0" * (LARGEST + 1), "a source has at most 24 MB"),
    "foreign .keras": (KERAS, "was not exported from a shelf of sources, so it is not opened"),
    "a flat bomb": (zipped({"a": b"\0" * 10**7}), "a zip bomb"),
    "a large promise": (promising(), "too large when unpacked"),
    "many members": (zipped({str(each): b"" for each in range(501)}), "too many members"),
    "absolute path": (raw("/etc/passwd"), "a path that leads outside"),
    "parent path": (raw("tlcore/../../x"), "a path that leads outside"),
    "windows path": (raw("C:\\x"), "a strange name"),
    "long name": (raw("x" * 201), "a strange name"),
    "a link": (raw(external_attr=0o120777 << 16), "a link"),
    "a device": (raw(external_attr=0o020666 << 16), "a link"),
    "two of one name": (twice, "two members of one name"),
    "overlapping": (overlapping(), "members that share their bytes"),
    "encrypted": (encrypted(), "an encrypted member"),
    "packed by lzma": (raw(compress_type=zipfile.ZIP_LZMA), "packed in another way"),
    "lying about its size": (lying(), "damaged"),
    "no weights": (changed(weights_npz=None), "damaged"),
    "other weights": (changed(weights_npz=packed({"a": np.ones(3)})), "are not the ones that were exported"),
    "no numbers": (with_weights(packed({name: values * np.nan for name, values in WEIGHTS.items()})), "are not all numbers"),
    "fewer arrays": (with_weights(members(NUMBER)), "damaged"),
    "strange arrays": (with_weights(zipped({"0000.npy": NUMBER, "../1.npy": NUMBER})), "leads outside"),
    "pickled array": (with_weights(members(NUMBER, pickled())), "something else than numbers"),
    "texts": (with_weights(members(NUMBER, array("{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }"))), "else than numbers"),
    "shape bomb": (with_weights(members(NUMBER, array("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }"))), "damaged"),
    "negative shape": (with_weights(members(NUMBER, array("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -1), }"))), "damaged"),
    "code as header": (with_weights(members(NUMBER, array("__import__('os').system('touch /tmp/tlcore-canary')"))), "damaged"),
    "long header": (with_weights(members(NUMBER, array("(" * 5000))), "damaged"),
    "no json": (changed(about_json=b"{"), "damaged"),
    "deep json": (changed(about_json=b"[" * 5_000), "damaged"),
    "no object": (changed(about_json=b"[]"), "damaged"),
    "nan": (changed(about_json=about().replace(b"0.5", b"NaN")), "damaged"),
    "no text": (changed(about_json=b"\xff\xfe"), "damaged"),
    "huge json": (changed(about_json=b'{"a": "' + np.random.default_rng(0).bytes(3 * 2**20).hex().encode() + b'"}'), "larger than 4 MB"),
    "huge spec": (changed(spec_json=SPEC.to_json().encode() + b" " * 70_000), "larger than"),
    "of a newer lab": (changed(about_json=about(layout=2)), "another version of the lab"),
    "a fine-tuning": (changed(spec_json=RunSpec.make("finetune", strategy="scratch").to_json().encode()), "holds no source"),
    "no spec": (changed(spec_json=b'{"kind": "pretrain", "epochs": "many"}'), "Epochs is 'many'"),
    "an origin": (changed(spec_json=RunSpec.make("pretrain", origin="a" * 64).to_json().encode()), "holds no source"),
    "no history": (changed(about_json=about(history=[])), "damaged"),
    "long history": (changed(about_json=about(history=FACTS["history"] + [{"epoch": 3}])), "damaged"),
    "a gap": (changed(about_json=about(history=[{"epoch": 1}])), "damaged"),
    "words for numbers": (changed(about_json=about(history=[{"epoch": 0, "loss": "<b>"}])), "damaged"),
    "an endless number": (changed(about_json=about(history=[{"epoch": 0, "loss": 10**4000}])), "damaged"),
    "no classes": (changed(about_json=about(result={"classes": []})), "damaged"),
    "no hour": (changed(about_json=about(made=5)), "damaged"),
    "no versions": (changed(about_json=about(versions=["3"])), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_somebody_else_made_is_refused_in_one_sentence(name):
    content, sentence = HOSTILE[name]
    with pytest.raises(InputError, match=sentence) as refused:
        open_archive(content() if callable(content) else content)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 250
    assert not Path("/tmp/tlcore-canary").exists(), "nothing was run"


def test_what_goes_in_comes_out():
    given = open_archive(GOOD)
    assert given.spec == SPEC and given.facts == {"layout": 1, **FACTS} and given.versions == "Keras 3, TensorFlow 2"
    assert list(given.weights) == list(WEIGHTS)
    assert all(given.weights[path].tobytes() == values.tobytes() for path, values in WEIGHTS.items())
    assert given.arrays["predictions"].tolist() == [0, 1, 2, 3] and given.weights["head/logits/bias"].flags.writeable
    with zipfile.ZipFile(io.BytesIO(GOOD)) as file:
        assert file.namelist()[:2] == ["config.json", "model.weights.h5"], "what Keras wrote is there too"


def test_the_same_content_is_the_same_file_and_other_weights_have_another_digest():
    assert pack(ARCHIVE, KERAS) == GOOD
    other = pack(Archive(SPEC, FACTS, {**WEIGHTS, "head/logits/bias": np.ones(3, "float32")}), KERAS)
    assert open_archive(other).digest != open_archive(GOOD).digest


def test_every_cut_and_every_turned_bit_is_a_sentence_or_nothing_at_all():
    draw = np.random.default_rng(0)
    for place in draw.integers(0, len(GOOD), 150):
        for content in (GOOD[:place], GOOD[:place] + bytes([GOOD[place] ^ 1 << int(draw.integers(8))]) + GOOD[place + 1 :]):
            try:
                open_archive(content)
            except InputError:
                continue
