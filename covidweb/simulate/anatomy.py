"""The patient and the exposure: every length that a simulated film is computed from.

Coordinates in centimetres, origin at the level of the lungs' apices in the midline of the chest:
x towards the patient's left (image right), z towards the feet (image down), y from the skin in
front to the back.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Chest:
    """One patient's chest. Lengths in centimetres.

    Attributes:
        sex: `F` or `M`.
        half_width: of the rib cage inside, at its widest.
        depth: of the rib cage inside, at its deepest.
        wall: soft tissue outside the ribs, per side; front and back are derived from it.
        apex_x: distance of each lung's apex from the midline.
        dome: level of the right diaphragm's dome, and `left_drop` how much lower the left one is.
        dome_height: from a dome's top to its edge.
        heart: size of the heart relative to the usual.
        rib_step, rib_drop: spacing of the ribs, and how far a rib descends from back to side.
        rib_radius: half the height of a rib.
        bone: mineral content relative to the usual.
        scapula: how far the shoulder blades are turned outwards.
        clavicle_rise: level of the clavicles' outer ends above the apices.
        breast: thickness of the breasts, 0 for none.
        tilt: lean of the chest in the picture, radians. sway: sideways bend of the spine.
        vessels: calibre of the lung vessels relative to the usual.
        stomach_gas: thickness of the gas bubble under the left dome, 0 for none.
    """

    sex: str
    half_width: float
    depth: float
    wall: float
    apex_x: float
    dome: float
    left_drop: float
    dome_height: float
    heart: float
    rib_step: float
    rib_drop: float
    rib_radius: float
    bone: float
    scapula: float
    clavicle_rise: float
    breast: float
    tilt: float
    sway: float
    vessels: float
    stomach_gas: float

    @property
    def front(self) -> float:
        """Depth of the lungs' front surface at its foremost."""
        return 1.2 + 0.5 * self.wall

    @property
    def middle(self) -> float:
        """Depth of the middle of the rib cage."""
        return self.front + self.depth / 2.0

    @property
    def thickness(self) -> float:
        """Depth of the whole body from skin to skin."""
        return self.front + self.depth + 1.6 + 0.5 * self.wall

    def rib_cage(self, z: np.ndarray | float) -> np.ndarray:
        """Return the inner half width of the rib cage at level `z`."""
        level = np.maximum(np.asarray(z, np.float32), -0.5)
        narrow = 1.0 - 0.62 * np.exp(-(level + 1.0) / 5.2)
        low = np.maximum(level - 0.92 * self.dome, 0.0)
        return (self.half_width * narrow - 0.012 * low**2).astype(np.float32)


@dataclass(frozen=True)
class Exposure:
    """How the film was taken and developed.

    Attributes:
        view: `PA` or `AP`.
        distance: from the tube's focus to the detector, cm.
        width, height: of the film, cm. top: level of its upper edge, shift: of its middle, cm.
        scatter: scattered light reaching the film, relative to the primary beam.
        photons: per square centimetre of film behind nothing.
        blur: of the focus and the detector, cm.
        lung_grey, dense_grey: grey of the lungs' middle and of the densest tissue on the film.
        flatten: share of the broad shading that processing takes away.
        sharpen: strength of the edge enhancement.
        marker: `R`, `L` or empty. border: width of the collimated edges as a share of the film.
    """

    view: str
    distance: float
    width: float
    height: float
    top: float
    shift: float
    scatter: float
    photons: float
    blur: float
    lung_grey: float
    dense_grey: float
    flatten: float
    sharpen: float
    marker: str
    border: tuple[float, float, float, float]

    def magnification(self, y: np.ndarray | float, chest: Chest) -> np.ndarray:
        """Return how much the beam enlarges what lies at depth `y`, 1 on the detector."""
        depth = np.asarray(y, np.float32)
        away = depth if self.view == "PA" else chest.thickness - depth
        return (self.distance / (self.distance - 2.0 - away)).astype(np.float32)


def draw_chest(rng: np.random.Generator) -> Chest:
    """Draw a patient: the spread of adult builds, ages and breaths."""
    sex = "F" if rng.random() < 0.48 else "M"
    scale = float(rng.normal(0.94 if sex == "F" else 1.02, 0.05))
    stout = float(np.clip(rng.gamma(2.2, 0.45), 0.2, 2.6))
    inspiration = float(np.clip(rng.normal(1.0, 0.07), 0.8, 1.12))
    return Chest(
        sex=sex,
        half_width=13.2 * scale * float(rng.normal(1.0, 0.04)),
        depth=17.0 * scale * float(rng.normal(1.0, 0.06)),
        wall=1.3 + 1.5 * stout,
        apex_x=4.9 * scale * float(rng.normal(1.0, 0.06)),
        dome=20.6 * scale * inspiration,
        left_drop=float(rng.normal(1.2, 0.5)),
        dome_height=float(rng.uniform(4.6, 8.2)),
        heart=scale * float(np.clip(rng.normal(1.0, 0.08), 0.84, 1.3)) / inspiration**0.7,
        rib_step=2.22 * scale * float(rng.normal(1.0, 0.03)),
        rib_drop=float(rng.uniform(2.6, 4.4)) * scale,
        rib_radius=0.62 * scale * float(rng.normal(1.0, 0.07)),
        bone=float(np.clip(rng.normal(1.0, 0.15), 0.6, 1.35)),
        scapula=float(rng.normal(0.0, 1.0)),
        clavicle_rise=float(rng.normal(1.4, 0.9)),
        breast=float(rng.uniform(1.5, 5.5)) * (0.7 + 0.3 * stout) if sex == "F" else 0.0,
        tilt=float(rng.normal(0.0, 0.022)),
        sway=float(rng.normal(0.0, 0.35)),
        vessels=float(np.clip(rng.normal(1.0, 0.15), 0.7, 1.4)),
        stomach_gas=float(rng.uniform(1.0, 4.5)) if rng.random() < 0.65 else 0.0,
    )


def draw_exposure(rng: np.random.Generator, chest: Chest) -> Exposure:
    """Draw how this patient's film was taken: upright from behind, or at the bed from in front."""
    view = "PA" if rng.random() < 0.62 else "AP"
    outer = chest.half_width + 0.7 * chest.wall
    bare = rng.random() < 0.55
    edges = np.zeros(4) if bare else rng.uniform(-0.05, 0.05, 4).clip(0.0)
    width = 2.0 * outer + float(rng.uniform(3.0, 11.0))
    return Exposure(
        view=view,
        distance=float(rng.uniform(175, 190) if view == "PA" else rng.uniform(95, 140)),
        width=width * 1.06,
        height=(chest.dome + chest.dome_height + float(rng.uniform(6.0, 12.0))) * 1.06,
        top=-float(rng.uniform(3.0, 7.5)),
        shift=float(rng.normal(0.0, 0.7)),
        scatter=float(rng.uniform(0.12, 0.4) if view == "PA" else rng.uniform(0.3, 0.8)),
        photons=float(np.exp(rng.uniform(np.log(8e5), np.log(1e7)))),
        blur=float(rng.uniform(0.03, 0.06)),
        lung_grey=float(rng.uniform(0.26, 0.48)),
        dense_grey=float(rng.uniform(0.8, 0.95)),
        flatten=float(rng.uniform(0.0, 0.4)),
        sharpen=float(rng.uniform(0.0, 0.65)),
        marker=str(rng.choice(["R", "L", "R", "L", ""])),
        border=(float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])),
    )
