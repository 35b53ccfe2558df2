"""Strategies as they train: what each leaves alone to the last bit, and what it does to the rest."""

from dataclasses import replace
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcore.datasets import load
from tlcore.heads import HEADS
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.strategies import is_branch
from tlcore.training import Checkpoint, branches, start, train
from tlcore.training.calls import Calls
from tlcore.training.features import outputs
from tlcore.training.loop import Memory, Structure, apart, loop
from tlcore.training.network import Network, network
from tlcore.training.optimizer import proximal
from tlcore.training.relative import factors

CHANNELS = {"block1": 32, "block2": 64, "block3": 64, "block4": 64}
HEAD = 64 * 10 + 10
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def tune(tuned, seasoned):
    """Makes specs as ``tuned`` does, from the seasoned source."""

    def spec(strategy, **given):
        made = tuned(strategy, **given)
        return replace(made, source=seasoned) if made.source else made

    return spec


@pytest.fixture
def begun(origin):
    """The net of a spec as its run starts, with what it is called with."""

    def state(spec):
        net = network(spec, 10)
        net.load(start.weights(spec, net, origin if spec.source else None))
        return net, Calls(spec, net, load("digits"), lambda: None)

    return state


def some_images(net, count=64):
    return net.prepare(np.asarray(load("digits").validation.images)[:count])


def changed(one, other):
    return {path for path in one if path in other and one[path].tobytes() != other[path].tobytes()}


def parts(paths):
    return {path.split("/")[0] for path in paths}


def names(paths):
    return {path.split("/")[-1] for path in paths if not path.startswith("head/")}


def is_statistic(path):
    return "/moving_" in path


@pytest.mark.parametrize(
    ("strategy", "knobs", "twin", "given"),
    [
        ("freeze", {"frozen": 0}, "full", {}),
        ("discriminative", {"decay": 1.0}, "full", {}),
        ("l2_sp", {"strength": 0, "head_strength": 0}, "full", {}),
        ("distill", {"weight": 0}, "full", {}),
        ("surgical", {"block": 1, "width": 4}, "full", {}),
        ("freeze", {"frozen": 4}, "linear_probe", {}),
        ("surgical", {"block": 3, "width": 2}, "freeze", {"frozen": 2}),
        ("full", {"fresh": 4}, "scratch", {}),
    ],
)
def test_a_strategy_at_its_limit_is_a_simpler_one_to_the_last_bit(trained, tune, alike, strategy, knobs, twin, given):
    assert alike(trained(tune(strategy, **knobs)).weights, trained(tune(twin, **given)).weights)


def test_statistics_measured_anew_make_no_difference_to_what_is_learned_from_batches(trained, tune):
    """A trained block goes by its batches, so where none is frozen only the statistics can differ."""
    one, other = trained(tune("random_frozen", frozen=0)).weights, trained(tune("scratch")).weights
    assert changed(one, other) == {path for path in one if is_statistic(path)}


def test_at_a_rate_of_zero_only_statistics_move(tune, origin, kept):
    outcome = train(replace(tune("full"), learning_rate=0.0), kept(), origin)
    moved = {path for path, moves in outcome.result["moved"].items() if moves}
    assert moved == {path for path in outcome.weights if is_statistic(path)}


def test_full_tuning_trains_all_but_the_statistics(trained, tune):
    parameters = trained(tune("full")).result["parameters"]
    assert parameters["trainable"] == sum(parameters["blocks"]) + parameters["head"] - 2 * sum(CHANNELS.values())


def test_first_steps_have_the_sizes_of_the_discriminative_rates(trained, tune, origin):
    spec = tune("discriminative", decay=2.0, body_rate=0.8, epochs=1, batch_size=64)
    weights, drawn = trained(spec).weights, start.drawn(spec, network(spec, 10))
    top = abs(weights["head/logits/kernel"] - drawn["head/logits/kernel"]).max()
    kernels = ("block1/conv/kernel", "block2/conv/kernel", "block3/conv/kernel", "block4/dense/kernel")
    sizes = [abs(weights[path] - origin[path]).max() / top for path in kernels]
    np.testing.assert_allclose(sizes, [0.1, 0.2, 0.4, 0.8], rtol=1e-3)


