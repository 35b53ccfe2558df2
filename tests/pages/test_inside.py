"""The tab that looks inside a trained net, with nets of a few numbers: every view, every refusal, and nothing heavy on the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pages.stand_in import StandIn, curve, result
from tlcore import datasets
from tlcore.engine.recorder import ADAPTERS, WEIGHTS
from tlcore.spec import RunSpec
from tlcore.store import Store
from tlcore.training.opened import Opened
from tlcore.ui.inside import VIEWS, offered
from tlcore.ui.inside.opened import weights

ROOT = Path(__file__).parents[2]
LATENT = 9
WORDS = 27  # words that captions of shapes are made of


def dense(name: str, came: int, units: int, activation: str = "linear") -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    layer = {"kind": "Dense", "name": name, "options": {"activation": activation, "use_bias": True}}
    kernel = np.random.default_rng(len(name) + units).normal(0, 1 / np.sqrt(came), (came, units)).astype("float32")
    return layer, {f"{name}/kernel": kernel, f"{name}/bias": np.zeros(units, "float32")}


def convolution(came: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    options = {"activation": "relu", "use_bias": False, "padding": "same", "strides": [1, 1]}
    kernel = np.random.default_rng(came).normal(0, 0.4, (3, 3, came, 16)).astype("float32")
    return {"kind": "Conv2D", "name": "conv", "options": options}, {"conv/kernel": kernel}


def plain(kind: str, name: str, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return {"kind": kind, "name": name, "options": options}, {}


def net(spec: RunSpec) -> tuple[dict[str, list[dict[str, Any]]], dict[str, np.ndarray]]:
    """Description and weights of a tiny net of four blocks, with what its objective sets on top."""
    height, width, channels = spec.image
    pool = plain("MaxPooling2D", "pool", pool_size=[2, 2], padding="valid")
    size = (height // 8) * (width // 8) * 16
    image = [plain("Reshape", "grid", target_shape=list(spec.image))]
    nets = {
        "block1": [convolution(channels), pool],
        "block2": [convolution(16), pool],
        "block3": [convolution(16), pool],
        "block4": [plain("Flatten", "flatten"), dense("dense", size, 64, "relu")],
    }
    if spec.objective == "vae":
        nets |= {"head": [dense("cloud", 64, 2 * LATENT)], "decoder": [dense("pixels", LATENT, height * width * channels), *image]}
    elif spec.objective == "multimodal":
        nets |= {"head": [dense("projection", 64, 8)], "text": [dense("told", WORDS, 8)]}
    elif spec.objective == "supervised":
        nets |= {"head": [dense("logits", 64, 10)]}
    else:
        nets |= {"head": [dense("pixels", 64, height * width * channels, "sigmoid"), *image]}
    layers = {name: [layer for layer, _ in parts] for name, parts in nets.items()}
    return layers, {f"{name}/{path}": values for name, parts in nets.items() for _, own in parts for path, values in own.items()}


def opened(store: Store, spec: RunSpec, state: str = "finished", layers: bool = True, kept: bool = True) -> str:
    """A run of a tiny net in a store; returns its id."""
    worker = StandIn(store)
    lease = worker.begin(spec)
    built, values = net(spec)
    store.record_epochs(lease, curve(spec, None, spec.epochs))
    if kept and state == "finished":
        store.save_arrays(lease, WEIGHTS, values)
    elif kept:
        store.save_checkpoint(lease, spec.epochs, {**values, "optimizer/0": np.zeros(3), "best/block1/conv_lora/a/kernel": np.zeros(3)})
    told = result(spec, None if spec.objective != "supervised" else 0.5)
    store.finish(lease, state, told | ({"layers": built} if layers else {}))
    return lease.run


def spec(objective: str, dataset: str = "digits", **given: Any) -> RunSpec:
    return RunSpec.make("pretrain", dataset=dataset, objective=objective, epochs=2, **{"seed": 70, **given})


def inside(lab: Any, run: str, **params: str) -> Any:
    return lab.page("pages/runs.py", run=run, tab="Look inside", **params)


@pytest.mark.parametrize(
    ("objective", "view"), [(name, view) for name in ("vae", "denoising", "supervised") for view in offered(name, "digits")]
)
def test_every_view_of_a_net_is_drawn(lab, objective, view):
    app = inside(lab, opened(lab.store, spec(objective)), inside=view)
    assert VIEWS[view][0] in app.segmented_control(key="inside").options and app.segmented_control(key="inside").value == view
    told = {"draw": "9 axes", "walk": "From 0 to", "axes": "say something", "map": "Do not read too much", "layers": "first layer look for"}
    assert told[view] in lab.said(app)


def test_other_images_are_drawn_at_the_press_of_a_button(lab):
    app = inside(lab, opened(lab.store, spec("vae")))
    assert "Drawn with seed 0" in lab.said(app)
    lab.calm(app.button(key="inside-more").click().run())
    assert "Drawn with seed 1" in lab.said(app)


def test_any_two_images_are_the_ends_of_a_walk(lab):
    run = opened(lab.store, spec("vae"))
    app = inside(lab, run, inside="walk")
    key = f"inside-from-{run}-0"
    app.session_state[key] = {"picked": 23}
    lab.calm(app.run())
    assert "From 9 to" in lab.said(app)
    app.session_state[key] = {"picked": 4711}
    assert "From 0 to" in lab.said(lab.calm(app.run())), "a browser can send anything"
    lab.calm(app.button(key="inside-others").click().run())


def test_the_axes_that_say_most_have_a_slider(lab):
    app = inside(lab, opened(lab.store, spec("vae")), inside="axes")
    assert len(app.slider) == 8 and "say something of an image" in lab.said(app)
    nats = [float(each.label.split("·")[1].split()[0]) for each in app.slider]
    assert nats == sorted(nats, reverse=True) and (app.slider[0].min, app.slider[0].max, app.slider[0].value) == (-3.0, 3.0, 0.0)
    lab.calm(app.slider[0].set_value(2.5).run())
    assert app.slider[0].value == 2.5
    lab.calm(app.segmented_control(key="inside-begin").set_value("image").run())
    assert any(each.value for each in app.slider), "the sliders stand where the image is"


def test_a_link_to_another_tab_may_still_say_what_was_looked_at(lab):
    app = lab.page("pages/runs.py", run=opened(lab.store, spec("vae")), tab="Details", inside="map", layout="tsne")
    assert not app.warning


def test_of_many_classes_some_can_be_coloured(lab):
    app = inside(lab, opened(lab.store, spec("vae", "glyphs", scripts=("greek",), per_class=10)), inside="map")
    chosen = app.multiselect(key="inside-classes-glyphs")
    lab.calm(chosen.set_value(["0", "2"]).run())
    assert app.multiselect(key="inside-classes-glyphs").value == ["0", "2"]


def test_words_find_images_and_images_find_captions(lab):
    datasets.prepare("shapes", {"per_combination": 1})
    app = inside(lab, opened(lab.store, spec("multimodal", "shapes", per_combination=1)))
    said = lab.said(app)
    assert "that fit “red star” are among the nearest 12" in said and "of 2,880" in said and "by chance one would be" in said
    lab.calm(app.selectbox(key="inside-word-shape").set_value("any").run())
    assert "images fit “red”; drawn at random" in lab.said(app)
    lab.calm(app.selectbox(key="inside-word-colour").set_value("any").run())
    assert "Choose at least one word." in lab.said(app)


def test_a_tuned_net_stands_beside_its_source(lab):
    source = opened(lab.store, spec("vae", seed=71))
    target = RunSpec.make("finetune", source=lab.store.run(source).spec, dataset="digits", strategy="linear_probe", labels_per_class=5)
    assert "the same, for the first block was frozen" in lab.said(inside(lab, opened(lab.store, target), inside="layers"))


def test_the_net_of_a_stopped_run_is_that_of_its_last_checkpoint(lab):
    run = lab.store.run(opened(lab.store, spec("vae", seed=72), "stopped"))
    assert weights(run).keys() == net(run.spec)[1].keys()
    assert "9 axes" in lab.said(inside(lab, run.id))


def test_what_was_learned_beside_a_layer_is_part_of_it(lab):
    source = opened(lab.store, spec("vae", seed=73))
    lora = RunSpec.make("finetune", source=lab.store.run(source).spec, dataset="digits", strategy="lora", labels_per_class=5)
    lease = StandIn(lab.store).begin(lora)
    layers, values = net(lora)
    beside = {"block1/conv_lora/a/kernel": np.ones((3, 3, 1, 2), "float32"), "block1/conv_lora/b/kernel": np.ones((1, 1, 2, 16), "float32")}
    lab.store.save_arrays(lease, WEIGHTS, values)
    lab.store.save_arrays(lease, ADAPTERS, {**beside, "base": np.zeros(32, "uint8")})
    lab.store.finish(lease, "finished", result(lora, 0.5) | {"layers": layers})
    found = weights(lab.store.run(lease.run))
    assert found.keys() == values.keys() and (found["block1/conv/kernel"] > values["block1/conv/kernel"]).all()
    assert "first layer look for" in lab.said(inside(lab, lease.run, inside="layers"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"layers": False}, "before runs kept what their net is built of"),
        ({"kept": False}, "weights of this run are not kept any more"),
        ({"state": "interrupted"}, "did not come to an end"),
    ],
)
def test_a_net_that_cannot_be_looked_into_is_one_sentence(lab, given, why):
    assert why in lab.said(inside(lab, opened(lab.store, spec("vae"), **given)))


def test_a_live_run_says_when_there_will_be_something_and_missing_data_what_to_do(lab):
    assert "This appears when the run has finished." in lab.said(inside(lab, lab.runs["running"]))
    assert "prepare it on the page Data" in lab.said(
        inside(lab, opened(lab.store, spec("vae", "glyphs", scripts=("latin",), per_class=11)))
    )


def test_the_tab_leaves_the_screen_light_even_with_tsne(lab):
    run = opened(lab.store, spec("vae"))
    code = f"""
