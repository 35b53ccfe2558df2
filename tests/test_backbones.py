"""Every backbone, at every normalization and several image sizes: what the rest of the lab relies on."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from tlcore.backbones import BACKBONES, EMBEDDING

SHAPES = [(8, 8, 1), (28, 28, 1), (33, 20, 3), (4, 4, 1), (1, 10, 1)]
NORMALIZATIONS = BACKBONES["cnn-small"].knobs[0].choices


def built(name, shape, normalization="batch"):
    return BACKBONES[name](shape, normalization=normalization)


@pytest.mark.parametrize("name", BACKBONES.names())
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_fit_together_from_the_image_to_the_embedding(name, normalization, shape):
    blocks = built(name, shape, normalization)
    assert blocks[0].input_shape == (None, *shape)
    for block, following in pairwise(blocks):
        assert block.output_shape == following.input_shape
    assert blocks[-1].output_shape == (None, EMBEDDING) == (None, 64)


@pytest.mark.parametrize("name", BACKBONES.names())
def test_facts_are_the_real_parameters_at_28_by_28(name):
    facts = BACKBONES[name].facts["blocks"]
    assert [parameters for _, parameters in facts] == [block.count_params() for block in built(name, (28, 28, 1))]


@pytest.mark.parametrize("name", BACKBONES.names())
def test_every_variable_has_a_path_of_its_own(name):
    paths = [variable.path for block in built(name, (8, 8, 1)) for variable in block.variables]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize(
    "name, blocks, least, most", [("cnn-small", 4, 85_000, 95_000), ("cnn-medium", 6, 380_000, 420_000), ("mlp", 3, 120_000, 130_000)]
)
def test_size_is_what_the_title_says(name, blocks, least, most):
    facts = BACKBONES[name].facts["blocks"]
    assert len(facts) == blocks and least <= sum(parameters for _, parameters in facts) <= most


@pytest.mark.parametrize("name", BACKBONES.names())
def test_a_large_image_does_not_swell_the_embedding(name):
    assert built(name, (128, 128, 3))[-1].count_params() <= 2.1 * built(name, (28, 28, 1))[-1].count_params()


@pytest.mark.parametrize("name", ["cnn-small", "mlp"])
@pytest.mark.parametrize("normalization, layer", [("batch", "BatchNormalization"), ("group", "GroupNormalization"), ("none", None)])
def test_normalization_follows_every_layer_that_weighs_or_none(name, normalization, layer):
    for block in built(name, (8, 8, 1), normalization):
        kinds = [type(each).__name__ for each in block.layers]
        assert kinds.count("BatchNormalization") + kinds.count("GroupNormalization") == (layer is not None)
        assert layer is None or layer in kinds
        weighing = next(each for each in block.layers if isinstance(each, keras.layers.Conv2D | keras.layers.Dense))
        assert weighing.use_bias == (layer is None)  # before a normalization a bias gets noise for a gradient


def test_statistics_follow_within_a_short_run():
    norms = [each for block in built("cnn-small", (8, 8, 1)) for each in block.layers if isinstance(each, keras.layers.BatchNormalization)]
    assert norms and all(norm.momentum == 0.9 for norm in norms)


@pytest.mark.parametrize("name", BACKBONES.names())
def test_an_embedding_is_never_negative_and_never_constant(name):
    values = np.random.default_rng(0).random((16, 28, 28, 1), dtype="float32")
    for block in built(name, (28, 28, 1)):
        values = block(values, training=False)
    values = np.asarray(values)
    assert (values >= 0).all() and (values.std(0) > 0).sum() > EMBEDDING / 4


@pytest.mark.parametrize("name", BACKBONES.names())
@pytest.mark.parametrize("shape", [(28, 28, 1), (33, 20, 3), (1, 30, 1)])
def test_what_weighs_is_told_without_building_it(name, shape):
    sizes = [each.area * each.inputs * each.units for each in BACKBONES[name].facts["weighs"](shape)]
    kernels = [next(each for each in block.weights if each.name == "kernel") for block in built(name, shape)]
    assert sizes == [int(np.prod(kernel.shape)) for kernel in kernels]
