"""The races that were run: the README shows what was kept of them, to the last digit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.science.test_race import MEANS, rows
from tlcore.console import race_lines
from tlcore.science.race import answer
from tlcore.studies import Study

ROOT = Path(__file__).parents[1]
RACES = sorted((ROOT / "docs" / "races").glob("*.json"))
KEPT = sorted((ROOT / "docs" / "races" / "measured").glob("*.json"))


@pytest.mark.parametrize("path", RACES, ids=lambda path: path.stem)
def test_every_race_can_be_asked_for(path):
    study = Study.from_plain(json.loads(path.read_text("utf-8")))
    assert study.question == "race" and len({each.seed for each in study.members}) >= 5


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_the_readme_shows_what_was_measured(path):
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [line for line in race_lines(json.loads(path.read_text("utf-8"))["summary"]) if line not in readme]
    assert not missing


def test_a_race_is_printed_with_its_verdicts():
    lines = race_lines(answer(rows(**MEANS), str, ""))
    assert lines[0] == "| pretrained by | 5 labels a class | 20 labels a class | |"
    assert lines[2].startswith("| SimCLR | ") and lines[2].endswith("p < 0.001 |") and " ± " in lines[2]
    assert "no measurable benefit here (" in lines[3] and [line[2:8] for line in lines[-2:]] == ["From s", "Frozen"]
    few = race_lines(answer(rows(2, **MEANS), str, ""))
    assert " ± " not in few[2] and few[2].endswith("with 20 labels |")
