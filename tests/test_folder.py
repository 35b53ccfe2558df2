"""The data folder, and files that are there whole or not at all."""

from __future__ import annotations

import hashlib

import pytest

from tlcore import folder
from tlcore.registry import InputError


def test_the_folder_is_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "deep" / "lab"))
    assert folder.home() == tmp_path / "deep" / "lab" and folder.home().is_dir()


def test_without_the_variable_it_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.delenv("TLCORE_HOME", raising=False)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, appauthor: str(tmp_path / name))
    assert folder.home() == tmp_path / "transfer-learning-lab"


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "file" / "lab"))
    with pytest.raises(InputError, match=r"^The data folder .+ cannot be made \(.+\): set TLCORE_HOME to a folder that you may write\.$"):
        folder.home()


def test_a_written_file_is_known_by_its_sha(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    digest = folder.write(path, lambda file: file.write(b"content"))
    assert path.read_bytes() == b"content"
    assert digest == hashlib.sha256(b"content").hexdigest() == folder.sha256(path)
    assert [each.name for each in path.parent.iterdir()] == ["file.bin"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    folder.write(path, lambda file: file.write(b"old"))

    def fill(file):
        file.write(b"ne")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        folder.write(path, fill)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_file_gets_its_name_only_when_it_is_on_the_disk(tmp_path, monkeypatch):
    """Content first, then the name, then the folder that holds the name; new folders before all."""
    import os
    import stat

    order = []
    fsync, rename = os.fsync, os.replace

    def flushed(handle):
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(source, target):
        order.append("name")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", renamed)
    folder.write(tmp_path / "new" / "newer" / "file.bin", lambda file: file.write(b"x"))
    assert order == ["folder", "folder", "file", "name", "folder"]


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path):
    for name, size in {"a": 10, "b/c": 20}.items():
        folder.write(tmp_path / name, lambda file, size=size: file.write(b"0" * size))
    assert folder.size(tmp_path) == 30
