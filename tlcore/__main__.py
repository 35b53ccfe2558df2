"""The command line: ``python -m tlcore``, on the same functions and the same store as the screen."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tlcore import clock, jobs
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import Run, StudyRecord
from tlcore.studies import Study

PAUSE = 0.25  # seconds between two looks at what is trained


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; 0 if it worked, 1 with one sentence on stderr if not."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.do(given)
    except InputError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read has read enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it at its end
        return 0
    except KeyboardInterrupt:
        print("It goes on in the background: python -m tlcore list shows it, python -m tlcore stop ends it.", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tlcore", description="Transfer learning, measured.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, help: str, do: Callable[[argparse.Namespace], int], *options: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=help, description=help)
        found.set_defaults(do=do)
        if "json" in options:
            found.add_argument("--json", action="store_true", help="print JSON, for another program")
        if "run" in options:
            found.add_argument("run", metavar="RUN", help="number or id of a run")
        return found

    one = command("run", "Train what a JSON file says, a run or a study, and print what came of it.", _run, "json")
    one.add_argument("spec", metavar="SPEC.json", help='{"kind": "finetune", ...} or {"study": "freezing", ...}; - reads from the pipe')
    listing = command("list", "The newest runs.", _list, "json")
    listing.add_argument("--limit", type=int, default=20, help="how many (20)")
    command("show", "Everything about one run.", _show, "json", "run")
    command("stop", "Stop a run; it can be resumed.", _stop, "run")
    command("resume", "Let a stopped or interrupted run go on.", _resume, "run")
    gone = command("delete", "Delete a run, or with --everything all runs, studies and prepared data.", _delete)
    gone.add_argument("run", metavar="RUN", nargs="?", help="number or id of a run")
    gone.add_argument("--force", action="store_true", help="a source too from which other runs came")
    gone.add_argument("--everything", action="store_true", help="forget all that is in the data folder")
    again = command(
        "reproduce", "Run a published finding again and say which of its gates hold; trains in this process.", _reproduce, "json"
    )
    again.add_argument(
        "name", metavar="NAME", help="yosinski, kumar, lee, raghu or neyshabur; leave it out to read what each claims", nargs="?"
    )
    again.add_argument("--seeds", type=int, default=5, help="how often everything is repeated (5)")
    command("dispatch", "Be the engine of this data folder; the screen starts it by itself.", _dispatch)
    data = commands.add_parser("data", help="Data sets.").add_subparsers(required=True, metavar="COMMAND")
    fetch = data.add_parser("fetch", help="Prepare a data set, if it is not there.")
    fetch.add_argument("name", metavar="NAME")
    fetch.add_argument("--knobs", default="{}", help="its settings as a JSON object")
    fetch.set_defaults(do=_fetch)
    return parser


def _run(given: argparse.Namespace) -> int:
    plain = _read(given.spec)
    if isinstance(plain, dict) and "study" in plain:
        record = jobs.submit_study(Study.from_plain(plain))
        return _print_study(_watch(lambda: jobs.store().study(record.id), _study_place), given.json)
    run = jobs.submit(RunSpec.from_plain(plain))
    return _print_run(_watch(lambda: jobs.store().run(run.id), _run_place), given.json)


def _read(name: str) -> Any:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}): give the path of a JSON file.") from None
    except (ValueError, RecursionError):
        raise InputError(f'{name} is no JSON: give an object like {{"kind": "pretrain", "dataset": "glyphs"}}.') from None


def _watch(look: Callable[[], Any], place: Callable[[Any], tuple[float, str]]) -> Any:
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


def _run_place(run: Run) -> tuple[float, str]:
    parent = jobs.store().run(run.parent) if run.parent and run.state == "queued" else None
    if parent is not None and parent.live:
        return 0.0, f"Its source: epoch {parent.epoch} of {parent.epochs}"
    return run.epoch / run.epochs, f"Epoch {run.epoch} of {run.epochs}"


def _study_place(study: StudyRecord) -> tuple[float, str]:
    return study.done / max(study.total, 1), f"{study.done} of {study.total} runs"


def _list(given: argparse.Namespace) -> int:
    if not 1 <= given.limit <= 10_000:
        raise InputError(f"--limit is {given.limit}: choose a whole number from 1 to 10000.")
    runs = jobs.store().runs(limit=given.limit)
    if given.json:
        _print_json([_facts(run) for run in runs])
    elif not runs:
        print("No runs yet. Start the lab with: python -m streamlit run app.py")
    for run in runs if not given.json else ():
        amount = f"{100 * run.accuracy:5.1f} %" if run.accuracy is not None else "       "
        print(f"{run.number:5d}  {run.state:11s}  {amount}  {run.title}")
    return 0


def _show(given: argparse.Namespace) -> int:
    run = _find(given.run)
    if given.json:
        _print_json(_facts(run) | {"spec": json.loads(run.spec_json), "result": run.result, "history": jobs.store().epochs(run.id)})
        return 0
    return _print_run(run, False)


def _print_run(run: Run, as_json: bool) -> int:
    if as_json:
        _print_json(_facts(run) | {"result": run.result})
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


def _print_study(study: StudyRecord, as_json: bool) -> int:
    members = jobs.store().members(study.id)
    rows = [
        {"arm": each.arm, "frozen": each.frozen, "seed": each.seed, "accuracy": each.run.accuracy, "run": each.run.id} for each in members
    ]
    if as_json:
        _print_json({"id": study.id, "title": study.title, "state": study.state, "summary": study.summary, "runs": rows})
        return 0 if study.state == "finished" else 1
    print(study.title)
    for row in rows:
        frozen = "" if row["frozen"] is None else f", {row['frozen']} frozen"
        amount = "not measured" if row["accuracy"] is None else f"{100 * float(row['accuracy']):.1f} %"
        print(f"  {row['arm']}{frozen}, seed {row['seed']}: {amount}")
    print((study.summary or {}).get("sentence", f"The study has {study.state}."))
    return 0 if study.state == "finished" else 1


def _stop(given: argparse.Namespace) -> int:
    run = jobs.stop(_find(given.run).id)
    print("It stops within a second." if run is not None and run.live else f"It is {run.state if run else 'gone'}.")
    return 0


def _resume(given: argparse.Namespace) -> int:
    run = jobs.resume(_find(given.run).id)
    print(f"It is {run.state if run else 'gone'}.")
    return 0


def _delete(given: argparse.Namespace) -> int:
    if given.everything == bool(given.run):
        raise InputError("Say what to delete: the number of a run, or --everything.")
    if given.everything:
        jobs.store().delete_everything()
        print("All runs, studies and prepared data are deleted.")
    else:
        run = _find(given.run)
        jobs.delete(run.id, force=given.force)
        print(f"Run {run.number} is deleted.")
    return 0


def _reproduce(given: argparse.Namespace) -> int:
    from tlcore.findings import FINDINGS, reproduce

    if given.name is None:
        for entry in FINDINGS:
            print(f"{entry.name} ({entry.facts['paper']}): {entry.title}. {entry.help}")
        return 0
    found = reproduce(
        jobs.store(), given.name, given.seeds, lambda run: None if given.json else print(f"  {run.title}: {run.state}", flush=True)
    )
    if given.json:
        _print_json(found)
        return 0
    print(f"{found['claim']} ({found['paper']}), {found['seeds']} seeds")
    for gate in found["gates"]:
        amount = f"{100 * gate['mean']:+.1f} points" if gate["unit"] == "accuracy" else f"{gate['mean']:+.3g} {gate['unit']}"
        print(f"  {gate['verdict']:13s}{gate['title']}: {amount}, {gate['right']} of {gate['n']} seeds, p {gate['p']:.3f}")
    return 0


def _dispatch(given: argparse.Namespace) -> int:
    from tlcore.engine.dispatcher import dispatch

    dispatch()
    return 0


def _fetch(given: argparse.Namespace) -> int:
    from tlcore import datasets

    knobs = _knobs(given.knobs)
    begun = clock.tick()
    data = datasets.load(given.name, knobs)
    print(f"{data.title}: {data.facts['examples']:,} images of {len(data.classes)} classes, ready after {clock.tick() - begun:.1f} s.")
    return 0


def _knobs(text: str) -> dict[str, Any]:
    try:
        knobs = json.loads(text)
    except ValueError:
        knobs = None
    if not isinstance(knobs, dict):
        raise InputError("--knobs is no JSON object: give it like '{\"per_class\": 20}'.")
    return knobs


def _find(name: str) -> Run:
    store = jobs.store()
    run = store.numbered(int(name)) if name.isascii() and name.isdigit() and len(name) < 12 else store.run(name)
    if run is None:
        raise InputError(f"There is no run {name[:40]!r}: python -m tlcore list shows them.")
    return run


def _facts(run: Run) -> dict[str, Any]:
    names = ("id", "number", "state", "title", "epoch", "epochs", "accuracy", "loss", "seconds", "error", "note", "attempt", "parent")
    return {name: getattr(run, name) for name in names} | {"created": run.created.isoformat()}


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
