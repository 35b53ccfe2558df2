"""The command line: ``python -m tlcore``, on the same functions and the same store as the screen."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tlcore import clock, jobs
from tlcore.console import facts, find, print_json, print_run, print_study, run_place, study_place, watch
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.studies import Study


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
    steered = command("steer", "Pause, play or step a run, or change a setting while it goes.", _steer, "run")
    steered.add_argument(
        "name", metavar="NAME", help="pause, play, step, speed, learning_rate, batch_size, block1 and so on, head, shape_weight"
    )
    steered.add_argument("value", metavar="VALUE", nargs="?", type=float, help="of a setting; of a block 0 is frozen, 1 full")
    forked = command("fork", "Let a run go another way from an epoch on; prints the fork when it is done.", _fork, "json", "run")
    forked.add_argument("epoch", metavar="EPOCH", type=int, help="how many epochs both have in common")
    forked.add_argument("changes", metavar="NAME=VALUE", nargs="+", help="what is other from there on: learning_rate=0.001 block3=1")
    command("replay", "Repeat a run from its record and compare the weights, bit by bit; trains in this process.", _replay, "run")
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
    left = command("export", "Write a source as a .keras file that Keras opens anywhere.", _export, "run")
    left.add_argument("file", metavar="FILE.keras")
    came = command("import", "Take in a source that a lab has exported; a .keras file of somebody else is never opened.", _import, "json")
    came.add_argument("file", metavar="FILE.keras")
    made = command("ready", "Make a source again that comes with the lab, and say how alike it is; trains in this process.", _ready)
    made.add_argument("name", metavar="NAME", nargs="?", help="leave it out to read which there are")
    made.add_argument("--into", metavar="FOLDER", help="keep the new file there")
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
        return print_study(watch(lambda: jobs.store().study(record.id), study_place), given.json)
    run = jobs.submit(RunSpec.from_plain(plain))
    return print_run(watch(lambda: jobs.store().run(run.id), run_place), given.json)


def _read(name: str) -> Any:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}): give the path of a JSON file.") from None
    except (ValueError, RecursionError):
        raise InputError(f'{name} is no JSON: give an object like {{"kind": "pretrain", "dataset": "glyphs"}}.') from None


def _list(given: argparse.Namespace) -> int:
    if not 1 <= given.limit <= 10_000:
        raise InputError(f"--limit is {given.limit}: choose a whole number from 1 to 10000.")
    runs = jobs.store().runs(limit=given.limit)
    if given.json:
        print_json([facts(run) for run in runs])
    elif not runs:
        print("No runs yet. Start the lab with: python -m streamlit run app.py")
    for run in runs if not given.json else ():
        amount = f"{100 * run.accuracy:5.1f} %" if run.accuracy is not None else "       "
        print(f"{run.number:5d}  {'paused' if run.held else run.state:11s}  {amount}  {run.title}")
    return 0


def _show(given: argparse.Namespace) -> int:
    run = find(given.run)
    if given.json:
        print_json(facts(run) | {"spec": json.loads(run.spec_json), "result": run.result, "history": jobs.store().epochs(run.id)})
        return 0
    return print_run(run, False)


def _stop(given: argparse.Namespace) -> int:
    run = jobs.stop(find(given.run).id)
    print("It stops within a second." if run is not None and run.live else f"It is {run.state if run else 'gone'}.")
    return 0


def _resume(given: argparse.Namespace) -> int:
    run = jobs.resume(find(given.run).id)
    print(f"It is {run.state if run else 'gone'}.")
    return 0


def _steer(given: argparse.Namespace) -> int:
    run = find(given.run)
    asked = jobs.command(run.id, given.name, given.value, hand="command line")
    if asked.epoch is None:
        print(f"Run {run.number} does so within a second: python -m tlcore show {run.number}")
    else:
        print(f"Run {run.number}: done, at epoch {asked.epoch}.")
    return 0


def _fork(given: argparse.Namespace) -> int:
    changes = [_pair(text) for text in given.changes]
    fork = jobs.fork(find(given.run).id, given.epoch)
    for name, value in changes:
        jobs.command(fork.id, name, value, hand="command line")
    jobs.command(fork.id, "play", hand="command line")
    return print_run(watch(lambda: jobs.store().run(fork.id), run_place), given.json)


def _pair(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise InputError(f"{text[:40]!r} is no change: give it like learning_rate=0.001.") from None


def _replay(given: argparse.Namespace) -> int:
    from tlcore.engine.replay import repeat

    run = find(given.run)
    found = repeat(jobs.store(), run)
    other = f" ({'; '.join(found.unlike)})" if found.unlike else ""
    if found.same:
        print(f"Run {run.number}, repeated: all {found.total} variables are the same to the last bit{other}.")
        return 0
    print(f"Run {run.number}, repeated: {len(found.differ)} of {found.total} variables differ, by up to {found.apart:.3g}{other}.")
    return 1


def _delete(given: argparse.Namespace) -> int:
    if given.everything == bool(given.run):
        raise InputError("Say what to delete: the number of a run, or --everything.")
    if given.everything:
        jobs.store().delete_everything()
        print("All runs, studies and prepared data are deleted.")
    else:
        run = find(given.run)
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
        print_json(found)
        return 0
    print(f"{found['claim']} ({found['paper']}), {found['seeds']} seeds")
    for gate in found["gates"]:
        amount = f"{100 * gate['mean']:+.1f} points" if gate["unit"] == "accuracy" else f"{gate['mean']:+.3g} {gate['unit']}"
        print(f"  {gate['verdict']:13s}{gate['title']}: {amount}, {gate['right']} of {gate['n']} seeds, p {gate['p']:.3f}")
    return 0


def _export(given: argparse.Namespace) -> int:
    from tlcore.archive import SUFFIX
    from tlcore.engine import exchange

    run, path = find(given.run), Path(given.file)
    if path.suffix != SUFFIX:
        raise InputError(f"{path.name[:40]} does not end in {SUFFIX}: Keras opens only files that do.")
    exchange.export(jobs.store(), run, path)
    print(f"{path}: {run.title}, {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _import(given: argparse.Namespace) -> int:
    from tlcore.engine import exchange

    run = exchange.bring(jobs.store(), exchange.content(Path(given.file)))
    print_run(run, given.json)
    if run.note and not given.json:
        print(f"It was {run.note}.")
    return 0


def _ready(given: argparse.Namespace) -> int:
    from tlcore import ready
    from tlcore.engine import exchange

    if given.name is None:
        for name in ready.RECIPES:
            print(f"{name:16s}{ready.recipe(name).title}")
        return 0
    print(exchange.made_again(given.name, Path(given.into) if given.into else None))
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


if __name__ == "__main__":
    sys.exit(main())
