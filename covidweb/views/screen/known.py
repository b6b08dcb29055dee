"""Is this film one that the model learned from? By sha256, then by what it looks like."""

from dataclasses import dataclass

import streamlit as st

from covidweb.radiograph import Radiograph
from covidweb.views.screen.worklist import Film


@dataclass(frozen=True)
class Known:
    """Whether the film is known, whether for training, its label there, and a sentence."""

    known: bool
    training: bool
    truth: str
    sentence: str
