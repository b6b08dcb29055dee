"""How a film was taken and of what, from a DICOM file's elements: the one list of views.

Sources: DICOM PS3.3 C.8.11.5 (view position), PS3.16 CID 4010 (view codes), C.7.6.1.1.1 (patient
orientation), C.7.3.1.1.2 (patient position), PS3.16 annex L (body parts).
"""

import re
from collections.abc import Iterable, Sequence

FRONTAL = ("PA", "AP")
"""The views that are assessed."""

VIEWS = {
    "PA": "a postero-anterior view",
    "AP": "an antero-posterior view",
    "LATERAL": "a lateral view",
    "OBLIQUE": "an oblique view",
    "DECUBITUS": "a decubitus view: the person lies on one side",
    "AXIAL": "an axial or lordotic view",
}
"""Every view that a Radiograph may have, with its name for the reader."""

_WORDS = {
    "PA": "PA",
    "POSTEROANTERIOR": "PA",
    "AP": "AP",
    "ANTEROPOSTERIOR": "AP",
    "LATERAL": "LATERAL",
    "LAT": "LATERAL",
    "L": "LATERAL",
    "LL": "LATERAL",
    "RL": "LATERAL",
    "LLAT": "LATERAL",
    "RLAT": "LATERAL",
    "SAGITTAL": "LATERAL",
    "MEDIOLATERAL": "LATERAL",
    "LATEROMEDIAL": "LATERAL",
    "SWIMMERS": "LATERAL",
    "OBLIQUE": "OBLIQUE",
    "OBL": "OBLIQUE",
    "LLO": "OBLIQUE",
    "RLO": "OBLIQUE",
    "LAO": "OBLIQUE",
    "RAO": "OBLIQUE",
    "LPO": "OBLIQUE",
    "RPO": "OBLIQUE",
    "LLD": "DECUBITUS",
    "RLD": "DECUBITUS",
    "DECUB": "DECUBITUS",
    "DECUBITUS": "DECUBITUS",
    "AXIAL": "AXIAL",
    "LORDOTIC": "AXIAL",
    "APICOGRAM": "AXIAL",
}
_STRONGEST = ("DECUBITUS", "OBLIQUE", "AXIAL", "LATERAL", "PA", "AP")

# SNOMED RT and CT codes whose meaning may be missing or in another language.
_CODES_OF = {
    "PA": "R-40888 R-10214 272479007",
    "AP": "R-10206 399348003",
    "LATERAL": (
        "R-102CD 399067008 R-10232 399198007 R-10236 399173006 R-10224 399260004 R-10228 "
        "399352003 G-A145 30730003"
    ),
    "OBLIQUE": (
        "R-102C1 399182000 R-10210 399038007 R-10212 399006002 R-10216 399059000 R-10208 "
        "399312000 R-10220 399135007 R-40985 399356000 R-10234 399236003 R-10238 "
        "399184004 R-10204 399160007"
    ),
    "AXIAL": "R-10241 399061009 R-10252 399132005",
}
_CODES = {code: view for view, codes in _CODES_OF.items() for code in codes.split()}

_ON_A_SIDE = ("HFDR", "HFDL", "FFDR", "FFDL")

_CHEST = ("CHEST", "THORAX", "TORAX", "LUNG", "PULMO", "RIB")
_OTHER_PARTS = [
    "HAND",
    "FINGER",
    "THUMB",
    "WRIST",
    "FOREARM",
    "ELBOW",
    "ARM",
    "HUMERUS",
    "UPARM",
    "SHOULDER",
    "CLAVICLE",
    "SCAPULA",
    "HEAD",
    "SKULL",
    "FACE",
    "FACIAL",
    "JAW",
    "MANDIBLE",
    "MAXILLA",
    "TEETH",
    "SINUS",
    "NASAL",
    "NOSE",
    "ORBIT",
    "NECK",
    "SPINE",
    "CSPINE",
    "TSPINE",
    "LSPINE",
    "TLSPINE",
    "SSPINE",
    "COCCYX",
    "SACRUM",
    "ABDOMEN",
    "PELVIS",
    "HIP",
    "FEMUR",
    "THIGH",
    "KNEE",
    "PATELLA",
    "LEG",
    "TIBIA",
    "FIBULA",
    "CALF",
    "ANKLE",
    "FOOT",
    "TOE",
    "HEEL",
    "CALCANEUS",
    "EXTREMITY",
    "BREAST",
    "BOWEL",
    "COLON",
    "KIDNEY",
    "BLADDER",
    "STOMACH",
]


def view_of(
    position: str,
    codes: Sequence[tuple[str, str]] = (),
    orientation: Sequence[str] = (),
    patient_position: str = "",
) -> str | None:
    """Return the view that a file states, one of `VIEWS`, or None where it states none.

    Where elements disagree, what speaks against a frontal film wins.

    Args:
        position: ViewPosition.
        codes: value and meaning of each item of ViewCodeSequence and its modifiers.
        orientation: PatientOrientation; an A or P in it means a lateral view.
        patient_position: PatientPosition.
    """
    found = set(_by_words(position))
    for value, meaning in codes:
        found |= {_CODES[value]} if value in _CODES else set(_by_words(meaning))
    if any(part[:1] in ("A", "P") for part in orientation):
        found.add("LATERAL")
    if patient_position.upper() in _ON_A_SIDE:
        found.add("DECUBITUS")
    return next((view for view in _STRONGEST if view in found), None)


def other_body_part(stated: Iterable[str]) -> str | None:
    """Return the body part that a file names where it is surely not the chest, else None.

    Args:
        stated: BodyPartExamined and the meanings of AnatomicRegionSequence.
    """
    for text in stated:
        joined = re.sub("[^A-Z]", "", text.upper())
        words = re.findall("[A-Z]+", text.upper())
        if any(part in joined for part in _CHEST):
            return None
        for name in (*words, *(word.rstrip("S") for word in words), joined):
            if name in _OTHER_PARTS:
                return str(name)
    return None


def _by_words(text: str) -> Iterable[str]:
    words = re.findall("[A-Z]+", re.sub(r"(ANTERO|POSTERO|MEDIO|LATERO)\W+", r"\1", text.upper()))
    return [_WORDS[word] for word in words if word in _WORDS]
