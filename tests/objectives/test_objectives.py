"""Every objective, over several image sizes: what loop and evaluation rely on."""

import numpy as np
import pytest
import tensorflow as tf

from tlcore.objectives import OBJECTIVES
from tlcore.objectives.task import SETTLED

SHAPES = [(8, 8, 1), (28, 28, 1), (33, 20, 3)]
RNG = np.random.default_rng(0)
LABELS = np.array([0, 1, 2, 1], "int32")


NAMES = OBJECTIVES.names()
FEATURES = RNG.random((4, 64), dtype="float32")
CLASSES = {"shape": 3, "colour": 2}
CHANCE = np.array([0, 7], "int32")
SAID = np.random.default_rng(1).normal(size=(4, 3))  # by a teacher, of four images


def made(name, shape=(8, 8, 1), **knobs):
    task = OBJECTIVES[name](64, shape, CLASSES if OBJECTIVES[name].facts.get("needs") == "factors" else 3, **knobs)
    return task, RNG.random((4, *shape), dtype="float32")


def answers(task, labels):
    """Labels as the task wants them: a class, or a column a factor, a number, or a class with what a teacher says."""
    if task.real and task.columns == 1:
        return (labels[:, None] / 3).astype("float32")
    if task.real:
        return np.concatenate([labels[:, None], np.eye(3)[labels] + SAID], axis=1).astype("float32")
    return np.stack([labels, np.sort(labels) % 2], axis=1) if task.columns else labels


def outputs(task, inputs, chance=CHANCE, training=False, labels=LABELS):
    """What its nets make of random features, as many as there are inputs."""
    nets = {"head": task.head, **task.beside}
    features = np.resize(FEATURES, (len(inputs), 64)) + np.linspace(0, 1, len(inputs), dtype="float32")[:, None]
    return task.outputs(lambda net, values: nets[net](values, training=training), features, answers(task, labels), chance)


def variables(task):
    return [each for net in (task.head, *task.beside.values()) for each in net.trainable_variables]