def test_gradual_unfreezing_moves_one_more_block_in_each_phase(tune, origin, kept):
    recorder = kept()
    weights = train(tune("gradual", epochs=8), recorder, origin).weights
    states = [recorder.checkpoints[epoch] for epoch in (1, 2, 3, 4)] + [weights]
    first = {**origin, **{path: start.drawn(tune("gradual"), network(tune("gradual"), 10))[path] for path in start.HEAD}}
    moved = [changed(one, other) for one, other in zip([first, *states[:-1]], states, strict=True)]
    moved = [{path for path in paths if path in origin} for paths in moved]
    assert [parts(paths) for paths in moved] == [
        {"head"},
        {"block4", "head"},
        {"block3", "block4", "head"},
        {"block2", "block3", "block4", "head"},
        {"block1", "block2", "block3", "block4", "head"},
    ]
    assert all(less < more for less, more in pairwise(moved))


def test_only_the_blocks_of_an_operation_change_a_byte(trained, tune, origin):
    moved = changed(trained(tune("surgical", block=2, width=2)).weights, origin)
    assert moved == {path for path in origin if path.startswith(("block2/", "block3/", "head/"))}


@pytest.mark.parametrize(("strategy", "knobs", "old"), [("full", {"fresh": 2}, 2), ("freeze", {"frozen": 1, "fresh": 3}, 1)])
def test_fresh_blocks_start_as_drawn_and_not_from_the_source(tune, origin, kept, strategy, knobs, old):
    spec = tune(strategy, **knobs)
    weights = train(spec, kept(patience=0), origin).weights  # stopped before the first step
    fresh = {path for path in weights if path.split("/")[0] in {"head", *list(CHANNELS)[old:]}}
    assert changed(weights, start.drawn(spec, network(spec, 10))) == set(weights) - fresh
    assert changed(weights, origin) == fresh


def test_blocks_frozen_at_random_stay_as_they_were_drawn(trained, tune):
    spec = tune("random_frozen")
    outcome = trained(spec)
    drawn = start.drawn(spec, network(spec, 10))
    still = {path for path in drawn if path.startswith(("block1/", "block2/")) and not is_statistic(path)}
    assert changed(outcome.weights, drawn) == set(drawn) - still
    assert outcome.result["parameters"]["trainable"] == 64 * 64 * 10 + 2 * 2 * 64 + HEAD


def test_the_penalty_of_a_pull_is_zero_at_the_start_and_half_its_strength_times_the_way(trained, tune, origin, kept):
    spec = tune("l2_sp", strength=0.5, head_strength=0)
    assert train(spec, kept(patience=0), origin).result["penalty"] == 0
    outcome = trained(spec)
    ways = [
        outcome.weights[path].astype("float64") - origin[path] for path in origin if path.startswith("block") and not is_statistic(path)
    ]
    assert outcome.result["penalty"] == pytest.approx(0.25 * sum((way**2).sum() for way in ways), rel=1e-9)


def test_the_penalty_of_a_head_is_half_its_strength_times_its_size(tune, origin, kept):
    spec = tune("l2_sp", strength=7.0, head_strength=0.5)
    size = sum((start.drawn(spec, network(spec, 10))[path].astype("float64") ** 2).sum() for path in start.HEAD)
    assert train(spec, kept(patience=0), origin).result["penalty"] == pytest.approx(0.25 * size, rel=1e-9)


def test_the_gradient_of_the_penalty_is_strength_times_the_way(begun, tune):
    """Central differences of a square are exact; those of automatic differentiation are compared with them."""
    spec = tune("l2_sp", strength=0.3, head_strength=0.2)
    net, _ = begun(spec)
    origin = net.weights()
    net.load({path: values + RNG.normal(0, 0.1, values.shape).astype("float32") for path, values in origin.items()})
    for path, strength, anchor in (("block2/conv/kernel", 0.3, origin["block2/conv/kernel"]), ("head/logits/kernel", 0.2, 0.0)):
        variable, here = net.variables[path], np.array(net.variables[path].value)
        with tf.GradientTape() as tape:
            penalty = strength / 2 * tf.reduce_sum((variable.value - anchor) ** 2)
        gradient = np.asarray(tape.gradient(penalty, variable.value))
        np.testing.assert_allclose(gradient, strength * (here - anchor), atol=1e-6)
        way, values = RNG.choice([-1.0, 1.0], here.shape), []
        for sign in (1, -1):
            variable.assign(here + sign * 0.25 * way.astype("float32"))
            values.append(start.penalty(spec.phases[0], net, origin))
        variable.assign(here)
        assert (values[0] - values[1]) / 0.5 == pytest.approx((gradient * way).sum(), rel=1e-4, abs=1e-4)


