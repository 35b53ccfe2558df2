"""The network: preprocessing, start weights, the modes of its layers."""

from collections import OrderedDict

import keras
import numpy as np
import pytest

from tlcore.registry import InputError
from tlcore.spec import RunSpec, trained
from tlcore.strategies import STRATEGIES
from tlcore.training.network import Network, network

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def net(pretraining):
    return Network(pretraining, 10)


def test_bytes_become_numbers_from_0_to_1(net):
    np.testing.assert_array_equal(net.prepare(IMAGES), IMAGES.astype("float32") / 255)


@pytest.mark.parametrize("kind", ["float32", "float64", "int64"])
def test_images_that_are_not_bytes_are_refused(net, kind):
    with pytest.raises(InputError, match=f"not as {kind}: multiply by 255"):
        net.prepare((IMAGES / 255).astype(kind))


@pytest.mark.parametrize("raw", [(5, 9, 1), (28, 28, 3), (8, 8, 3), (40, 12, 1)])
@pytest.mark.parametrize("image", [(8, 8, 1), (28, 28, 3), (33, 20, 1)])
def test_images_of_any_size_and_colour_reach_the_first_block_in_its_shape(raw, image):
    net = Network.__new__(Network)
    net.image = image
    prepared = np.asarray(net.prepare(np.full((2, *raw), 128, "uint8")))
    assert prepared.shape == (2, *image)
    np.testing.assert_allclose(prepared, 128 / 255, rtol=2e-4)  # the three weights of grey add up to .9999


def test_start_weights_depend_on_the_seed_alone(net, pretraining):
    first, again, other = net.initial(3), Network(pretraining, 10).initial(3), net.initial(4)
    assert first.keys() == net.variables.keys()
    assert all(first[path].tobytes() == again[path].tobytes() for path in first)
    assert all((first[path] != other[path]).any() for path in first if path.endswith("kernel"))


def test_start_weights_spread_as_keras_would_draw_them(net):
    kernel = net.initial(0)["block2/conv/kernel"]
    limit = np.sqrt(6 / (3 * 3 * (32 + 64)))  # Glorot & Bengio 2010
    assert abs(kernel.std() - limit / np.sqrt(3)) < 0.02 * limit and abs(kernel).max() <= limit


@pytest.mark.parametrize("damage", ["missing", "shape"])
def test_weights_of_another_net_are_refused_whole(net, damage):
    before, wrong = net.weights(), net.initial(1)
    wrong["block4/dense/kernel"] = np.zeros((2, 2), "float32")
    if damage == "missing":
        del wrong["block4/dense/kernel"]
    with pytest.raises(InputError, match="do not fit this net at block4/dense/kernel: take a source with the same backbone"):
        net.load(wrong)
    assert all(before[path].tobytes() == after.tobytes() for path, after in net.weights().items())


def test_weights_are_a_copy(net):
    before = net.weights()
    net.load(net.initial(7))
    kernel = before["block1/conv/kernel"].copy()
    net.load(net.initial(8))
    np.testing.assert_array_equal(before["block1/conv/kernel"], kernel)


def test_only_moving_parts_follow_their_batches(net):
    net.load(net.initial(0))
    before = net.weights()
    net.forward(net.prepare(IMAGES), range(len(net.parts)), moving=(1, 2), statistics=True)
    changed = {path.split("/")[0] for path, values in net.weights().items() if (values != before[path]).any()}
    assert changed == {"block2", "block3"}


def test_batchnorm_can_stay_in_inference_mode_in_a_moving_part(net):
    net.load(net.initial(0))
    before, images = net.weights(), net.prepare(IMAGES)
    moving = net.forward(images, range(4), moving=(0, 1, 2, 3), statistics=False)
    np.testing.assert_array_equal(moving, net.forward(images, range(4)))
    assert all(before[path].tobytes() == values.tobytes() for path, values in net.weights().items())


def test_a_structure_is_built_once_and_few_are_kept(pretraining, monkeypatch):
    monkeypatch.setattr("tlcore.training.network._kept", OrderedDict())
    monkeypatch.setattr("tlcore.training.network.Network", lambda spec, classes: object())
    one = network(pretraining, 10)
    assert network(pretraining, 10) is one
    assert network(pretraining, 11) is not one
    for classes in range(12, 18):
        network(pretraining, classes)
    assert network(pretraining, 10) is not one


@pytest.mark.parametrize(
    "normalization, total", [("batch", 93_344 + 650), ("group", 93_344 + 650 - 448), ("none", 93_344 + 650 - 2 * 448 + 224)]
)
def test_parameters_are_counted_with_the_statistics(normalization, total):
    spec = RunSpec.make("pretrain", dataset="mnist", normalization=normalization)
    net = Network(spec, 10)
    assert sum(net.parameters()) == total == sum(int(np.prod(variable.shape)) for variable in net.variables.values())


def test_a_variable_without_an_initializer_of_its_own_is_named(net, monkeypatch):
    dropped = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dropout(0.5, name="drop")], name="dropped")
    monkeypatch.setattr(net, "parts", [dropped])
    with pytest.raises(TypeError, match="has no initializer of its own"):
        net.initial(0)


@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_the_count_before_the_start_is_that_of_the_net(strategy):
    counted(RunSpec.make("pretrain", dataset="digits"), strategy)


@pytest.mark.parametrize("normalization", ["batch", "group", "none"])
@pytest.mark.parametrize("strategy", ["bias_only", "lora", "adapter"])
def test_the_count_knows_every_normalization_and_image_size(strategy, normalization):
    counted(RunSpec.make("pretrain", dataset="mnist", backbone="cnn-medium", normalization=normalization), strategy)


def counted(source, strategy):
    given = source if STRATEGIES[strategy].facts.get("needs_source") else None
    spec = RunSpec.make("finetune", source=given, dataset="digits", strategy=strategy)
    net = Network(spec, 10)
    paths = set().union(*(net.trained(phase) for phase in spec.phases))
    assert trained(spec, 10) == (sum(int(np.prod(net.variables[path].shape)) for path in paths), sum(net.parameters()))
