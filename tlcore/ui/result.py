"""What came of a run, in five tabs: result, confusion, what moved, look inside, details. Only the open tab is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.datasets import DATASETS
from tlcore.engine.recorder import ARRAYS
from tlcore.objectives import OBJECTIVES
from tlcore.store import Run
from tlcore.ui import forms, frame, playback, progress, watching, words
from tlcore.ui.beside import beside
from tlcore.ui.details import details_view
from tlcore.ui.pretext import measures, probe
from tlcore.ui.seal import moved_view
from tlcore.ui.shelf import prepared
from tlcore.ui.tables import download, frame_rows

if TYPE_CHECKING:
    from pandas import DataFrame

TABS = ("Result", "Confusion", "What moved", "Look inside", "Details")
PARTS = {"train": "", "validation": "validation", "test": "test"}
CELLS = {"count": "Counts", "share": "Shares of the true class, %"}
LATER = "This appears when the run has finished."


def result_view(run: Run) -> None:
    """The tabs below a run."""
    views = (_result, _confusion, _moved, _inside, details_view)
    for tab, view in zip(st.tabs(TABS, key="tab", on_change="rerun", bind="query-params"), views, strict=True):
        if tab.open:
            with tab:
                view(run)


def _result(run: Run) -> None:
    result = run.result or {}
    if run.state != "finished":
        st.markdown(LATER if run.live else "This run was not measured to its end, so it has no result.")
    else:
        if tried := probe(result):
            st.markdown(tried)
        _own(run, result)
    rows, classes = progress.history(run), result.get("per_class")
    with st.container(horizontal=True, key="run-files"):
        if classes:
            download(classes, f"run-{run.number}-classes", key="run-classes-file", label="Every class as CSV")
        if rows:
            download(lambda: every(run, rows), f"run-{run.number}-epochs", key="run-epochs", label="Every epoch as CSV")


def every(run: Run, rows: progress.Rows) -> progress.Rows:
    """All that was measured, a row an epoch, each with the same columns."""
    more = {row["epoch"]: row for row in frame.store().extras(run.id)}
    names = dict.fromkeys(name for row in more.values() for name in row)
    return [row | {name: more.get(row["epoch"], {}).get(name) for name in names if name != "epoch"} for row in rows]


def _own(run: Run, result: Mapping[str, Any]) -> None:
    """How well a run met its own objective."""
    if result.get("per_class"):
        _classes(run, result)
        return
    if "rmse" in result:
        st.markdown(sizes(run, result))
    measures(run)
    _told(run)
    _pictures(run)


def _classes(run: Run, result: Mapping[str, Any]) -> None:
    from tlcore.charts import per_class
    from tlcore.ui.chart import chart, kept

    start = result.get("start", {}).get("val_accuracy")
    before = f" Before the first step it named {words.percent(start)} of the validation part rightly." if start is not None else ""
    st.markdown(f"{sizes(run, result)}{before} With every class counted alike: {words.percent(result['balanced_accuracy'])}.")
    beside(run)
    st.markdown("**Which classes does it know?**")
    figure = kept(f"{run.id}-classes", lambda theme: per_class.figure(per_class.table(result["per_class"]), theme))
    chart(figure, key="run-classes", alt="Recall and precision of each class.")


def sizes(run: Run, result: Mapping[str, Any]) -> str:
    """How many examples a run has learned from, was watched and was measured on."""
    learned, seen, test = (words.examples(result[f"{part}_size"], run.dataset, kind) for part, kind in PARTS.items())
    return f"Learned from {learned}, watched on {seen}, measured once on {test}."


def _pictures(run: Run) -> None:
    """Test images, what was shown of them, and how they were redrawn."""
    from tlcore.charts import samples
    from tlcore.ui.picture import show_sheet

    if not OBJECTIVES[run.spec.objective].facts.get("draws"):
        return
    pictures = _array(run, "pictures")
    if pictures is None:
        st.markdown("The redrawn images of this run are not kept any more.")
        return
    titles = ("What there was", "What it saw", "What it redrew") if len(pictures) > 2 else ("What it saw", "What it redrew")
    for images, title in zip(pictures, titles, strict=True):
        st.markdown(f"**{title}**")
        alt = f"{title}: {words.count(len(images), 'test image')}."
        show_sheet(samples.figure(images, columns=12, rows=True), alt, key=f"run-{title[5:11]}")


def _told(run: Run) -> None:
    """The true numbers against the told ones."""
    from tlcore.charts import told
    from tlcore.ui.chart import chart, kept

    known = DATASETS[run.dataset].facts.get("values")
    true, said = (_array(run, name) for name in ("true", "predictions"))
    if known is None or true is None or said is None:
        return

    def table() -> DataFrame:
        return told.table(true.tolist(), said.tolist())

    st.markdown("**Told against true:** on the dotted line both are the same.")
    figure = kept(f"{run.id}-told", lambda theme: told.figure(table(), theme, name=known.name, unit=known.unit))
    chart(figure, key="run-told", alt=f"The {known.name} that was told of each test example against the true one, in {known.unit}.")
    download(lambda: frame_rows(table()), f"run-{run.number}-told", key="run-told-file", label="Every number as CSV")


def _array(run: Run, name: str) -> Any:
    """One array that the run kept, or None if it is not there."""
    return (frame.store().load_arrays(run.id, ARRAYS) or {}).get(name)


def _confusion(run: Run) -> None:
    result, here = run.result or {}, playback.at(run)
    at, asked = watching.confusions(run, run.epoch if here is None else here)
    if asked:
        _questions(run, at, asked)
    elif result.get("confusion") and here is None:
        confusion_view(result, f"run-{run.number}", cells(), run.id)
    elif not OBJECTIVES[run.spec.objective].facts.get("names"):
        st.markdown("This run names no classes, so none can be mixed up.")
    else:
        _as_of(run, run.epoch if here is None else here)


def _questions(run: Run, at: int, asked: Mapping[str, list[list[int]]]) -> None:
    """One question of several, as of an epoch."""
    titles = {name: name.capitalize() for name in asked}
    question = forms.choice("Which question?", titles, key="question", default=next(iter(titles)), widget="segments")
    matrix, factors = asked[question], DATASETS[run.dataset].facts.get("factors", {})
    classes = [str(each) for each in factors.get(question, range(len(matrix)))]
    st.markdown(f"As of epoch {at}, on {words.count(sum(map(sum, matrix)), 'validation image')}.")
    confusion_view({"confusion": matrix, "classes": classes}, f"run-{run.number}-{question}", cells(), f"{run.id}-{at}-{question}")


def _as_of(run: Run, epoch: int) -> None:
    """What was taken for what after an epoch, on the validation images: the test images are opened once, at the end."""
    matrix, data = frame.store().confusion(run.id, epoch), prepared(run.spec.dataset, run.spec.settings("dataset"))
    if matrix is None or data is None or len(data.classes) != len(matrix):
        kept = "There are too many classes to keep this for each epoch." if run.epoch else LATER
        st.markdown(kept if run.live or run.epoch else "This run was not measured to its end, so it has no confusion matrix.")
        return
    st.markdown(f"As of epoch {epoch}, on {words.count(sum(map(sum, matrix)), 'validation image')}.")
    confusion_view({"confusion": matrix, "classes": list(data.classes)}, f"run-{run.number}", cells(), f"{run.id}-{epoch}")


def cells() -> str:
    """What stands in the cells of the matrices on this page."""
    return forms.choice("What stands in the cells?", CELLS, key="cells", default="count", widget="segments")


def confusion_view(result: Mapping[str, Any], key: str, shown: str, same: str) -> None:
    """The matrix of a result, its commonest mistake in words, and its table as a file.

    shown: count or share. same: a name that no other matrix has, under which the figure is kept.
    """
    from tlcore.charts import confusion
    from tlcore.ui.chart import chart, kept

    said = mistake(result["confusion"], result["classes"])
    st.markdown(said)

    def table() -> DataFrame:
        return confusion.table(result["confusion"], result["classes"])

    figure = kept(f"{same}-confusion-{shown}", lambda theme: confusion.figure(table(), theme, shown=shown))
    pairs = len(result["classes"]) > confusion.NAMED
    what = "The pairs of classes that were confused most" if pairs else "Confusion matrix, rows true, columns predicted"
    chart(figure, key=f"{key}-matrix", alt=f"{what}. {said}")
    if pairs:
        with st.expander("The whole matrix", key=f"{key}-whole"):
            whole = kept(f"{same}-whole-{shown}", lambda theme: confusion.figure(table(), theme, shown=shown, whole=True))
            chart(whole, key=f"{key}-whole-matrix", alt="Confusion matrix of all classes, rows true, columns predicted.")
    download(lambda: frame_rows(table()), f"{key}-confusion", key=f"{key}-matrix-file")


def mistake(matrix: list[list[int]], classes: list[str]) -> str:
    """The commonest mistake, in one sentence.

    >>> mistake([[8, 2], [1, 9]], ["cat", "dog"])
    'Commonest mistake: cat taken for dog, 2 of 10 times.'
    """
    worst = max(
        ((count, row, column) for row, line in enumerate(matrix) for column, count in enumerate(line) if row != column),
        default=(0, 0, 0),
        key=lambda each: each[0],
    )
    count, row, column = worst
    if not count:
        return "Not one mistake."
    return f"Commonest mistake: {classes[row]} taken for {classes[column]}, {count} of {sum(matrix[row])} times."


def _moved(run: Run) -> None:
    if (run.result or {}).get("moved"):
        moved_view(run, f"run-{run.number}")
    else:
        st.markdown(LATER if run.live else "It ended before anything was compared with its start.")


def _inside(run: Run) -> None:
    from tlcore.ui.inside import inside_view

    inside_view(run)
