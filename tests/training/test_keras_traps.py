"""Ways in which Keras 3 does other than one would think: each is shown, and that the loop does not depend on it.

A loop of ours freezes by prefixes and factors, never by Keras's flags.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcore.backbones import BACKBONES
from tlcore.datasets import load
from tlcore.spec import RunSpec
from tlcore.training import train
from tlcore.training.branches import base
from tlcore.training.network import Network, network
from tlcore.training.optimizer import FactorAdam
from tlcore.training.start import drawn

RNG = np.random.default_rng(0)
IMAGES = RNG.random((32, 8, 8, 1), dtype="float32")
LABELS = RNG.integers(0, 10, 32)


@pytest.fixture
def model():
    """A small compiled net in Keras: convolution, BatchNorm, head."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, name="conv"),
        keras.layers.BatchNormalization(momentum=0.9, name="norm"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(10, name="head"),
    ]
    return compiled(keras.Sequential(layers))


def compiled(model):
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def fit(model, epochs=1):
    return model.fit(IMAGES, LABELS, batch_size=8, epochs=epochs, verbose=0, shuffle=False)


def change(variable, action):
    """How far a variable moves while something is done."""
    before = np.array(variable)
    action()
    return abs(np.array(variable) - before).max()


def test_k1_freezing_after_a_fit_needs_a_new_compile(model):
    fit(model)
    conv = model.get_layer("conv")
    conv.trainable = False
    assert change(conv.kernel, lambda: fit(model)) > 0
    assert change(conv.kernel, lambda: fit(compiled(model))) == 0
    conv.trainable = True
    assert change(conv.kernel, lambda: fit(model)) == 0


def test_k1_the_loop_freezes_a_net_that_has_just_been_trained_whole(tuned, source, kept, alike):
    train(tuned("full", epochs=1), kept(), source)
    weights = train(tuned("freeze", frozen=2), kept(), source).weights
    assert alike(weights, source, "block1/", "block2/") and not alike(weights, source, "block3/")


def test_k2_switching_a_container_on_again_does_not_reach_its_layers(model):
    base = keras.Sequential([model.get_layer("conv"), model.get_layer("norm")])
    for layer in base.layers:
        layer.trainable = False
    base.trainable = True
    assert not any(layer.trainable for layer in base.layers)


def test_k2_the_loop_touches_no_flag(tuned, source, kept, pretraining):
    for strategy in ("linear_probe", "surgical", "lp_ft"):
        train(tuned(strategy), kept(), source)
    net = network(pretraining, 10)
    assert all(layer.trainable for part in net.parts for layer in (part, *part.layers))


def test_k3_statistics_drift_under_a_frozen_convolution(model):
    model.get_layer("conv").trainable = False
    norm = model.get_layer("norm")
    assert change(norm.moving_mean, lambda: fit(compiled(model))) > 1e-3
    norm.trainable = False
    assert change(norm.moving_mean, lambda: fit(compiled(model))) == 0


def test_k3_the_loop_keeps_the_statistics_of_a_frozen_block(trained, tuned, source):
    weights = trained(tuned("surgical", block=2)).weights
    for name in ("moving_mean", "moving_variance", "gamma", "beta"):
        assert weights[f"block3/norm/{name}"].tobytes() == source[f"block3/norm/{name}"].tobytes()
        assert weights[f"block2/norm/{name}"].tobytes() != source[f"block2/norm/{name}"].tobytes()


def test_k4_a_functional_model_overrides_inference_mode_in_fit(model):
    norm, images = model.get_layer("norm"), keras.Input((8, 8, 1))
    values = norm(model.get_layer("conv")(images), training=False)
    values = keras.layers.GlobalAveragePooling2D()(values)
    functional = compiled(keras.Model(images, keras.layers.Dense(10)(values)))
    assert change(norm.moving_mean, lambda: fit(functional)) > 1e-3


def test_k4_the_loop_trains_a_block_and_keeps_its_statistics(trained, tuned, source):
    weights = trained(tuned("lp_ft")).weights
    for name, moves in (("moving_mean", False), ("moving_variance", False), ("gamma", True), ("beta", True)):
        assert (weights[f"block2/norm/{name}"] != source[f"block2/norm/{name}"]).any() == moves


def test_k5_a_frozen_layer_still_drops_out():
    layer = keras.layers.Dropout(0.5)
    layer.trainable = False
    assert (np.asarray(layer(np.ones((1, 100), "float32"), training=True)) == 0).any()


def test_k5_a_part_that_is_not_trained_drops_nothing(pretraining, monkeypatch):
    net = Network(pretraining, 10)
    block = keras.Sequential([keras.layers.Input((100,)), keras.layers.Dropout(0.5, seed=1)])
    monkeypatch.setattr(net, "parts", [block, block])
    ones = np.ones((1, 100), "float32")
    assert (np.asarray(net.forward(ones, range(2), moving=())) == 1).all()
    assert (np.asarray(net.forward(ones, range(1), moving=(0,), statistics=True)) == 0).any()
    np.testing.assert_array_equal(net.forward(ones, range(1), moving=(1,), statistics=True), ones)


