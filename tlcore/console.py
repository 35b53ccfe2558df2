"""What the command line says and waits for: a run, a study, their place on the way."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from tlcore import jobs
from tlcore.registry import InputError
from tlcore.science.sentence import labelled, p_value
from tlcore.store import Run, StudyRecord
from tlcore.studies import label

LABELLED = ("label_budget", "race")  # studies that vary the labels
PAUSE = 0.25  # seconds between two looks at what is trained


def watch(look: Callable[[], Any], place: Callable[[Any], tuple[float, str]]) -> Any:
    """Wait until it has ended, with a bar on a terminal; an engine that cannot start ends the waiting."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("Waiting", total=1.0)
        while True:
            now = look()
            if now is None:
                raise InputError("It was deleted while it was waited for: start it again.")
            if not now.live and not (isinstance(now, StudyRecord) and now.state == "finished" and now.summary is None):
                return now
            done, said = place(now)
            engine = jobs.engine_state()
            if engine["state"] in ("failed", "off"):
                _start_again(engine)
            progress.update(bar, completed=done, description=said if engine["state"] == "ready" else engine["message"])
            time.sleep(PAUSE)


def _start_again(engine: dict[str, str]) -> None:
    if engine["state"] == "failed" or jobs.wake()["state"] == "off":
        raise InputError(engine["message"])


def run_place(run: Run) -> tuple[float, str]:
    """How far a run is, as a share, and in words."""
    parent = jobs.store().run(run.parent) if run.parent and run.state == "queued" else None
    if parent is not None and parent.live:
        return 0.0, f"Its source: epoch {parent.epoch} of {parent.epochs}"
    held = ", on hold: python -m tlcore steer NUMBER play" if run.held else ""
    return run.epoch / run.epochs, f"Epoch {run.epoch} of {run.epochs}{held.replace('NUMBER', str(run.number))}"


def study_place(study: StudyRecord) -> tuple[float, str]:
    """How far a study is."""
    return study.done / max(study.total, 1), f"{study.done} of {study.total} runs"


def print_run(run: Run, as_json: bool) -> int:
    """Print what came of a run; the exit code."""
    if as_json:
        print_json(facts(run) | {"result": run.result})
        return 0 if run.state == "finished" else 1
    print(f"Run {run.number}: {run.title}")
    print(f"{run.state.capitalize()}, epoch {run.epoch} of {run.epochs}{f', {run.seconds:.1f} s' if run.seconds is not None else ''}")
    if run.accuracy is not None:
        print(f"Accuracy on the test part: {100 * run.accuracy:.1f} %")
    if run.error:
        print(run.error)
    if run.state == "failed" and (log := jobs.store().log(run.id)):
        print(f"\nLast lines of its log:\n{log}")
    return 1 if run.state == "failed" else 0


def print_study(study: StudyRecord, as_json: bool) -> int:
    """Print what came of a study; the exit code."""
    members = jobs.store().members(study.id)
    rows: list[dict[str, Any]] = [
        {"arm": each.arm, "frozen": each.frozen, "labels": each.run.spec.labels_per_class, "seed": each.seed}
        | {"accuracy": each.run.accuracy, "run": each.run.id}
        for each in members
    ]
    if as_json:
        print_json({"id": study.id, "title": study.title, "state": study.state, "summary": study.summary, "runs": rows})
        return 0 if study.state == "finished" else 1
    print(study.title)
    if study.question == "race" and study.summary:
        print("\n".join(race_lines(study.summary)))
    for row in rows if study.question != "race" or not study.summary else ():
        frozen = "" if row["frozen"] is None else f", {row['frozen']} frozen"
        labels = f", {'all' if row['labels'] is None else row['labels']} labels a class" if study.question in LABELLED else ""
        amount = "not measured" if row["accuracy"] is None else f"{100 * float(row['accuracy']):.1f} %"
        print(f"  {row['arm']}{frozen}{labels}, seed {row['seed']}: {amount}")
    print((study.summary or {}).get("sentence", f"The study has {study.state}."))
    return 0 if study.state == "finished" else 1


def race_lines(summary: dict[str, Any]) -> list[str]:
    """The answer of a race as a Markdown table: a row an objective, the best first, controls last; accuracy in %, half its interval beside it."""
    cells = {(each["target"], each["arm"], each["frozen"]): each for each in summary["arms"]}
    amounts = sorted({labels for _, _, labels in cells}, key=lambda each: (each is None, each or 0))
    named = [labelled(each) if each is None else f"{labelled(each)} a class" for each in amounts]
    lines = ["| pretrained by | " + " | ".join(named) + " | |", "|---|" + "--:|" * len(amounts) + "---|"]
    for target in dict.fromkeys(each["target"] for each in summary["standings"]):
        standings = [each for each in summary["standings"] if each["target"] == target]
        for arm, told in [*((each["arm"], _judged(each)) for each in standings), ("scratch", ""), ("random_frozen", "")]:
            row = [_cell(cells.get((target, arm, labels))) for labels in amounts]
            lines.append(f"| {label(arm)} | " + " | ".join(row) + f" | {told} |")
    return lines


def _judged(standing: dict[str, Any]) -> str:
    gain = f"{100 * standing['gain']:+.1f} points over random blocks with {labelled(standing['labels'])}".replace("-", "−")
    if standing["beats"] is None:
        return gain
    told = f"{gain}, p {p_value(standing['p'])}"
    return told if standing["beats"] else f"no measurable benefit here ({told})"


def _cell(cell: dict[str, Any] | None) -> str:
    if cell is None:
        return "–"
    spread = f" ± {50 * (cell['high'] - cell['low']):.1f}" if cell["high"] is not None else ""
    return f"{100 * cell['mean']:.1f}{spread}"


def find(name: str) -> Run:
    """The run of a number or an id."""
    store = jobs.store()
    run = store.numbered(int(name)) if name.isascii() and name.isdigit() and len(name) < 12 else store.run(name)
    if run is None:
        raise InputError(f"There is no run {name[:40]!r}: python -m tlcore list shows them.")
    return run


def facts(run: Run) -> dict[str, Any]:
    """What a list says of a run."""
    names = ("id", "number", "state", "title", "epoch", "epochs", "accuracy", "loss", "seconds", "error", "note", "attempt", "parent")
    return {name: getattr(run, name) for name in names} | {"created": run.created.isoformat()}


def print_json(value: Any) -> None:
    """Print a value for another program."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
