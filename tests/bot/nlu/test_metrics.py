"""Exact values of the measures on small data."""

import math

import numpy as np
import pytest

from conversations.bot.nlu.local.metrics import auroc, calibration_error, macro_f1, matthews


def test_auroc():
    assert auroc(np.array([3.0, 2.0]), np.array([1.0, 2.0])) == pytest.approx(0.875)
    assert auroc(np.array([1.0]), np.array([1.0])) == 0.5
    assert math.isnan(auroc(np.array([]), np.array([1.0])))


def test_calibration_error():
    assert calibration_error([0.9, 0.9], [True, False]) == pytest.approx(0.4)
    assert calibration_error([1.0], [True]) == 0


def test_macro_f1():
    assert macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert macro_f1(["a"], ["a"]) == 1


def test_matthews():
    assert matthews(["a", "b"], ["a", "b"]) == pytest.approx(1)
    assert matthews(["a", "b"], ["b", "a"]) == pytest.approx(-1)
    assert matthews(["a", "a"], ["a", "a"]) == 0
    binary = matthews(["y", "y", "y", "n"], ["y", "y", "n", "n"])
    assert binary == pytest.approx((2 * 1 - 0 * 1) / math.sqrt(2 * 3 * 1 * 2))