def test_a_pull_of_enormous_strength_leaves_no_way(trained, tune, origin):
    weights = trained(tune("l2_sp", strength=1e8, epochs=25)).weights  # 100 steps
    ways = {path: abs(weights[path] - origin[path]).max() for path in origin if path.startswith("block") and not is_statistic(path)}
    assert max(ways.values()) < 1e-6
    assert changed(weights, origin) >= set(start.HEAD)


def test_the_stronger_the_pull_the_shorter_the_way(trained, tune):
    drifts = [
        [block["drift"] for block in trained(tune("l2_sp", strength=strength, head_strength=0)).result["blocks"][:4]]
        for strength in (0, 1e2, 1e4)
    ]
    assert all(weak > strong for less, more in pairwise(drifts) for weak, strong in zip(less, more, strict=True))


@pytest.mark.parametrize("strength", [0.1, 1.0, 30.0])
def test_proximal_steps_end_where_the_penalised_least_squares_have_their_minimum(strength):
    """Plain descent on the penalty would diverge for the last: its rate times its strength is over 2."""
    matrix, truth, origin = RNG.normal(size=(40, 5)), RNG.normal(size=5), RNG.normal(size=5)
    target, point, rate = matrix @ truth + RNG.normal(size=40), np.zeros(5), 0.1
    for _ in range(2000):
        point = proximal(point - rate * matrix.T @ (matrix @ point - target) / 40, origin, rate * strength)
    solved = np.linalg.solve(matrix.T @ matrix / 40 + strength * np.eye(5), matrix.T @ target / 40 + strength * origin)
    np.testing.assert_allclose(point, solved, atol=1e-4)


def test_the_proximal_point_is_where_both_pulls_are_even():
    value, origin = (tf.constant(RNG.normal(size=9).astype("float32")) for _ in range(2))
    point = proximal(value, origin, 0.7)
    with tf.GradientTape() as tape:
        tape.watch(point)
        both = tf.reduce_sum((point - value) ** 2) / 2 + 0.7 * tf.reduce_sum((point - origin) ** 2) / 2
    np.testing.assert_allclose(tape.gradient(both, point), np.zeros(9), atol=1e-6)
    np.testing.assert_array_equal(proximal(origin, origin, 0.7), origin)


def test_only_biases_move_and_they_are_as_many_as_channels(trained, tune, origin):
    outcome = trained(tune("bias_only"))
    moved = changed(outcome.weights, origin)
    assert moved == {path for path in origin if path.endswith("/beta") or path.startswith("head/")}
    assert outcome.result["parameters"]["trainable"] == sum(CHANNELS.values()) + HEAD
    assert set(outcome.result["promised"]) == set(origin) - moved


@pytest.mark.parametrize(("normalization", "moving"), [("none", {"bias"}), ("group", {"beta"})])
def test_biases_are_those_of_layers_where_nothing_normalizes(normalization, moving):
    source = RunSpec.make("pretrain", dataset="digits", normalization=normalization)
    spec = RunSpec.make("finetune", source=source, dataset="digits", strategy="bias_only")
    net = Network(spec, 10)
    trained = net.trained(spec.phases[0])
    assert names(trained) == moving
    assert sum(int(np.prod(net.variables[path].shape)) for path in trained) == sum(CHANNELS.values()) + HEAD


@pytest.mark.parametrize(
    ("statistics", "moving"), [("follow", {"gamma", "beta", "moving_mean", "moving_variance"}), ("keep", {"gamma", "beta"})]
)
def test_only_normalization_moves_and_it_is_twice_as_many_as_channels(trained, tune, origin, statistics, moving):
    outcome = trained(tune("batchnorm_only", statistics=statistics))
    moved = changed(outcome.weights, origin)
    assert moved == {path for path in origin if path.split("/")[-1] in moving or path.startswith("head/")}
    assert outcome.result["parameters"]["trainable"] == 2 * sum(CHANNELS.values()) + HEAD