def measured(task, images, labels=LABELS, measure=None):
    batch = task.batch(images, answers(task, labels), CHANCE)
    return np.asarray((measure or task.loss)(outputs(task, batch.inputs, labels=labels), batch.images, batch.labels))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_losses_and_metrics_are_finite_numbers_each_of_an_example(name, shape):
    task, images = made(name, shape)
    for measure in (task.loss, *task.metrics.values()):
        values = measured(task, images, measure=measure)
        assert values.ndim == 1 and len(values) % 4 == 0 and np.isfinite(values).all()
    assert (measured(task, images) >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_holds_views_of_the_images_that_the_encoder_can_see(name):
    task, images = made(name, (33, 20, 3))
    batch = task.batch(images, LABELS, CHANCE)
    inputs = np.asarray(batch.inputs)
    assert inputs.shape[1:] == (33, 20, 3) and len(inputs) % 4 == 0
    assert len(inputs) == 4 * OBJECTIVES[name].facts.get("views", 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_chance_makes_the_same_batch_and_another_one_another(name):
    task, images = made(name)
    one, again, other = (np.asarray(task.batch(images, LABELS, np.array([0, step], "int32")).inputs) for step in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert OBJECTIVES[name].facts.get("chance", False) == (one != other).any()


@pytest.mark.parametrize("name", NAMES)
def test_an_objective_says_whether_it_reads_labels(name):
    task, images = made(name)
    one, other = (measured(task, images, labels) for labels in (LABELS, np.array([0, 0, 0, 1], "int32")))
    assert OBJECTIVES[name].facts["labels"] == (one != other).any()


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_of_its_nets_learns(name):
    task, images = made(name)
    batch = task.batch(images, answers(task, LABELS), CHANCE)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(task.loss(outputs(task, batch.inputs, training=True), batch.images, batch.labels))
    gradients = tape.gradient(loss, variables(task))
    assert all(gradient is not None and np.abs(gradient).max() > 0 for gradient in gradients)


@pytest.mark.parametrize("name", [each for each in NAMES if OBJECTIVES[each].facts.get("draws")])
def test_what_draws_has_images_and_a_mean_to_beat(name):
    task, images = made(name, (9, 7, 3))
    batch = task.batch(images, LABELS, CHANCE)
    drawn = np.asarray(task.redrawn(outputs(task, batch.inputs, chance=None)))
    assert drawn.shape == images.shape and drawn.min() >= 0 and drawn.max() <= 1
    still = task.drawing(np.broadcast_to(images.mean(0), images.shape).astype("float32"))
    assert np.asarray(task.loss(still, batch.images, batch.labels)).shape == (4,)
    np.testing.assert_allclose(np.asarray(task.redrawn(still)), np.broadcast_to(images.mean(0), images.shape), atol=1e-4)


def test_guessing_costs_the_logarithm_of_the_classes():
    task = OBJECTIVES["supervised"](64, (8, 8, 1), 3)
    np.testing.assert_allclose(task.loss(np.zeros((4, 3), "float32"), None, LABELS), np.log(3), rtol=1e-6)


def test_a_head_gives_logits_not_probabilities():
    outputs = np.asarray(OBJECTIVES["supervised"](64, (8, 8, 1), 10).head(RNG.normal(size=(50, 64)).astype("float32")))
    assert outputs.shape == (50, 10) and outputs.min() < 0 and abs(outputs.sum(1) - 1).max() > 0.1


def test_certain_and_wrong_costs_much_but_never_infinitely():
    task = OBJECTIVES["supervised"](64, (8, 8, 1), 2)
    loss = np.asarray(task.loss(np.array([[100.0, -100.0], [-100.0, 100.0]], "float32"), None, np.array([1, 1])))
    np.testing.assert_allclose(loss, [200, 0], atol=1e-5)


def test_accuracy_is_whether_the_largest_logit_is_right():
    task = OBJECTIVES["supervised"](64, (8, 8, 1), 3)
    right = task.metrics["accuracy"](np.eye(3, dtype="float32")[[0, 0, 2, 1]], None, LABELS)
    assert np.asarray(right).tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("shape", [*SHAPES, (5, 7, 1), (1, 10, 1)])
def test_a_drawn_image_has_the_shape_and_range_of_the_original(shape):
    drawn = np.asarray(OBJECTIVES["autoencoder"](64, shape, 3).head(RNG.normal(size=(2, 64)).astype("float32")))
    assert drawn.shape == (2, *shape) and drawn.min() >= 0 and drawn.max() <= 1


def test_the_error_of_a_drawing_is_the_mean_square_over_its_pixels():
    task = OBJECTIVES["autoencoder"](64, (8, 8, 1), 3)
    images = np.zeros((2, 8, 8, 1), "float32")
    drawn = images.copy()
    drawn[1, 0, 0, 0] = 0.8
    np.testing.assert_allclose(task.loss(drawn, images, None), [0, 0.64 / 64], rtol=1e-6)


def test_without_noise_denoising_is_an_autoencoder():
    denoising, images = made("denoising", noise=0.0)
    np.testing.assert_array_equal(denoising.batch(images, LABELS, CHANCE).inputs, images)
    drawn = RNG.random(images.shape, dtype="float32")
    both = [task.loss(drawn, images, LABELS) for task in (denoising, made("autoencoder")[0])]
    np.testing.assert_array_equal(*both)


def test_noise_is_drawn_on_what_is_seen_and_not_on_what_is_to_be_drawn():
    task, images = made("denoising")
    batch = task.batch(images, LABELS, CHANCE)
    assert abs(np.std(np.asarray(batch.inputs) - images) - 0.3) < 0.05
    np.testing.assert_array_equal(batch.images, images)


def test_what_a_masked_autoencoder_draws_where_it_could_see_has_no_gradient():
    task, images = made("masked", (12, 12, 1), patch=4, hidden=0.5)
    batch = task.batch(images, LABELS, CHANCE)
    mask = np.asarray(batch.images)[..., -1:]
    assert set(np.unique(mask)) == {0.0, 1.0} and mask[:, ::4, ::4].sum() == 4 * round(0.5 * 9)  # as many squares of each image
    np.testing.assert_array_equal(np.asarray(batch.inputs), images * (1 - mask))
    drawn = tf.Variable(RNG.random(images.shape, dtype="float32"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(task.loss(drawn, batch.images, None))
    gradient = np.asarray(tape.gradient(loss, drawn))
    assert (gradient[mask == 0] == 0).all() and (gradient[mask == 1] != 0).all()


def test_a_rotation_turns_by_quarters_and_names_each():
    task, images = made("rotation")
    batch = task.batch(images, LABELS, CHANCE)
    for turns in range(4):
        np.testing.assert_array_equal(np.asarray(batch.inputs)[4 * turns : 4 * turns + 4], np.rot90(images, turns, (1, 2)))
    assert np.asarray(batch.labels).tolist() == [turns for turns in range(4) for _ in range(4)]


def test_what_looks_the_same_however_it_is_turned_is_only_guessed():
    """Four equal images with four different names cost ln 4 at best."""
    task, _ = made("rotation")
    round_ = np.zeros((4, 8, 8, 1), "float32")
    round_[:, 3:5, 3:5] = 1.0
    batch = task.batch(round_, LABELS, CHANCE)
    assert len(np.unique(np.asarray(batch.inputs), axis=0)) == 1
    assert measured_best(task, batch) >= np.log(4) - 1e-6


def measured_best(task, batch):
    """The lowest mean loss that one answer for all can have."""
    return min(
        float(np.mean(task.loss(np.tile(np.array(logits, "float32"), (16, 1)), batch.images, batch.labels)))
        for logits in ([0, 0, 0, 0], [5, 0, 0, 0], [0, 1, 0, 1])
    )


def test_a_variational_autoencoder_draws_from_its_mean_where_nothing_may_be_drawn():
    task, images = made("vae")
    one, again = (np.asarray(outputs(task, images, chance=None)[0]) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    pixels, mean, logvar, _ = outputs(task, images)
    assert (np.asarray(pixels) != one).any() and mean.shape == logvar.shape == (4, 16)


@pytest.mark.parametrize(("step", "weight"), [(0, 0.02), (24, 0.5), (49, 1.0), (1 << 30, 1.0)])
def test_beta_rises_while_it_warms_up_and_is_whole_where_it_is_measured(step, weight):
    task, images = made("vae", beta=1.0, warm_up=50)
    given = outputs(task, images, np.array([0, step], "int32"))
    cost = np.asarray(task.loss(given, images, LABELS))
    parts = [np.asarray(task.metrics[name](given, images, LABELS)) for name in ("likelihood", "divergence")]
    np.testing.assert_allclose(cost, parts[0] + weight * parts[1], rtol=1e-5)


def test_the_likelihood_is_summed_over_pixels():
    """A mean over pixels would multiply beta by their number."""
    task, images = made("vae", (28, 28, 1))
    still = task.drawing(np.full(images.shape, 0.5, "float32"))
    np.testing.assert_allclose(task.metrics["likelihood"](still, np.ones_like(images), None), 784 * np.log(2), rtol=1e-5)


WEIGHINGS = ("fixed", "uncertainty", "gradnorm")


def said(weighting, **knobs):
    """A task of two questions, logits for its four images, and its labels."""
    task, _ = made("multitask", weighting=weighting, **knobs)
    return task, np.random.default_rng(0).normal(size=(4, 5)).astype("float32"), answers(task, LABELS)


def test_fixed_weights_weigh_the_questions():
    task, logits, labels = said("fixed", shape_weight=0.25, colour_weight=0.5)
    given = (logits, np.zeros(2, "float32"), np.ones(2, "float32"))
    each = [np.asarray(task.metrics[f"{name}_loss"](given, None, labels)) for name in ("shape", "colour")]
    np.testing.assert_allclose(task.loss(given, None, labels), 0.25 * each[0] + 0.5 * each[1], rtol=1e-5)


def test_each_question_has_logits_of_its_own():
    task, logits, labels = said("fixed")
    logits[:] = 0
    logits[np.arange(4), labels[:, 0]] = 5  # right about the shape
    logits[np.arange(4), 3 + 1 - labels[:, 1]] = 5  # wrong about the colour
    given = (logits, np.zeros(2, "float32"), np.ones(2, "float32"))
    right = [float(np.mean(task.metrics[f"{name}_accuracy"](given, None, labels))) for name in ("shape", "colour")]
    assert right == [1.0, 0.0]


def test_uncertainty_weighs_as_its_formula():
    from tlcore.objectives import losses

    task, logits, labels = said("uncertainty")
    learned = np.array([0.5, -1.0], "float32")
    given = (logits, learned, np.ones(2, "float32"))
    means = [np.mean(task.metrics[f"{name}_loss"](given, None, labels)) for name in ("shape", "colour")]
    np.testing.assert_allclose(np.mean(task.loss(given, None, labels)), losses.uncertainty_weighting(np.array(means), learned), rtol=1e-5)


def test_gradnorm_costs_what_its_weights_say_and_moves_them_apart():
    """A question that pulls hard and is learned fast loses weight; the sum of the weights stays."""
    task, logits, labels = said("gradnorm")
    learned = tf.Variable(np.zeros(2, "float32"))
    with tf.GradientTape() as tape:
        given = (logits, tf.identity(learned), np.array([3.0, 0.5], "float32"))
        loss = tf.reduce_mean(task.loss(given, None, labels))
    means = [np.mean(task.metrics[f"{name}_loss"](given, None, labels)) for name in ("shape", "colour")]
    np.testing.assert_allclose(loss, sum(means), rtol=1e-5)
    gradient = np.asarray(tape.gradient(loss, learned))
    assert gradient[0] > 0 > gradient[1]


def test_gradnorm_measures_how_each_question_pulls_at_the_embedding():
    task, _ = made("multitask", weighting="gradnorm")
    labels = answers(task, LABELS)
    features = tf.Variable(FEATURES)
    kernel, bias = task.head.trainable_variables
    _, _, norms = task.outputs(lambda net, values: {"head": task.head, **task.beside}[net](values), tf.identity(features), labels, CHANCE)
    for place, (first, last) in enumerate([(0, 3), (3, 5)]):
        with tf.GradientTape() as tape:
            part = (features @ kernel + bias)[:, first:last]
            mean = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels[:, place], part))
        np.testing.assert_allclose(norms[place], tf.norm(tape.gradient(mean, features)), rtol=1e-4)


def captioned(chance=(0, SETTLED), **knobs):
    task, _ = made("multimodal", **knobs)
    labels = np.array([[0, 1], [1, 0], [2, 0], [1, 0]], "int32")  # the second and the last have one caption
    nets = {"head": task.head, **task.beside}
    return task, labels, task.outputs(lambda net, values: nets[net](values), FEATURES, labels, np.array(chance, "int32"))


def test_a_caption_that_is_true_of_another_image_too_is_known():
    _, labels, (_, _, _, _, fits) = captioned()
    np.testing.assert_array_equal(fits, (labels[:, None] == labels[None]).all(-1))


def test_a_word_that_is_left_out_makes_a_caption_true_of_more():
    _, labels, (_, _, _, _, fits) = captioned(chance=(0, 3), dropped=0.9)
    full = (labels[:, None] == labels[None]).all(-1)
    assert np.asarray(fits)[full].all() and np.asarray(fits).sum() > full.sum()


def test_captions_are_whole_where_they_are_measured():
    _, _, whole = captioned(dropped=0.9)
    _, _, never = captioned(dropped=0.0, chance=(0, 3))
    np.testing.assert_allclose(np.asarray(whole[4]), np.asarray(never[4]))


def test_the_temperature_starts_where_it_is_told_and_is_never_too_sharp():
    assert float(captioned(first_temperature=0.05)[2][3]) == pytest.approx(np.log(20))
    task, labels, _ = captioned()
    task.beside["scale"].trainable_variables[0].assign([[9.0]])
    nets = {"head": task.head, **task.beside}
    assert float(task.outputs(lambda net, values: nets[net](values), FEATURES, labels, CHANCE)[3]) == pytest.approx(np.log(100))


def test_retrieval_is_whether_the_nearest_caption_is_true_and_has_its_chance():
    task, labels, (_, _, words, sharp, fits) = captioned()
    space = np.eye(4, 64, dtype="float32")
    swapped = space[[0, 3, 2, 1]]  # each of the two with one caption finds the other's: both are true
    found = [
        np.asarray(task.metrics["retrieval"]((space, told, words, sharp, fits), None, labels))
        for told in (space, swapped, space[[1, 0, 2, 3]])
    ]
    assert [each.tolist() for each in found] == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1]]
    np.testing.assert_allclose(task.metrics["retrieval_chance"]((space, space, words, sharp, fits), None, labels), [0.25, 0.5, 0.25, 0.5])


def test_zero_shot_names_by_the_nearest_word():
    task, labels, (_, told, _, sharp, fits) = captioned()
    words = np.eye(5, 64, dtype="float32")
    pictured = words[labels[:, 0]] + words[3 + labels[:, 1]]
    right = [
        float(np.mean(task.metrics[f"{name}_zero_shot"]((pictured, told, words, sharp, fits), None, labels)))
        for name in ("shape", "colour")
    ]
    assert right == [1.0, 1.0]


def test_a_student_that_says_what_its_teacher_says_costs_the_labels_alone():
    task, _ = made("distillation", trust=0.7)
    labels = answers(task, LABELS)
    said = labels[:, 1:]
    agree = np.asarray(OBJECTIVES["supervised"](64, (8, 8, 1), 3).loss(said, None, LABELS))
    np.testing.assert_allclose(task.loss(said, None, labels), 0.3 * agree, rtol=1e-5)
    assert np.asarray(task.metrics["agreement"](said, None, labels)).tolist() == [1, 1, 1, 1]
    assert np.asarray(task.metrics["agreement"](-said, None, labels)).tolist() == [0, 0, 0, 0]
    only = made("distillation", trust=1.0)[0]
    np.testing.assert_allclose(only.loss(said + 2.0, None, labels), 0, atol=1e-5)  # logits count up to a constant


def test_who_trusts_no_teacher_is_supervised():
    task, labels = made("distillation", trust=0.0)[0], answers(made("distillation")[0], LABELS)
    said = RNG.normal(size=(4, 3)).astype("float32")
    plain = OBJECTIVES["supervised"](64, (8, 8, 1), 3)
    np.testing.assert_allclose(task.loss(said, None, labels), plain.loss(said, None, LABELS), rtol=1e-6)
    np.testing.assert_array_equal(task.metrics["accuracy"](said, None, labels), plain.metrics["accuracy"](said, None, LABELS))


def test_a_number_costs_the_square_of_how_far_it_is_off_and_begins_in_the_middle_of_its_range():
    task, _ = made("regression")
    np.testing.assert_allclose(
        task.loss(np.array([[0.2], [1.0]], "float32"), None, np.array([[0.5], [1.0]], "float32")), [0.09, 0], rtol=1e-5
    )
    assert abs(np.asarray(task.head(FEATURES)).mean() - 0.5) < 0.2
