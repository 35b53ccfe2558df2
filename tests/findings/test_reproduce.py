"""Running a finding again: its study is stored, its gates are kept with it, and few seeds are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tlcore import jobs
from tlcore.findings import FINDINGS, Gate, reproduce
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.studies import STUDIES, Study


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A finding that takes a moment, in a data folder of its own."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.setattr(FINDINGS, "_entries", dict(FINDINGS._entries))

    @FINDINGS.register(paper="Nobody 2026")
    def moment(complete, seeds):
        """Something holds. On the digits."""
        source = RunSpec.make("pretrain", dataset="digits", labels_per_class=5)
        study = Study.make("neyshabur", source=source, dataset="digits", labels_per_class=2, seeds=1, epochs=1)
        found = complete(study)
        barrier, distance = found.barriers("full", "full, twin"), found.distances("full", "full, twin")
        elsewhere = found.elsewhere("full", [{"view": "inverted"}])
        assert barrier.shape == distance.shape == elsewhere.shape == (1,)
        assert barrier[0] >= 0 < distance[0] and 0 <= elsewhere[0] <= 1
        assert len(found.cka_falls("full")) == 1
        with pytest.raises(ValueError, match="no arm"):
            found.of("magic")
        return [Gate("it holds", np.full(seeds, 0.1) + 0.001 * np.arange(seeds)), Gate("this too", [0.0] * seeds)]

    return moment


def test_a_finding_is_stored_as_a_study_with_its_gates(small):
    found = reproduce(jobs.store(), "moment")
    assert [gate["verdict"] for gate in found["gates"]] == ["pass", "inconclusive"]
    assert json.loads(json.dumps(found)) == found and set(found["versions"]) == {"keras", "tensorflow"}
    assert jobs.store().study(found["study"]).summary["finding"] == found


def test_few_seeds_are_refused(small):
    with pytest.raises(InputError, match="at least 5 seeds"):
        reproduce(jobs.store(), "moment", seeds=4)


@pytest.mark.parametrize("question", [entry.name for entry in STUDIES if entry.facts.get("finding")])
def test_every_study_of_a_finding_can_be_made(question):
    source = RunSpec.make("pretrain", dataset="glyphs")
    given = {} if STUDIES[question].facts.get("own_labels") else {"labels_per_class": 3}
    study = Study.make(question, source=source, dataset="glyphs" if question == "lee" else "mnist", seeds=2, **given)
    keys = [each.spec.key for each in study.members]
    assert len(set(keys)) == len(keys) and len(keys) % 2 == 0