def test_statistics_measured_anew_are_the_pooled_moments_and_nothing_else_moves(trained, tune, origin, begun):
    spec = tune("batchnorm_only", statistics="renew")
    outcome = trained(spec)
    moved = changed(outcome.weights, origin)
    assert moved == {path for path in origin if is_statistic(path) or path.startswith("head/")}
    assert outcome.result["parameters"]["trainable"] == HEAD
    net, calls = begun(spec)
    values = np.asarray(calls.learned(0))
    for block, place in zip(CHANNELS, range(4), strict=True):
        layers = {layer.name: layer for layer in net.parts[place].layers}
        for name, layer in layers.items():
            if name != "norm":
                values = np.asarray(layer(values))
                continue
            axes, norm = (
                tuple(range(values.ndim - 1)),
                {key: outcome.weights[f"{block}/norm/{key}"] for key in ("moving_mean", "moving_variance")},
            )
            mean, variance = values.mean(axes, dtype="float64"), values.var(axes, dtype="float64")
            np.testing.assert_allclose(norm["moving_mean"], mean, atol=1e-5)
            np.testing.assert_allclose(norm["moving_variance"], variance, atol=1e-5)
            gamma, beta = origin[f"{block}/norm/gamma"], origin[f"{block}/norm/beta"]
            values = ((values - mean) / np.sqrt(variance + layer.epsilon) * gamma + beta).astype("float32")


def test_statistics_measured_anew_on_the_sources_own_images_cost_less_than_a_point(trained, tune, seasoned, origin):
    spec = tune("batchnorm_only", statistics="renew", labels_per_class=40, seed=1, epochs=1)
    renewed = {**trained(spec).weights, **{path: origin[path] for path in start.HEAD}}
    net, test = network(spec, 10), load("digits").open_test()
    net.load(renewed)
    guesses = np.asarray(outputs(net, net.prepare(np.asarray(test.images)), 0, lambda: None)).argmax(1)
    assert abs((guesses == test.labels).mean() - trained(seasoned).result["accuracy"]) < 0.01
    assert changed(renewed, origin) == {path for path in origin if is_statistic(path)}


BRANCHED = [("lora", {"rank": 2, "alpha": 8.0}), ("adapter", {})]


@pytest.fixture
def branched(tune, origin):
    """A net with branches at the start of a run, and the plain net of its source."""

    def nets(strategy, knobs):
        spec = tune(strategy, **knobs)
        net, plain = network(spec, 10), network(spec.source, 10)
        net.load(start.weights(spec, net, origin))
        plain.load({path: values for path, values in net.weights().items() if path in plain.variables})
        return net, plain

    return nets


@pytest.mark.parametrize(("strategy", "knobs"), BRANCHED)
def test_branches_leave_the_output_at_first_as_it_is_to_the_last_bit(branched, strategy, knobs):
    net, plain = branched(strategy, knobs)
    images = some_images(net)
    every = range(len(net.parts))
    assert np.asarray(net.forward(images, every)).tobytes() == np.asarray(plain.forward(images, every)).tobytes()


@pytest.mark.parametrize(("strategy", "knobs"), BRANCHED)
def test_blocks_with_branches_stayed_and_say_so(trained, tune, strategy, knobs):
    *blocks, head = trained(tune(strategy, **knobs)).result["blocks"]
    learned = [each for each in blocks if each["state"] == "beside"]
    assert learned and all(each["state"] in ("beside", "frozen") and each["drift"] == 0 for each in blocks)
    assert head["state"] == "moved"


@pytest.mark.parametrize(("strategy", "knobs"), BRANCHED)
def test_branches_merged_into_the_kernels_give_the_same_output(branched, strategy, knobs):
    net, plain = branched(strategy, knobs)
    before = net.weights()
    learned = {path: RNG.normal(0, 0.02, values.shape).astype("float32") for path, values in before.items() if is_branch(path)}
    net.load({**before, **learned})
    images, every = some_images(net), range(len(net.parts))
    apart, unlike = np.asarray(net.forward(images, every)), np.asarray(plain.forward(images, every))
    merged = net.plain()
    assert merged.keys() == plain.variables.keys()
    plain.load(merged)
    np.testing.assert_allclose(plain.forward(images, every), apart, rtol=1e-5, atol=1e-5)
    assert abs(unlike - apart).max() > 0.1
    scale = knobs["alpha"] / knobs["rank"] if knobs else 1.0
    back = branches.unmerge(merged, learned, scale)
    assert back.keys() == before.keys() and all(abs(back[path] - {**before, **learned}[path]).max() < 1e-6 for path in back)


