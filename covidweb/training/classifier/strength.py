"""How hard training films are changed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Strength:
    """How hard films are changed; probabilities are per film.

    Attributes:
        turn: largest rotation in degrees. zoom, shift: largest change as a fraction of the side.
        mirror: probability of exchanging left and right.
        patches: probability of painting parts of the lungs like air: what is gone is no evidence.
        borrow: probability of moving the grey levels towards those of another source's film.
        equalise: probability of equalising the histogram in part.
        curve: spread of the gamma's logarithm. shade: amplitude of a smooth light field, 0..1.
        blur, noise, jpeg, resolution: probabilities of the degradations.
        wires: probability of drawing wires and pads, which say nothing about the lungs.
        cut: probability of hiding everything but the lungs.
        holes: probability of hiding all but the cut-out lungs of another film; twice that for a
            film whose own lungs were cut out upstream.
    """

    turn: float = 12.0
    zoom: float = 0.1
    shift: float = 0.05
    mirror: float = 0.5
    patches: float = 0.2
    borrow: float = 0.5
    equalise: float = 0.25
    curve: float = 0.35
    shade: float = 0.05
    blur: float = 0.35
    noise: float = 0.35
    jpeg: float = 0.3
    resolution: float = 0.35
    wires: float = 0.3
    cut: float = 0.5
    holes: float = 0.3
