"""Tables as files, rows of the list, badges."""

from __future__ import annotations

import csv
import io
import math

import pytest

from tests.pages.stand_in import StandIn
from tlcore.spec import RunSpec
from tlcore.store import Store
from tlcore.studies import Study
from tlcore.ui import tables


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.delenv("TLCORE_STORE", raising=False)
    opened = Store()
    yield opened
    opened.close()


def read(content):
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_file_has_a_column_for_every_key_and_nothing_for_what_is_missing():
    rows = read(tables.csv_bytes([{"a": 1, "b": None}, {"b": math.nan, "c": 'x,\n"y"'}]))
    assert rows == [{"a": "1", "b": "", "c": ""}, {"a": "", "b": "", "c": 'x,\n"y"'}]
    assert tables.csv_bytes([]) == b"\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@sum", "\t=1"])
def test_no_text_is_taken_for_a_formula(text):
    assert read(tables.csv_bytes([{"name": text}]))[0]["name"] == f"'{text}"
    assert read(tables.csv_bytes([{"value": -2.5}]))[0]["value"] == "-2.5", "numbers stay numbers"


def test_runs_become_rows_with_every_setting(store):
    worker, source = StandIn(store), RunSpec.make("pretrain", dataset="digits")
    worker.finished(source, 0.9, 3.0)
    worker.finished(RunSpec.make("finetune", source=source, dataset="digits", strategy="freeze", frozen=3, labels_per_class=5), 0.8, 1.0)
    newest, oldest = read(tables.csv_bytes(tables.plain(store.runs())))
    assert (newest["strategy"], newest["frozen"], newest["accuracy"], newest["source"]) == ("freeze", "3", "0.8", source.title)
    assert (oldest["kind"], oldest["labels_per_class"], oldest["source"]) == ("pretrain", "", "")


def test_a_row_leads_to_its_page(store):
    worker = StandIn(store)
    run = store.run(worker.running(RunSpec.make("pretrain", dataset="digits", epochs=4), 2))
    row = tables.run_row(run)
    assert row.href == f"runs?run={run.id}" and row.progress == 0.5 and row.live
    assert row.note == "Run 1 · cnn-small · seed 0 · 4 epochs · epoch 2 of 4"


def test_a_study_leads_to_the_page_of_its_question(store):
    source = RunSpec.make("pretrain", dataset="digits")
    arms = store.submit_study(Study.make("arms", source=source, dataset="digits", labels_per_class=5, seeds=1))
    freezing = store.submit_study(Study.make("freezing", source=source, dataset="digits", labels_per_class=5, seeds=1))
    assert tables.study_row(arms).href == f".?study={arms.id}"
    assert tables.study_row(freezing).href == f"freezing?study={freezing.id}"
    budget = store.submit_study(Study.make("label_budget", source=source, dataset="digits", most=2, seeds=1))
    forgetting = store.submit_study(Study.make("forgetting", source=source, dataset="digits", labels_per_class=5, seeds=1))
    assert tables.study_row(budget).href == f"labels?study={budget.id}"
    assert tables.study_row(forgetting).href == f"forgetting?study={forgetting.id}"
    (row, _) = tables.plain_studies([freezing, arms])
    assert (row["question"], row["source"], row["runs"], row["finished"], row["answer"]) == ("freezing", "digits", 16, 0, None)


@pytest.mark.parametrize("state", tables.STATES)
def test_a_badge_is_a_word_with_a_sign(state):
    said = tables.badge(state)
    assert tables.STATES[state][0] in said and ":material/" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"labels_per_class": 5, "seed": 3}, ""),
        ({"epochs": 3, "learning_rate": 0.01}, "3 epochs, rate 0.01"),
        ({"batch_size": 16, "weight_decay": 0.001, "watch_source": True}, "batches of 16, decay 0.001, source watched"),
        ({"strategy": "freeze", "frozen": 2}, ""),
        ({"tune_rate": 0.3}, "tune rate 0.3"),
    ],
)
def test_a_row_says_which_settings_are_not_the_usual_ones(given, said):
    spec = RunSpec.make("finetune", source=RunSpec.make("pretrain", dataset="digits"), **{"strategy": "lp_ft", **given})
    assert tables.unusual(spec.to_json()) == said
