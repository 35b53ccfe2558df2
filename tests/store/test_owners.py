"""Who holds a lease: a process that no other can be taken for."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tlcore.store import Owner
from tlcore.store.owners import birth


def test_this_process_lives_and_has_a_name_of_its_own():
    me = Owner.me()
    assert me.alive and me.pid == os.getpid()
    assert me.worker != Owner.me().worker and Owner.me("dispatcher").worker.startswith("dispatcher-")


@pytest.mark.parametrize("change", [{"birth": "1"}, {"birth": None}, {"boot": "another start"}, {"pid": 2**22 + 1}])
def test_another_process_with_its_number_is_another(change):
    assert not replace(Owner.me(), **change).alive


def test_a_process_dies_at_its_end_even_if_nobody_buries_it():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(Owner.me(), pid=process.pid, birth=birth(process.pid))
    assert owner.alive
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table of processes
    assert not owner.alive
    process.communicate()
    assert birth(process.pid) is None


def test_the_clock_has_no_say_in_it(monkeypatch):
    me = Owner.me()
    monkeypatch.setenv("TLCORE_CLOCK_OFFSET", "-7200")
    assert me.alive
