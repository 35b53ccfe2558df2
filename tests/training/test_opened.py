"""A net opened without Keras says what Keras says: every backbone with every normalization, and every net of every objective."""

import json

import keras
import numpy as np
import pytest

from tlcore.backbones import BACKBONES
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.science import forward
from tlcore.science.pixels import prepared
from tlcore.spec import RunSpec
from tlcore.training.network import Network
from tlcore.training.opened import OLD, Opened, described

RNG = np.random.default_rng(0)
RAW = RNG.integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)
NORMALIZATIONS = BACKBONES["cnn-small"].knobs[0].choices


def told(nets):
    """The description of nets as the store gives it back."""
    return json.loads(json.dumps(described(nets)))


def stirred(nets):
    """Weights by path in which nothing is at its start: statistics, scales and biases included."""
    weights = {}
    for variable in (each for net in nets for each in net.variables):
        drawn = RNG.normal(0, 0.3, variable.shape).astype("float32")
        variable.assign(abs(drawn) + 0.2 if variable.name == "moving_variance" else drawn)
        weights[variable.path] = np.array(variable.value)
    return weights


def sent(net, values):
    for layer in net.layers:
        values = layer(values, training=False)
    return np.asarray(values)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("name", BACKBONES.names())
@pytest.mark.parametrize("shape", [(8, 8, 1), (33, 20, 3)])
def test_every_block_says_what_keras_says(name, normalization, shape):
    blocks = BACKBONES[name](shape, normalization=normalization)
    spec = RunSpec.make("pretrain", dataset="glyphs", backbone=name, normalization=normalization, image=shape)
    net = Opened(spec, told(blocks), stirred(blocks))
    raw = RNG.integers(0, 256, (2, *shape), dtype=np.uint8)
    values, seen = raw.astype("float32") / 255, net.after(raw)
    assert len(seen) == len(blocks)
    for block, found in zip(blocks, seen, strict=True):
        values = sent(block, values)
        np.testing.assert_allclose(found, values, atol=1e-4 * max(1.0, abs(values).max()), rtol=1e-4)
    np.testing.assert_array_equal(net.embed(raw), seen[-1])


@pytest.mark.parametrize("shape", [(8, 8, 1), (33, 21, 3)])
@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_every_net_of_every_objective_says_what_keras_says(name, shape):
    factors = {"shape": 3, "colour": 2}
    task = OBJECTIVES[name](64, shape, factors if OBJECTIVES[name].facts.get("needs") == "factors" else 3)
    nets = [task.head, *task.beside.values()]
    layers, weights = told(nets), stirred(nets)
    for net in nets:
        own = {path.removeprefix(f"{net.name}/"): values for path, values in weights.items() if path.startswith(f"{net.name}/")}
        values = RNG.normal(size=(2, *net.input_shape[1:])).astype("float32")
        np.testing.assert_allclose(forward.forward(layers[net.name], own, values), sent(net, values), atol=1e-4)


def test_a_run_keeps_what_its_net_is_built_of(trained, pretraining):
    outcome, net = trained(pretraining), Network(pretraining, 10)
    assert outcome.result["layers"] == told([*net.parts, *net.task.beside.values()])
    assert Opened(pretraining, outcome.result["layers"], outcome.weights).embed(RAW).shape == (3, 64)


@pytest.mark.parametrize("objective", ["vae", "autoencoder", "denoising"])
@pytest.mark.parametrize("knobs", [{}, {"likelihood": "gaussian"}])
def test_images_are_coded_and_drawn_as_keras_would(objective, knobs):
    spec = RunSpec.make("pretrain", dataset="digits", objective=objective, **(knobs if objective == "vae" else {}))
    net, opened = whole(spec)
    features = net.forward(net.prepare(RAW), range(len(net.parts) - 1))
    np.testing.assert_allclose(opened.embed(RAW), features, atol=1e-4)
    drawn = net.task.redrawn(net.finish(features, None, None))
    np.testing.assert_allclose(opened.draw(opened.codes(RAW)), drawn, atol=1e-4)


def test_images_and_words_are_compared_as_keras_would():
    from tlcore.objectives.losses import cosines

    net, opened = whole(RunSpec.make("pretrain", dataset="shapes", objective="multimodal"))
    raw = RNG.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    words = np.eye(len(opened.weights["text/words/kernel"]), dtype="float32")
    features = net.forward(net.prepare(raw), range(len(net.parts) - 1))
    wanted = cosines(net.parts[-1](features), net.task.beside["text"](words))
    np.testing.assert_allclose(opened.compare(opened.embed(raw), words), wanted, atol=1e-4)


def whole(spec):
    """The net of a spec in Keras, and opened."""
    net = Network(spec, 10)
    nets = [*net.parts, *net.task.beside.values()]
    return net, Opened(spec, told(nets), stirred(nets))


@pytest.mark.parametrize("raw", [(5, 9, 1), (28, 28, 3), (8, 8, 3), (40, 12, 1)])
@pytest.mark.parametrize("image", [(8, 8, 1), (28, 28, 3), (33, 20, 1)])
def test_images_are_prepared_as_they_are_for_training(raw, image):
    net = Network.__new__(Network)
    net.image = image
    images = RNG.integers(0, 256, (2, *raw), dtype=np.uint8)
    np.testing.assert_allclose(prepared(images, image), net.prepare(images), atol=1e-5)


def test_many_images_are_taken_piece_by_piece(monkeypatch):
    blocks = BACKBONES["cnn-small"]((8, 8, 1))
    layers, weights = told(blocks)["block1"], stirred(blocks)
    own = {path.removeprefix("block1/"): values for path, values in weights.items() if path.startswith("block1/")}
    whole = forward.forward(layers, own, RAW / 255)
    monkeypatch.setattr(forward, "CHUNK", 2)
    np.testing.assert_allclose(forward.forward(layers, own, RAW / 255), whole, atol=1e-6)


def test_what_cannot_be_looked_into_is_one_sentence():
    spec = RunSpec.make("pretrain", dataset="digits")
    with pytest.raises(InputError, match="before runs kept what their net is built of"):
        Opened(spec, None, {})
    assert OLD.endswith(".")
    strange = {"block1": told([keras.Sequential([keras.layers.Input((4,)), keras.layers.Softmax(name="soft")], name="block1")])["block1"]}
    with pytest.raises(InputError, match="a layer of the kind Softmax"):
        Opened(spec, strange, {}).send("block1", np.zeros((1, 4)))
    dense = {"block1": [{"kind": "Dense", "name": "dense", "options": {"activation": "linear", "use_bias": True}}]}
    with pytest.raises(InputError, match="lack dense/kernel"):
        Opened(spec, dense, {}).send("block1", np.zeros((1, 4)))
    wide = told([keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, strides=2, name="conv")], name="block1")])
    with pytest.raises(InputError, match="padded or strided otherwise"):
        Opened(spec, wide, {"block1/conv/kernel": np.zeros((3, 3, 1, 2), "float32")}).send("block1", np.zeros((1, 8, 8, 1)))