@pytest.mark.parametrize(
    ("strategy", "count"),
    [
        ("lora", 4 * ((9 * 1 + 32) + (9 * 32 + 64) + (9 * 64 + 64) + (64 + 64))),
        ("adapter", 1 * 32 + 32 * 64 + 64 * 64),
    ],
)
def test_branches_learn_beside_blocks_that_stay_to_the_last_bit(trained, tune, origin, alike, strategy, count):
    spec = tune(strategy)
    outcome = trained(spec)
    assert alike(outcome.weights, origin, "block") and outcome.weights.keys() == origin.keys()
    assert outcome.result["parameters"]["trainable"] == count + HEAD
    assert outcome.adapters["base"].tobytes() == branches.base(origin)
    own = {path: values for path, values in outcome.adapters.items() if is_branch(path)}
    assert sum(values.size for values in own.values()) == count and all(values.any() for values in own.values())
    assert all(outcome.adapters[path].tobytes() == outcome.weights[path].tobytes() for path in start.HEAD)
    changes = branches.changes(own, branches.scale(spec))
    kernels = {path for path in origin if path.endswith("kernel") and path.startswith("block")}
    assert changes.keys() == (kernels if strategy == "lora" else kernels - {"block4/dense/kernel"})
    for path, change in changes.items():
        assert change.shape == origin[path].shape and change.any()
        assert strategy != "lora" or np.linalg.matrix_rank(change.reshape(-1, change.shape[-1]).astype("float64"), tol=1e-6) <= 4


@pytest.mark.parametrize("strategy", ["lora", "adapter"])
def test_what_branches_have_learned_is_scored_as_it_was_when_merged(trained, tune, strategy):
    spec = tune(strategy)
    outcome, test = trained(spec), load("digits").open_test()
    plain = network(spec.source, 10)
    plain.load(branches.merge({**outcome.weights, **outcome.adapters}, branches.scale(spec)))
    guesses = np.asarray(outputs(plain, plain.prepare(np.asarray(test.images)), 0, lambda: None)).argmax(1)
    assert (guesses == outcome.arrays["predictions"]).mean() > 0.99


def test_an_adapter_is_the_middle_tap_of_a_kernel():
    kernel = RNG.normal(size=(1, 1, 5, 7)).astype("float32")
    changes = branches.changes({"block2/conv_adapter/a/kernel": kernel})
    assert changes.keys() == {"block2/conv/kernel"}
    change = changes["block2/conv/kernel"].copy()
    np.testing.assert_array_equal(change[1, 1], kernel[0, 0])
    change[1, 1] = 0
    assert change.shape == (3, 3, 5, 7) and not change.any()


def test_relative_factors_are_the_shares_of_gradient_over_weight(begun, tune):
    spec = tune("auto_rgn", body_rate=0.25)
    net, calls = begun(spec)
    found = factors(net, calls, spec.phases[0], 0)
    kernels = ("block1/conv/kernel", "block2/conv/kernel", "block3/conv/kernel", "block4/dense/kernel")
    assert found.keys() == {*kernels, *start.HEAD}
    assert all(found[path] == 1 for path in start.HEAD)
    assert max(found[path] for path in kernels) == 0.25 and all(0 < found[path] <= 0.25 for path in kernels)
    order = np.random.default_rng((spec.seed, 0)).permutation(50)
    variables, sums = [net.variables[path] for path in kernels], np.zeros(4)
    for first, last in ((0, 12), (12, 25), (25, 37), (37, 50)):
        rows = order[first:last]
        with tf.GradientTape() as tape:
            logits = net.forward(tf.gather(calls.learned(0), rows), range(5))
            loss = keras.losses.sparse_categorical_crossentropy(tf.gather(calls.labels, rows), logits, from_logits=True)
            loss = tf.reduce_mean(loss)
        sums += [np.linalg.norm(gradient) for gradient in tape.gradient(loss, [variable.value for variable in variables])]
    ratios = sums / [np.linalg.norm(variable.value) for variable in variables]
    np.testing.assert_allclose([found[path] for path in kernels], 0.25 * ratios / ratios.max(), rtol=1e-4)


