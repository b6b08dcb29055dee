"""A film looked at a little otherwise: turned, larger or smaller, mirrored."""

import math
from dataclasses import dataclass

import numpy as np

from covidweb.networks.box import Box, widened
from covidweb.networks.resample import resize_box, turning_kernel


@dataclass(frozen=True)
class View:
    """How a standard input is cut out of a film.

    Attributes:
        degrees: the film is turned counter-clockwise by so many about the middle of the cut-out.
        scale: the cut-out's sides are so many times as long.
        mirrored: left and right are exchanged in the end.
    """

    degrees: float = 0.0
    scale: float = 1.0
    mirrored: bool = False

    def cut(
        self, layer: np.ndarray, box: Box, size: tuple[int, int], side: int, fine: bool = True
    ) -> np.ndarray:
        """Return a layer of a film as this view shows it, float32 (side, side) in 0..1.

        Args:
            layer: float (h, w) in 0..1, stretched over the whole film; it goes on as its rim.
            box: of the plain view's cut-out, in fractions of the film.
            size: width and height of the film in pixels, for its proportions.
            side: what it is resized to.
            fine: turn it without blur; a mask need not be.
        """
        own = self.scaled(box)
        if self.degrees:
            layer, own = self._turned(layer, own, box, size, fine)
        found = resize_box(layer, own, side)
        return found[:, ::-1] if self.mirrored else found

    def scaled(self, box: Box) -> Box:
        """Return the cut-out's box, kept on the film."""
        return widened(box, (self.scale - 1) / 2)

    def back(self, grid: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
        """Bring a map of this view to where its cells lie in the plain view.

        Args:
            grid: float32 (h, w), shares of a sum, over the whole of this view's cut-out.
            box: of the plain view's cut-out.
            size: width and height of the film in pixels, for its proportions.

        Returns:
            float32 (h, w) with the same sum, but for what lies outside.
        """
        import cv2

        height, width = grid.shape
        own = self.scaled(box)
        to_grid = _pixels((width, height))
        flip = np.diag([-1.0, 1.0, 1.0]) if self.mirrored else np.eye(3)
        flip[0, 2] = float(self.mirrored)
        from_cell = _fractions(box) @ np.linalg.inv(to_grid)
        matrix = to_grid @ flip @ np.linalg.inv(_fractions(own)) @ self._turn(box, size) @ from_cell
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        found = cv2.warpAffine(
            np.ascontiguousarray(grid, np.float32), matrix[:2], (width, height), flags=flags
        )
        # The cells of a smaller cut-out are parts of the plain view's.
        return np.asarray(found * (_area(box) / _area(own)), np.float32)

    def _turned(
        self, layer: np.ndarray, own: Box, box: Box, size: tuple[int, int], fine: bool
    ) -> tuple[np.ndarray, Box]:
        """Return what lies in and around a box of a layer that was turned, and the box on that."""
        import cv2

        height, width = layer.shape
        left, top = int(own[0] * width), int(own[1] * height)
        across, down = math.ceil(own[2] * width) - left, math.ceil(own[3] * height) - top
        to_pixels = _pixels((width, height))
        matrix = to_pixels @ self._turn(box, size) @ np.linalg.inv(to_pixels)
        matrix[:2, 2] -= left, top
        found = cv2.warpAffine(
            np.ascontiguousarray(layer, np.float32),
            matrix[:2],
            (across, down),
            flags=turning_kernel(layer) if fine else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        inner = np.array(own) * [width, height, width, height] - [left, top, left, top]
        edges = np.clip(inner / [across, down, across, down], 0.0, 1.0).tolist()
        return np.clip(found, 0.0, 1.0, out=found), (edges[0], edges[1], edges[2], edges[3])

    def _turn(self, box: Box, size: tuple[int, int]) -> np.ndarray:
        """Return the matrix (3, 3) that turns places on a film, in fractions of its sides."""
        angle = np.deg2rad(self.degrees)
        cosine, sine = np.cos(angle), np.sin(angle)
        stretch = np.diag([*size, 1.0])
        turn = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        there = np.eye(3)
        there[:2, 2] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
        matrix = there @ np.linalg.inv(stretch) @ turn @ stretch @ np.linalg.inv(there)
        return np.asarray(matrix)


AS_IT_IS = View()


def _pixels(size: tuple[int, int]) -> np.ndarray:
    """Return the matrix from fractions to pixels, which count from the middle of the first."""
    width, height = size
    return np.array([[width, 0.0, -0.5], [0.0, height, -0.5], [0.0, 0.0, 1.0]])


def _fractions(box: Box) -> np.ndarray:
    """Return the matrix from fractions of a box to fractions of the film."""
    left, top, right, bottom = box
    return np.array([[right - left, 0.0, left], [0.0, bottom - top, top], [0.0, 0.0, 1.0]])


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
