"""Runs as rows, states as badges, tables as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.spec import RunSpec
from tlcore.ui import words
from tlcore.ui.listing import Row
from tlcore.ui.settings import changed, text

if TYPE_CHECKING:
    import pandas as pd

    from tlcore.store import Run, StudyRecord

# state -> (word, colour of Streamlit, icon): the word comes first, the colour only helps
STATES = {
    "queued": ("Waiting", "gray", ":material/schedule:"),
    "running": ("Running", "blue", ":material/play_arrow:"),
    "finished": ("Finished", "green", ":material/check:"),
    "stopped": ("Stopped", "gray", ":material/stop:"),
    "interrupted": ("Interrupted", "yellow", ":material/pause:"),
    "failed": ("Failed", "red", ":material/error:"),
}
HELD = ("Paused", "gray", ":material/pause:")
STUDY_PAGES = {
    "arms": "app.py",
    "freezing": "pages/freezing.py",
    "label_budget": "pages/labels.py",
    "forgetting": "pages/forgetting.py",
    "race": "pages/race.py",
}  # where each question is shown
ELSEWHERE = (
    "backbone",
    "objective",
    "labels_per_class",
    "image",
    "frozen",
    "block",
    "width",
    "paint",
    "origin",
)  # stand in the rest of the row
SHORT = {"epochs": "{} epochs", "learning_rate": "rate {:g}", "batch_size": "batches of {}", "weight_decay": "decay {:g}"} | {
    "watch_source": "source watched"
}
Table = Sequence[Mapping[str, Any]]
RISKY = ("=", "+", "-", "@", "\t", "\r")


def badge(state: str, held: bool = False) -> str:
    """The state of a run or a study as Markdown: one word in a coloured pill. held: it is on hold."""
    word, colour, icon = HELD if held else STATES[state]
    return f":{colour}-badge[{icon} {word}]"


def state_of(run: Run) -> tuple[str, str, str]:
    """The state of a run: a word, a colour, an icon."""
    return HELD if run.held else STATES[run.state]


def run_row(run: Run) -> Row:
    """A run as a line of the list."""
    word, colour, _ = state_of(run)
    return Row(
        id=run.id,
        place=("pages/runs.py", {"run": run.id}),
        live=run.live,
        word=word,
        colour=colour,
        what=f"{run.name}: {words.lower(words.short(run.spec))}" if run.name else words.short(run.spec),
        note=note(run),
        target=words.target(run.spec),
        accuracy="" if run.accuracy is None else words.percent(run.accuracy),
        when=words.when(run.created),
        took="" if run.seconds is None or run.live else words.seconds(run.seconds),
        progress=run.epoch / run.epochs if run.state == "running" else None,
    )


def study_row(study: StudyRecord) -> Row:
    """A study as a line of the list."""
    word, colour, _ = STATES[study.state]
    return Row(
        id=study.id,
        place=(STUDY_PAGES.get(study.question, "app.py"), {"study": study.id}),
        live=study.live,
        word=word,
        colour=colour,
        what=words.question(study.question),
        note=f"Study {study.number} · {words.study(study.settings)} · {study.done} of {words.count(study.total, 'run')} finished",
        target="",
        accuracy="",
        when=words.when(study.created),
        took="",
        progress=study.done / study.total if study.live and study.total else None,
    )


def note(run: Run) -> str:
    """The second line of a row: the run's number, net and seed, and where it is."""
    where = {
        "running": f" · epoch {run.epoch} of {run.epochs}",
        "stopped": f" · after epoch {run.epoch} of {run.epochs}",
        "interrupted": f" · after epoch {run.epoch} of {run.epochs}",
    }
    changed = unusual(run.spec_json)
    fork = f" · fork after epoch {run.forked_at}" if run.forked else ""
    return f"Run {run.number}{fork} · {run.backbone} · seed {run.spec.seed}{f' · {changed}' if changed else ''}{where.get(run.state, '')}"


@lru_cache(maxsize=1024)
def unusual(spec: str) -> str:
    """The settings of a run, given as JSON, that are not the usual ones and stand nowhere else in its row.

    >>> unusual(RunSpec.make("pretrain", dataset="digits", epochs=3, learning_rate=0.01).to_json())
    '3 epochs, rate 0.01'
    """
    return ", ".join(said(name, value) for name, value in changed(RunSpec.from_json(spec)).items() if name not in ELSEWHERE)


def said(name: str, value: Any) -> str:
    """A setting in a word or two."""
    if name == "changes":
        return f"steered {len(value)} time{'s' if len(value) != 1 else ''}"
    if name in SHORT:
        return SHORT[name].format(value)
    return f"{name.replace('_', ' ')} {text(value)}"


def plain(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Runs as rows of a file: every setting and every headline number."""
    return [
        {
            "run": run.number,
            "id": run.id,
            "state": run.state,
            "kind": run.kind,
            "dataset": run.dataset,
            "backbone": run.backbone,
            "objective": run.objective,
            "strategy": run.strategy,
            "labels_per_class": run.spec.labels_per_class,
            "source": run.spec.source.title if run.spec.source else None,
            "seed": run.spec.seed,
            "epochs": run.epochs,
            "batch_size": run.spec.batch_size,
            "learning_rate": run.spec.learning_rate,
            "weight_decay": run.spec.weight_decay,
            "patience": run.spec.patience,
            "head": run.spec.head,
            "schedule": run.spec.schedule,
            **run.spec.knobs,
            "accuracy": run.accuracy,
            "loss": run.loss,
            "seconds": run.seconds,
            "created": run.created.isoformat() if run.created else None,
        }
        for run in runs
    ]


def plain_studies(studies: Iterable[StudyRecord]) -> list[dict[str, Any]]:
    """Studies as rows of a file."""
    return [
        {
            "study": study.number,
            "id": study.id,
            "state": study.state,
            "question": study.question,
            "source": study.settings["source"]["dataset"],
            **{name: value for name, value in study.settings.items() if name != "source"},
            "runs": study.total,
            "finished": study.done,
            "answer": (study.summary or {}).get("sentence"),
            "created": study.created.isoformat(),
        }
        for study in studies
    ]


def csv_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A CSV file of rows; the columns are the union of their keys, in order of appearance.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.

    >>> csv_bytes([{"name": "=1+1", "value": -2.5}])
    b"name,value\\r\\n'=1+1,-2.5\\r\\n"
    """
    names = list(dict.fromkeys(name for each in rows for name in each))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_safe(name) for name in names])
    writer.writerows([_safe(each.get(name)) for name in names] for each in rows)
    return text.getvalue().encode()


def frame_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a chart's table, for ``download``."""
    return [dict(zip(table.columns, values, strict=True)) for values in table.itertuples(index=False)]


def download(rows: Table | Callable[[], Table], name: str, key: str, label: str = "Download as CSV") -> None:
    """A button that saves the rows as ``name``.csv; the file, and the rows where they are a function, are made when it is pressed."""
    st.download_button(
        label,
        lambda: csv_bytes(rows() if callable(rows) else rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=key,
        icon=":material/download:",
        on_click="ignore",
        disabled=not rows,
    )


def _safe(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value