def test_relative_factors_do_not_change_with_the_size_of_the_loss(begun, tune, monkeypatch):
    spec = tune("auto_rgn")
    net, calls = begun(spec)
    plain, loss = factors(net, calls, spec.phases[0], 0), net.measures["loss"]
    monkeypatch.setitem(net.measures, "loss", lambda *given: 10 * loss(*given))
    monkeypatch.setattr(net, "graphs", {name: graph for name, graph in net.graphs.items() if name != "relative"})
    assert factors(net, calls, spec.phases[0], 0) == pytest.approx(plain, rel=1e-5)


def test_rates_that_follow_the_gradients_leave_normalization_alone(trained, tune, origin):
    outcome = trained(tune("auto_rgn"))
    moved = changed(outcome.weights, origin)
    assert moved == {path for path in origin if path.endswith("kernel") or path.startswith("head/")}
    assert set(outcome.result["promised"]) == set(origin) - moved
    assert outcome.result["parameters"]["trainable"] == sum(origin[path].size for path in moved)


@pytest.fixture
def remembered(begun, tune, origin):
    """A net at the start of a distillation, its training examples as it sees them, and what it remembers of the source."""

    def state(keep, **knobs):
        spec = tune("distill", keep=keep, **knobs)
        net, calls = begun(spec)
        calls.memory = start.memory(spec.phases[0], net, calls, origin)
        return spec, net, calls

    return state


@pytest.mark.parametrize("keep", ["features", "outputs"])
def test_what_is_held_on_to_costs_nothing_while_nothing_has_changed(remembered, keep):
    spec, net, calls = remembered(keep)
    inside = net.forward(calls.learned(0), range(4))
    assert float(apart(inside, calls.memory, keep)) == pytest.approx(0, abs=1e-6)
    graph = loop(net, Structure.of(net, spec.phases[0]), net.image)
    costly, sums = graph._sums(calls.learned(0), calls.labels, (), calls.memory)
    assert float(costly) == pytest.approx(float(sums[0]) / 50, abs=1e-6)


@pytest.mark.parametrize("keep", ["features", "outputs"])
def test_what_is_held_on_to_costs_nothing_in_training_either_where_normalization_needs_no_batch(keep):
    source = RunSpec.make("pretrain", dataset="digits", normalization="group")
    spec = RunSpec.make("finetune", source=source, dataset="digits", labels_per_class=2, strategy="distill", keep=keep)
    net = Network(spec, 10)
    net.load(net.initial(1))
    calls = Calls(spec, net, load("digits"), lambda: None)
    memory = start.memory(spec.phases[0], net, calls, net.weights())
    inside = net.forward(calls.learned(0), range(4), moving=(0, 1, 2, 3, 4), statistics=True)
    assert float(apart(inside, memory, keep)) == pytest.approx(0, abs=1e-6)


def test_the_distance_of_features_is_their_squared_difference(remembered):
    _, _, calls = remembered("features", weight=3.0)
    now = RNG.random((50, 64)).astype("float32")
    expected = 3.0 * ((now.astype("float64") - np.asarray(calls.memory.features)) ** 2).sum(1).mean() / 64
    assert float(apart(now, calls.memory, "features")) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_the_distance_of_outputs_is_that_of_kullback_and_leibler(remembered, origin, temperature):
    _, _, calls = remembered("outputs", weight=3.0, temperature=temperature)
    now = RNG.random((50, 64)).astype("float32")
    kernel, bias = (origin[path].astype("float64") for path in start.HEAD)
    before, after = (np.exp((np.asarray(each, "float64") @ kernel + bias) / temperature) for each in (calls.memory.features, now))
    before, after = before / before.sum(1, keepdims=True), after / after.sum(1, keepdims=True)
    expected = 3.0 * temperature**2 * (before * np.log(before / after)).sum(1).mean()
    assert float(apart(now, calls.memory, "outputs")) == pytest.approx(expected, rel=1e-4)


