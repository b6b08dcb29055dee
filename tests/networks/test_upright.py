import numpy as np
import pytest

from covidweb.networks.upright import KINDS, build_upright, upright_input


def test_answers_have_kinds_angle_and_side():
    model = build_upright(32, 4)
    answers = model.predict_on_batch(np.random.default_rng(0).random((3, 32, 32, 1), np.float32))
    assert answers.shape == (3, len(KINDS) + 3) and np.isfinite(answers).all()
    assert len({round(float(v), 6) for v in answers[:, 0]}) == 3


def test_the_weights_are_small():
    assert build_upright().count_params() * 4 < 1_000_000


@pytest.mark.parametrize("size", [0, -16, 40])
def test_a_size_that_does_not_halve_is_refused(size):
    with pytest.raises(ValueError, match="multiple of 16"):
        build_upright(size)


def test_the_input_keeps_the_proportions(film):
    wide = upright_input(np.ones((50, 200), np.float32), 64)
    assert wide.shape == (64, 64) and wide.dtype == np.float32
    assert (wide.sum(axis=1) > 0).sum() == 16
    assert wide[24:40].min() == pytest.approx(1)


def test_the_input_of_a_box_is_that_of_the_cut_film(film):
    pixels = film(1, (120, 100))
    boxed = upright_input(pixels, 48, (0.1, 0.25, 0.8, 0.75))
    np.testing.assert_allclose(boxed, upright_input(pixels[30:90, 10:80], 48), atol=0.06)
