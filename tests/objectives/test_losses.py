"""Losses against published values and against a plain calculation, their limits, and what must not happen to them."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from numpy.linalg import norm

from tlcore.objectives import losses

CASES = json.loads((Path(__file__).parent / "cases.json").read_text())
RNG = np.random.default_rng(0)
Z1, Z2 = RNG.normal(size=(2, 12, 5)).astype("float32")


def case(name):
    """Inputs as float32 where they are real numbers, and what is expected."""
    inputs = {key: np.asarray(value, "int32" if key == "labels" else "float32") for key, value in CASES[name]["inputs"].items()}
    return inputs, CASES[name]["expected"]


def near(value, expected):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-5, atol=1e-7)


# --- published values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("temperature", "key"), [(0.5, "T0_5"), (0.1, "T0_1")])
def test_nt_xent(temperature, key):
    given, expected = case("nt_xent")
    near(losses.nt_xent(given["z1"], given["z2"], temperature), expected[key])


def test_supcon_is_l_out_and_neither_l_in_nor_the_one_that_counts_itself():
    given, expected = case("supcon")
    value = float(losses.supcon(given["z"], given["labels"], 0.5))
    near(value, expected["L_out"])
    assert min(abs(value - other) for key, other in expected.items() if key != "L_out") > 0.1


def test_barlow_twins():
    given, expected = case("barlow_twins")
    near(losses.barlow_twins(given["z1"], given["z2"], 0.005), expected["lam_0_005"])


def test_vae_kl():
    given, expected = case("vae_kl")
    value = losses.vae_kl(given["mu"], given["logvar"])
    near(value, expected["per_example"])
    near(np.mean(value), expected["mean"])


def test_softmax_ce_from_logits_is_finite_however_wrong():
    given, expected = case("softmax_ce_from_logits")
    near(losses.softmax_ce_from_logits(given["logits"], given["labels"]), expected["per_example"])


def test_uncertainty_weighting():
    given, expected = case("uncertainty_weighting")
    near(losses.uncertainty_weighting(given["losses"], given["log_sigma2"]), expected["exp_form"])
    near(losses.uncertainty_weighting(given["losses"], given["log_sigma2"], regression=True), expected["kendall_regression_half"])


def test_uncertainty_weighting_is_lowest_where_it_should_be():
    given, expected = case("uncertainty_weighting")
    best = tf.Variable(np.asarray(expected["optimum_s_for_fixed_loss"], "float32"))
    with tf.GradientTape() as tape:
        value = losses.uncertainty_weighting(given["losses"], best)
    np.testing.assert_allclose(tape.gradient(value, best), 0, atol=1e-6)


# --- a plain calculation of those that have no published value -----------------------------------------------------------


def covariances(z):
    return np.cov(z, rowvar=False)


def test_vicreg():
    near_ = ((Z1 - Z2) ** 2).mean()
    hinge = [np.maximum(0, 1 - np.sqrt(np.diag(covariances(z)) + 1e-4)).mean() for z in (Z1, Z2)]
    off = [(covariances(z) ** 2)[~np.eye(5, dtype=bool)].sum() / 5 for z in (Z1, Z2)]
    near(losses.vicreg(Z1, Z2), 25 * near_ + 25 * sum(hinge) / 2 + sum(off))


def clip(images, texts, temperature, captions=None):
    images, texts = (each / norm(each, axis=1, keepdims=True) for each in (images.astype("float64"), texts.astype("float64")))
    alike = images @ texts.T / temperature
    if captions is not None:
        alike[(captions[:, None] == captions[None]) & ~np.eye(len(captions), dtype=bool)] = -np.inf
    ways = [-np.log(np.exp(np.diag(m)) / np.exp(m).sum(1)) for m in (alike, alike.T)]
    return (ways[0] + ways[1]) / 2


def test_clip_symmetric():
    near(losses.clip_symmetric(Z1, Z2, 0.07), clip(Z1, Z2, 0.07))
    captions = np.array([0, 0, 1, 2, 3, 4, 5, 5, 5, 6, 7, 8])
    near(losses.clip_symmetric(Z1, Z2, 0.2, captions), clip(Z1, Z2, 0.2, captions))


def test_gradnorm():
    weights, norms, now, first = np.array([1.2, 0.8]), np.array([2.0, 0.5]), np.array([0.5, 0.9]), np.array([1.0, 1.0])
    rates = (now / first) / (now / first).mean()
    near(losses.gradnorm(weights, norms, now, first, 1.5), np.abs(weights * norms - (weights * norms).mean() * rates**1.5).sum())


def test_kd():
    def soft(logits):
        powers = np.exp(logits.astype("float64") / 4)
        return powers / powers.sum(1, keepdims=True)

    near(losses.kd(Z1, Z2, 4.0), 16 * (soft(Z2) * np.log(soft(Z2) / soft(Z1))).sum(1))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_pixels_nll(likelihood):
    from scipy import stats

    images = RNG.integers(0, 2, (3, 4, 4, 1)).astype("float32")
    outputs = RNG.normal(size=(3, 4, 4, 1)).astype("float32")
    drawn = (
        stats.bernoulli(1 / (1 + np.exp(-outputs))).logpmf(images) if likelihood == "bernoulli" else stats.norm(outputs, 0.1).logpdf(images)
    )
    np.testing.assert_allclose(losses.pixels_nll(outputs, images, likelihood), -drawn.sum((1, 2, 3)), rtol=1e-5)


# --- limits and invariants ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("count", [3, 128])
def test_nt_xent_of_a_collapsed_net_is_the_logarithm_of_the_others(count, temperature):
    z = np.ones((count, 4), "float32")
    near(losses.nt_xent(z, z, temperature), np.log(2 * count - 1))


def test_barlow_twins_of_equal_views_has_nothing_on_its_diagonal():
    assert float(losses.barlow_twins(Z1, Z1, 0.0)) < 1e-9


def test_a_dead_unit_has_finite_gradients():
    z = tf.Variable(np.where(np.arange(5) == 2, 0, Z1).astype("float32"))
    for loss in (losses.barlow_twins, losses.vicreg, losses.nt_xent):
        with tf.GradientTape() as tape:
            value = loss(z, z * 1.1)
        assert np.isfinite(tape.gradient(value, z)).all()


def test_vicreg_of_a_collapsed_net_is_the_missing_spread():
    z = np.ones((6, 4), "float32")
    near(losses.vicreg(z, z), 25 * (1 - 0.01))


def test_vae_kl_is_zero_only_at_the_standard_normal_and_never_below():
    assert float(losses.vae_kl(np.zeros((1, 3)), np.zeros((1, 3)))[0]) == 0
    assert (np.asarray(losses.vae_kl(RNG.normal(size=(200, 3)), RNG.normal(size=(200, 3)))) > 0).all()


def test_kd_is_zero_where_both_agree():
    near(losses.kd(Z1, Z1), np.zeros(12))
    np.testing.assert_allclose(losses.kd(Z1, Z1 + 3.0), 0, atol=1e-5)  # logits count up to a constant


def test_an_example_alone_in_its_class_counts_nothing():
    assert float(losses.supcon(Z1, np.arange(12))) == 0


def test_equal_captions_are_no_wrong_answers():
    """With one caption for all there is nothing to find."""
    near(losses.clip_symmetric(Z1, Z2, 0.07, np.zeros(12, int)), np.zeros(12))


def test_only_weights_are_moved_by_gradnorm():
    weights, norms = tf.Variable([1.0, 1.0]), tf.Variable([2.0, 0.5])
    with tf.GradientTape() as tape:
        value = losses.gradnorm(weights, norms, [0.5, 0.9], [1.0, 1.0])
    moved, still = tape.gradient(value, [weights, norms])
    assert still is None
    np.testing.assert_allclose(moved, np.sign([2 - 1.25 * (0.5 / 0.7) ** 1.5, 0.5 - 1.25 * (0.9 / 0.7) ** 1.5]) * [2.0, 0.5])


def test_alignment_and_uniformity_have_their_known_ends():
    near(losses.alignment(Z1, 3 * Z1), np.zeros(12))
    near(losses.alignment(Z1, -Z1), np.full(12, 4.0))
    np.testing.assert_allclose(losses.uniformity(np.ones((5, 3), "float32")), 0, atol=1e-5)
    near(losses.uniformity(np.array([[1.0, 0.0], [-1.0, 0.0]], "float32")), -8.0)
