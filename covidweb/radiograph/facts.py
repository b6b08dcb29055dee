"""What a file says about its film, beside the picture."""

from typing import NamedTuple


class Facts(NamedTuple):
    """What a file says about its film; empty where it says nothing.

    Attributes:
        view: one of `views.VIEWS`, or None.
        body_part: a part of the body that is surely not the chest, or None.
        burnt_in: the file says that text is burnt into the picture.
    """

    view: str | None = None
    body_part: str | None = None
    burnt_in: bool = False