def test_a_second_loss_compares_each_example_with_itself():
    """A batch is gathered from the memory as it is from the images."""
    memory = Memory(tf.constant([[1.0], [2.0]]), tf.zeros((0, 0)), tf.zeros(0), 1.0, 1.0)
    assert float(apart(tf.constant([[1.0], [2.0]]), memory, "features")) == 0
    assert float(apart(tf.constant([[2.0], [1.0]]), memory, "features")) == 1


@pytest.mark.parametrize("keep", ["features", "outputs"])
def test_the_more_weight_what_is_held_on_to_has_the_nearer_it_stays(trained, tune, remembered, keep):
    _, net, calls = remembered(keep)
    found = []
    for weight in (0.0, 100.0):
        net.load(trained(tune("distill", keep=keep, weight=weight, epochs=8)).weights)
        found.append(float(apart(net.forward(calls.learned(0), range(4)), calls.memory, keep)))
    assert found[0] > found[1]


@pytest.mark.parametrize("head", HEADS.names())
def test_no_head_touches_a_byte_of_the_blocks(begun, tune, head):
    spec = tune("full", head=head)
    net, calls = begun(spec)
    before = net.weights()
    made = start.head(spec, net, calls)
    assert made.keys() == (set() if head in ("glorot", "source") else set(start.HEAD))
    assert not changed(before, net.weights())


def test_the_head_of_the_source_goes_on_where_it_was(trained, tune, seasoned, origin, kept):
    outcome = train(tune("full", head="source"), kept(patience=0), origin)  # stopped before the first step
    assert not changed(outcome.weights, origin)
    begun, end = trained(tune("linear_probe", head="source", epochs=1)).result["start"], trained(seasoned).result["end"]
    assert begun["val_accuracy"] == pytest.approx(end["val_accuracy"], abs=1e-9)


def test_the_head_of_a_source_with_other_classes_is_refused(tune, begun, origin):
    net, _ = begun(tune("full"))
    fewer = {**origin, "head/logits/kernel": np.zeros((64, 7), "float32"), "head/logits/bias": np.zeros(7, "float32")}
    with pytest.raises(InputError) as refused:
        start.weights(tune("full", head="source"), net, fewer)
    assert str(refused.value) == "The source's head names 7 classes and the target has 10: choose another head."


def test_a_head_of_zeros_guesses_at_first_and_sends_the_blocks_no_gradient(tune, origin, kept):
    recorder = kept()
    spec = tune("full", head="zero", epochs=1, batch_size=64)
    outcome = train(spec, recorder, origin)
    assert recorder.rows[0]["val_loss"] == pytest.approx(np.log(10), abs=1e-6)
    *body, head = recorder.rows[1]["gradients"]
    assert body == [0.0] * 4 and head > 0
    assert changed(outcome.weights, origin) == {path for path in origin if is_statistic(path) or path.startswith("head/")}


def test_from_scratch_with_a_head_of_zeros_guesses_at_first(trained, tune):
    assert trained(tune("scratch", head="zero", epochs=1)).result["start"]["val_loss"] == pytest.approx(np.log(10), abs=1e-6)


@pytest.mark.parametrize("head", ["centroid", "probe"])
def test_a_head_that_fits_the_features_is_good_before_the_first_step(trained, tune, head):
    fitted, drawn = (trained(tune("linear_probe", head=each)).result["start"]["val_accuracy"] for each in (head, "glorot"))
    assert drawn < 0.4 and fitted > 0.8


@pytest.mark.parametrize("strategy", ["l2_sp", "distill", "auto_rgn", "lora", "random_frozen"])
def test_a_resumed_run_ends_as_one_without_a_break(tune, origin, kept, alike, strategy):
    spec, whole, later = tune(strategy, epochs=3, patience=2), kept(), kept()  # with patience there is a checkpoint after each epoch
    given = origin if spec.source else None
    expected = train(spec, whole, given)
    outcome = train(spec, later, given, Checkpoint(1, whole.checkpoints[1]))
    assert alike(outcome.weights, expected.weights)
    assert not changed(outcome.adapters, expected.adapters) and outcome.adapters.keys() == expected.adapters.keys()
    assert later.numbers[1:] == whole.numbers[2:] != []
    assert {**outcome.result, "seconds": 0} == {**expected.result, "seconds": 0}