import json, sys
from streamlit.testing.v1 import AppTest
for params in ({{"inside": "map", "layout": "tsne"}}, {{"inside": "axes"}}, {{"inside": "layers"}}):
    app = AppTest.from_file("app.py", default_timeout=100)
    app.switch_page("pages/runs.py")
    for name, value in {{"run": {run!r}, "tab": "Look inside", **params}}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.warning, (app.exception, app.warning)
    texts = [each.value for each in app.main.get("markdown")]
    assert params["inside"] != "map" or any("t-SNE keeps neighbours together" in each for each in texts), texts
print(json.dumps([name for name in ("tensorflow", "keras", "sklearn", "scipy") if name in sys.modules]))
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_where_tsne_fails_the_principal_directions_are_shown(lab, monkeypatch):
    monkeypatch.setattr("tlcore.ui.inside.plane.PATIENCE", 0.001)
    app = inside(lab, opened(lab.store, spec("vae", seed=74)), inside="map", layout="tsne")
    assert "could not be computed in time" in app.warning[0].value and "of the spread" in lab.said(app)


def test_the_tiny_nets_of_these_tests_are_nets(lab):
    given = spec("vae")
    tiny = Opened(given, *net(given))
    raw = np.random.default_rng(0).integers(0, 256, (2, *given.image), dtype=np.uint8)
    assert tiny.draw(tiny.codes(raw)).shape == (2, *given.image)