def test_k6_scaling_a_gradient_does_not_scale_adams_step():
    plain, scaled, factored = (keras.Variable([1.0], name=name) for name in ("plain", "scaled", "factored"))
    for variable, gradient in ((plain, -2.0), (scaled, -0.2)):
        keras.optimizers.Adam(0.01).apply([tf.constant([gradient])], [variable])
    optimizer = FactorAdam([factored])
    optimizer.steer(0.01, {"factored": 0.1})
    optimizer.apply([tf.constant([-2.0])], [factored])
    step, same, tenth = (float(variable.value[0]) - 1 for variable in (plain, scaled, factored))
    assert same == pytest.approx(step, rel=1e-3)
    assert tenth == pytest.approx(step / 10, rel=1e-3)


def test_k7_compiling_again_forgets_the_optimizer():
    model = compiled(keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)]))

    def moments():
        return [np.any(variable) for variable in model.optimizer.variables if "momentum" in variable.path]

    model.optimizer.apply([tf.ones(variable.shape) for variable in model.trainable_variables], model.trainable_variables)
    assert int(model.optimizer.iterations) == 1 and moments() and all(moments())
    compiled(model).optimizer.build(model.trainable_variables)
    assert int(model.optimizer.iterations) == 0 and not any(moments())


def test_k7_freezing_and_thawing_forgets_nothing():
    variable = keras.Variable([1.0], name="any")
    optimizer = FactorAdam([variable])
    optimizer.steer(0.01, {"any": 1.0})
    optimizer.apply([tf.constant([2.0])], [variable])
    before = optimizer.state()
    for factor in (0.0, 1.0):
        optimizer.steer(0.01, {"any": factor})
        assert all(optimizer.state()[name].tobytes() == values.tobytes() for name, values in before.items())
    assert before["optimizer/0"] == 1 and before["optimizer/1"].any()


def test_k8_weight_decay_of_keras_reaches_biases_at_the_full_rate():
    variables = [keras.Variable([1.0], name=name) for name in ("kernel", "bias")]
    keras.optimizers.Adam(0.1, weight_decay=0.5).apply([tf.zeros(1)] * 2, variables)
    assert [float(variable.value[0]) for variable in variables] == pytest.approx([0.95, 0.95])


def test_k8_weight_decay_of_a_run_goes_by_factors_and_leaves_biases_alone(monkeypatch):
    monkeypatch.setattr(FactorAdam, "decays", True)
    variables = [keras.Variable([1.0], name=name) for name in ("low_kernel", "high_kernel", "high_bias")]
    optimizer = FactorAdam(variables)
    optimizer.steer(0.1, {"low_kernel": 0.1, "high_kernel": 1.0, "high_bias": 1.0}, decay=0.5)
    optimizer.apply([tf.zeros(1)] * 3, variables)
    assert [float(variable.value[0]) for variable in variables] == pytest.approx([0.995, 0.95, 1.0])


def test_k9_lora_of_keras_trains_the_bias_and_cannot_be_taken_off_after_saving(tmp_path):
    layer = keras.layers.Dense(4, kernel_initializer=keras.initializers.GlorotUniform(seed=0), name="dense")
    model = keras.Sequential([keras.layers.Input((6,)), layer])
    images = RNG.random((8, 6), dtype="float32")
    before, kernel = np.asarray(model(images)), np.array(layer._kernel)
    layer.enable_lora(2)
    assert np.asarray(model(images)).tobytes() == before.tobytes()
    assert any(variable is layer.bias for variable in layer.trainable_variables)
    layer.lora_kernel_b.assign(RNG.random((2, 4), dtype="float32"))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras").get_layer("dense")
    np.testing.assert_allclose(again(images), model(images), atol=1e-5)
    assert not np.any(again.lora_kernel_b) and abs(np.array(again._kernel) - kernel).max() > 0.01


def test_k9_adapters_of_a_run_are_kept_apart_from_the_source_they_belong_to(trained, tuned, source, alike):
    outcome = trained(tuned("lora"))
    assert alike(outcome.weights, source, "block") and outcome.weights.keys() == source.keys()
    assert outcome.adapters["base"].tobytes() == base(source)
    assert {path.split("/")[-1] for path in outcome.adapters if path.startswith("block")} == {"kernel"}


def test_k10_a_bias_before_batch_statistics_moves_by_its_noise():
    seeded = keras.initializers.GlorotUniform(seed=0)
    conv, dense = keras.layers.Conv2D(4, 3, kernel_initializer=seeded), keras.layers.Dense(10, kernel_initializer=seeded)
    model = keras.Sequential(
        [keras.layers.Input((8, 8, 1)), conv, keras.layers.BatchNormalization(), keras.layers.GlobalMaxPooling2D(), dense]
    )
    with tf.GradientTape() as tape:
        losses = keras.losses.sparse_categorical_crossentropy(LABELS, model(IMAGES, training=True), from_logits=True)
    noise, gradient = tape.gradient(losses, [conv.bias.value, conv.kernel.value])
    assert abs(np.asarray(noise)).max() < 1e-3 * abs(np.asarray(gradient)).max()
    assert change(conv.bias, lambda: keras.optimizers.Adam(0.01).apply([noise], [conv.bias])) > 1e-5


