"""The answers of studies: when all runs of one have finished, what they say together is kept with it."""

from __future__ import annotations

from typing import Any

from tlcore.engine.measures import measures
from tlcore.engine.racing import raced
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import MemberRecord, Store, StudyRecord
from tlcore.studies import STUDIES, Study, phrase

LOOKED_AT = 20  # newest studies that may be answered for a part


def conclude(store: Store) -> None:
    """Answer every study that is complete and has no answer yet; and for now those of which only controls are missing."""
    for study_id in store.unanswered():
        record = store.study(study_id)
        if record is not None:
            _answer(store, record, store.members(study_id))
    for record in store.studies(limit=LOOKED_AT):
        if record.summary is None and 0 < record.done < record.total:
            _answer_for_now(store, record)


def _answer_for_now(store: Store, record: StudyRecord) -> None:
    """What the runs that the question asks for say, once all of them are there, before its controls refine it."""
    try:
        asked = Study.from_plain({"study": record.question, **record.settings}).members
    except InputError:  # of an older version, whose settings are no study any more
        return
    first = {each.identity for each in asked if not each.tier}
    members = [each for each in store.members(record.id) if (each.arm, each.frozen, each.seed, each.run.key) in first]
    if len(members) == len(first) and all(each.run.state == "finished" for each in members):
        _answer(store, record, members, interim=True)


def _answer(store: Store, record: StudyRecord, members: list[MemberRecord], interim: bool = False) -> None:
    from tlcore.science.answer import answer

    if not members:
        return
    rows = chosen(record.question, members)
    if record.question == "race":
        store.summarize(record.id, {**raced(store, record, members, rows), "interim": interim})
        return
    found = answer(record.question, rows, _setting(record.settings, members))
    store.summarize(record.id, {**found, **measures(store, members, rows, found["difference"]), "interim": interim})


def chosen(question: str, members: list[MemberRecord]) -> list[dict[str, Any]]:
    """A row for each place and seed: of runs that differ in the learning rate alone, the best on validation."""
    rows: dict[tuple[str, int | None, int], dict[str, Any]] = {}
    for each in members:
        result = each.run.result
        if each.run.accuracy is None or result is None:
            continue
        at = place(question, each)
        seen = result.get("end", {}).get("val_accuracy")
        named: dict[str, Any] = {"arm": each.arm, "frozen": at, "seed": each.seed, "run": each.run.id}
        row = named | {"accuracy": each.run.accuracy, "val": seen, "rate": each.run.spec.learning_rate}
        old = rows.get((each.arm, at, each.seed))
        if old is None or (row["val"] or 0) > (old["val"] or 0):
            rows[each.arm, at, each.seed] = row
    return list(rows.values())


def place(question: str, member: MemberRecord) -> int | None:
    """What varies within an arm: the labels a class where a study varies them, else the frozen blocks."""
    return member.run.spec.labels_per_class if question in STUDIES and STUDIES[question].facts.get("by_labels") else member.frozen


def _setting(settings: dict[str, Any], members: list[MemberRecord]) -> Any:
    from tlcore.science.answer import Setting

    spec = next((each.run.spec for each in members if each.run.spec.source and each.arm not in ("self", "self_tuned")), members[0].run.spec)
    labels = spec.amount if "labels_per_class" in settings or "most" not in settings else spec.dataset
    validation = next((each.run.result["validation_size"] for each in members if each.run.result), 0)
    asked = {"fixed": bool(settings.get("fix_source")), "grid": bool(settings.get("grid"))}
    return Setting(labels, _source(spec), len(spec.blocks), spec.epochs, validation, **asked, phrase=phrase)


def _source(spec: RunSpec) -> str:
    return spec.source.dataset if spec.source else spec.dataset
