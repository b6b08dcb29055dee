"""Boxes on a film: left, top, right, bottom in fractions 0..1 of its sides."""

Box = tuple[float, float, float, float]
WHOLE_FILM: Box = (0.0, 0.0, 1.0, 1.0)


def widened(box: Box, margin: float) -> Box:
    """Return a box with `margin` of its sides more on every side, kept on the film."""
    left, top, right, bottom = box
    dx, dy = margin * (right - left), margin * (bottom - top)
    return (max(0.0, left - dx), max(0.0, top - dy), min(1.0, right + dx), min(1.0, bottom + dy))