@pytest.mark.parametrize("backbone", BACKBONES.names())
def test_k10_no_layer_of_a_block_has_a_bias_before_its_statistics(backbone):
    net = Network(RunSpec.make("pretrain", dataset="digits", backbone=backbone, normalization="batch"), 10)
    assert not [path for path in net.variables if path.startswith("block") and path.endswith("/bias")]


def test_k11_a_cloned_model_has_other_weights(model):
    clone = keras.models.clone_model(model)
    assert (np.array(clone.get_layer("conv").kernel) != np.array(model.get_layer("conv").kernel)).any()


def test_k11_a_run_starts_from_the_bytes_of_its_source(tuned, source, kept, alike):
    stopped = train(tuned("full"), kept(patience=0), source)  # before the first step
    assert stopped.state == "stopped" and not any(stopped.result["moved"].values())
    assert alike(stopped.weights, source, "block") and not alike(stopped.weights, source, "head/logits/kernel")


@pytest.mark.parametrize(("given", "left"), [({}, 3.0), ({"restore_best_weights": True}, 1.0)])
def test_k12_early_stopping_of_keras_leaves_the_last_weights_unless_told_otherwise(given, left):
    dense = keras.layers.Dense(3)
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, **given)
    stopping.set_model(compiled(keras.Sequential([keras.layers.Input((2,)), dense])))
    stopping.on_train_begin()
    for epoch, loss in enumerate((0.5, 0.7, 0.9)):
        dense.bias.assign(np.full(3, epoch + 1.0))
        stopping.on_epoch_end(epoch, {"val_loss": loss})
    stopping.on_train_end()
    assert stopping.stopped_epoch == 2 and stopping.best_epoch == 0
    np.testing.assert_array_equal(dense.bias, left)


def test_k12_a_run_with_patience_ends_with_its_best_weights(tuned, source, kept):
    recorder = kept()
    outcome = train(tuned("full", patience=2, epochs=9, learning_rate=0.05, body_rate=1.0), recorder, source)
    best = min(recorder.rows, key=lambda row: row["val_loss"])
    assert outcome.result["best_epoch"] == best["epoch"]
    assert outcome.result["end"]["val_loss"] == pytest.approx(best["val_loss"], abs=1e-6)


def test_k13_the_loss_that_fit_reports_is_of_no_moment(model):
    history = fit(model, epochs=2).history["loss"]
    assert abs(history[-1] - model.evaluate(IMAGES, LABELS, verbose=0)) > 1e-3


def test_k13_validation_is_measured_with_the_weights_at_the_end_of_its_epoch(tuned, source, kept, pretraining):
    recorder = kept()
    spec = tuned("full")
    weights = train(spec, recorder, source).weights
    net, part = network(pretraining, 10), load("digits").validation
    start = drawn(spec, net) | {path: values for path, values in source.items() if path.startswith("block")}
    for place, state in ((-1, weights), (0, start)):
        net.load(state)
        model = keras.Sequential(net.parts)
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        loss, accuracy = model.evaluate(np.asarray(net.prepare(np.asarray(part.images))), part.labels, verbose=0)
        assert recorder.rows[place]["val_loss"] == pytest.approx(loss, rel=1e-5)
        assert recorder.rows[place]["val_accuracy"] == pytest.approx(accuracy, abs=1e-6)


def test_k14_a_penalty_leaves_the_loss_when_its_layer_is_frozen():
    layer = keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1))
    model = keras.Sequential([keras.layers.Input((2,)), layer])
    assert len(model.losses) == 1
    layer.trainable = False
    assert len(model.losses) == 0


def test_k14_the_penalty_of_a_run_is_told_apart_from_its_loss(tuned, source, kept):
    held, plain, step = kept(), kept(), {"epochs": 1, "batch_size": 64}
    outcome = train(tuned("l2_sp", strength=0, head_strength=100, **step), held, source)
    other = train(tuned("full", **step), plain, source)
    assert held.numbers[0] == plain.numbers[0] and held.rows[1]["loss"] == plain.rows[1]["loss"]
    assert outcome.result["penalty"] > 10 * held.rows[1]["loss"] and "penalty" not in other.result


def test_k15_two_trainings_of_one_seed_are_equal_to_the_last_bit(tuned, source, kept, alike):
    first, second = kept(), kept()
    one, two = (train(tuned("lp_ft", seed=9), recorder, source) for recorder in (first, second))
    assert alike(one.weights, two.weights)
    assert first.numbers == second.numbers
    assert {**one.result, "seconds": 0} == {**two.result, "seconds": 0}
    assert one.arrays["predictions"].tobytes() == two.arrays["predictions"].tobytes()
