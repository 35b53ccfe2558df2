import numpy as np
import pytest

from tlcore.datasets import DATASETS, find, glyphs
from tlcore.registry import InputError

ALL = tuple(glyphs.SCRIPTS)


@pytest.fixture(scope="module")
def letters():
    return glyphs.characters(ALL, digits=False)


def test_as_many_letters_as_were_calibrated(letters, prepared):
    assert len(letters) == 182
    assert find("glyphs").classes == letters


def test_each_script_gives_letters(letters):
    counts = {script: sum(letter in alphabet for letter in letters) for script, alphabet in glyphs.SCRIPTS.items()}
    assert all(count >= 10 for count in counts.values()), counts


@pytest.mark.parametrize("twin", ["Α", "А", "ο", "о", "c", "с", "x", "Օ", "ո", "z", "в"])
def test_look_alikes_are_left_out(letters, twin):
    assert twin in "".join(glyphs.SCRIPTS.values())
    assert twin not in letters


def test_the_first_of_two_is_kept(letters):
    assert {"A", "O", "C", "X", "Z"} < set(letters)
    assert glyphs.characters(("cyrillic",), digits=False)[0] == "А"


def test_digits_come_first_and_win():
    alone, both = glyphs.characters(("cyrillic",), digits=False), glyphs.characters(("cyrillic",), digits=True)
    assert both[:10] == tuple("0123456789")
    assert "З" in alone and "З" not in both, "the letter looks like a 3"


def test_every_letter_is_in_several_fonts(letters):
    for letter in letters:
        assert sum(ord(letter) in glyphs._covered(font) for font in glyphs.FONTS) >= 4


def test_no_placeholder_and_no_symbol_font():
    assert not {"LastResortHE-Regular", "cmsy10", "cmex10"} & set(glyphs.FONTS)


def test_drawn_alike_each_time_and_beside_others():
    once = glyphs.draw(("A", "b", "ж"), 12, seed=0)
    assert once.shape == (36, 28, 28, 1) and once.dtype == np.uint8
    assert np.array_equal(once, glyphs.draw(("A", "b", "ж"), 12, seed=0))
    assert np.array_equal(once[12:24], glyphs.draw(("b",), 12, seed=0))
    assert not np.array_equal(once, glyphs.draw(("A", "b", "ж"), 12, seed=1))


def test_framed_like_handwriting(prepared):
    drawn, written = find("glyphs").train.images, find("mnist").train.images
    ink = [float(images.mean()) for images in (drawn, written)]
    assert 0.7 < ink[0] / ink[1] < 1.5
    grid = np.arange(28) + 0.5
    for axis in (1, 2):
        profile = drawn[..., 0].astype(np.float64).sum(axis=3 - axis)
        centres = (profile * grid).sum(axis=1) / profile.sum(axis=1)
        assert abs(centres.mean() - 14) < 0.2 and centres.std() < 2
    edge = np.concatenate([drawn[:, 0].ravel(), drawn[:, -1].ravel(), drawn[:, :, 0].ravel(), drawn[:, :, -1].ravel()])
    assert (edge > 30).mean() < 0.02, "letters are cut off at the border"


def test_knobs():
    assert DATASETS.settings("glyphs", {}) == {
        "scripts": ALL, "digits": False, "per_class": 88, "fonts": tuple(glyphs.FAMILIES), "half": "both", "relabelled": False, "view": "plain",
    }  # fmt: skip
    few = DATASETS["glyphs"](scripts=("hebrew",), digits=True, per_class=10)
    assert few.classes[0] == "0" and few.classes[-1] in glyphs.SCRIPTS["hebrew"]
    assert (np.bincount(few.labels) == 10).all() and len(few.images) == 10 * len(few.classes)
    with pytest.raises(InputError, match="Images per letter is 9"):
        DATASETS.settings("glyphs", {"per_class": 9})


def test_a_missing_package_is_a_sentence():
    with pytest.raises(InputError, match="nosuchpackage is missing"):
        glyphs.package("nosuchpackage")


def test_two_halves_share_no_letter_and_leave_none_out():
    first, second, both = (
        set(DATASETS["glyphs"](scripts=("latin",), per_class=10, half=half).classes) for half in ("first", "second", "both")
    )
    assert not first & second and first | second == both and abs(len(first) - len(second)) <= 1


def test_other_names_are_the_same_images():
    plain, other = (DATASETS["glyphs"](scripts=("greek",), per_class=10, relabelled=each) for each in (False, True))
    assert (plain.images == other.images).all() and ((plain.labels + 1) % len(plain.classes) == other.labels).all()


def test_fonts_can_be_chosen():
    serif, sans = (DATASETS["glyphs"](scripts=("latin",), per_class=10, fonts=(family,)).images for family in ("serif", "sans"))
    assert (serif != sans).any()
    with pytest.raises(InputError, match="None of these fonts has the letter"):
        DATASETS["glyphs"](scripts=("armenian",), per_class=10, fonts=("modern",))
