"""A stand-in for the lung network on drawn films."""

import numpy as np

from covidweb.screening.regions import Lungs


class DrawnLungs:
    """Finds two boxes where `draw_film` draws lungs."""

    def __init__(self, plausible=True):
        self.plausible = plausible

    def find(self, films):
        right, left = np.zeros((2, 64, 64), bool)
        right[10:50, 10:28], left[10:50, 36:54] = True, True
        note = "" if self.plausible else "The shapes are no lungs."
        return [Lungs(right, left, self.plausible, note, None) for _ in films]
