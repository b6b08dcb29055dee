"""Split films into train, validation and test without dividing what belongs together.

Films that share a group (a patient, a block of neighbouring ids) or a cluster (near-identical
copies) belong together, also through a third film and across sets: the parts are the connected
components of that relation. Components are dealt one by one, largest first, to the split that
is furthest below its share of the component's kinds of film (set, label and source). Sets that
came later are dealt second and never move a film of the first; a component that reaches into the
first deal follows it.
"""

import hashlib

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from covidweb.errors import DataError
from covidweb.sets import LEARNED, SECOND_DEAL

SPLITS = ("train", "validation", "test")
HELD_OUT = "held_out"
FRACTIONS = (0.7, 0.15, 0.15)


def split_manifest(
    manifest: pd.DataFrame, seed: int = 0, fractions: tuple[float, float, float] = FRACTIONS
) -> pd.Series:
    """Return the split of every film of a manifest.

    Args:
        manifest: the whole manifest (`load_manifest`): what belongs together is found across
            all of its sets.
        seed: of the order in which components of one size are dealt.
        fractions: the shares of train, validation and test; they sum to 1.

    Returns:
        Strings, name "split", index image_id, in the manifest's order: "train", "validation" or
        "test" for `LEARNED`, "held_out" for every other set.

    Raises:
        DataError: a group or cluster joins held-out films with films to learn from.
    """
    if len(fractions) != 3 or min(fractions) < 0 or not np.isclose(sum(fractions), 1):
        raise ValueError(f"fractions must be three shares that sum to 1. Received: {fractions}")
    second = manifest["set"].isin(SECOND_DEAL).to_numpy()
    learned = manifest["set"].isin(LEARNED).to_numpy()
    names = np.full(len(manifest), HELD_OUT, dtype=object)
    names[~second] = _first_names(manifest[~second], seed, fractions)
    _follow(components(manifest), learned & ~second, second, names)
    left = second & (names == HELD_OUT)
    names[left] = _names(manifest[left], components(manifest)[left], seed, fractions)
    split = pd.Series(names, index=manifest["image_id"].to_numpy(), name="split", dtype="str")
    assert_whole(manifest, split)
    return split


def _first_names(
    manifest: pd.DataFrame, seed: int, fractions: tuple[float, float, float]
) -> np.ndarray:
    learned = manifest["set"].isin(LEARNED).to_numpy()
    names = np.full(len(manifest), HELD_OUT, dtype=object)
    component = components(manifest)[learned]
    names[learned] = _names(manifest[learned], component, seed, fractions)
    return names


def _names(
    rows: pd.DataFrame, component: np.ndarray, seed: int, fractions: tuple[float, float, float]
) -> np.ndarray:
    return np.asarray(
        np.array(SPLITS, dtype=object)[_deal(component, _strata(rows), seed, fractions)]
    )


def _follow(
    component: np.ndarray, dealt: np.ndarray, waiting: np.ndarray, names: np.ndarray
) -> None:
    """Give films that wait the split of a dealt film of their component, in place."""
    known = dict(zip(component[dealt], names[dealt], strict=True))
    for row in np.flatnonzero(waiting):
        names[row] = known.get(component[row], HELD_OUT)


def split_pool(
    manifest: pd.DataFrame, seed: int = 0, fractions: tuple[float, float, float] = FRACTIONS
) -> pd.Series:
    """Return the split of the films of `train_pool`: `split_manifest`, those rows only.

    Give it the whole manifest: groups reach into other sets.
    """
    split = split_manifest(manifest, seed, fractions)
    return split[(manifest["set"] == "train_pool").to_numpy()]


def components(manifest: pd.DataFrame) -> np.ndarray:
    """Return the number of each film's component, int (N,), 0-based, stable for one manifest."""
    count = len(manifest)
    keys = [("g", manifest["group"]), ("c", manifest["cluster"])]
    labels = pd.concat([mark + values[values != ""] for mark, values in keys])
    rows = pd.concat([pd.Series(range(count))[(v != "").to_numpy()] for _, v in keys])
    codes, _ = pd.factorize(labels)
    size = count + (int(codes.max()) + 1 if len(codes) else 0)
    links = coo_matrix((np.ones(len(codes)), (rows.to_numpy(), codes + count)), (size, size))
    _, found = connected_components(links, directed=False)
    numbers, _ = pd.factorize(found[:count])
    return np.asarray(numbers)


def crossings(manifest: pd.DataFrame, split: pd.Series) -> list[str]:
    """Return a sentence for each group or cluster that more than one split shares."""
    found = []
    names = split.reindex(manifest["image_id"]).to_numpy()
    for column in ("group", "cluster"):
        table = pd.DataFrame({"key": manifest[column].to_numpy(), "split": names})
        table = table[table["key"] != ""].drop_duplicates()
        for key, rows in table[table["key"].duplicated(keep=False)].groupby("key"):
            found.append(f"{column} {key} is in {' and '.join(sorted(rows['split']))}")
    return found


def assert_whole(manifest: pd.DataFrame, split: pd.Series) -> None:
    """Raise DataError if the split divides a group or a cluster."""
    found = crossings(manifest, split)
    if found:
        more = f" ({len(found)} in all)" if len(found) > 5 else ""
        raise DataError(f"A split divides what belongs together: {'; '.join(found[:5])}{more}.")


def split_sha256(split: pd.Series) -> str:
    """Return the sha256 of a split, whatever its order: of its sorted lines `image_id,split`."""
    lines = sorted(f"{name},{part}\n" for name, part in split.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _strata(rows: pd.DataFrame) -> np.ndarray:
    """Number the kinds of film: set, label and source together."""
    codes, _ = pd.factorize(rows["set"] + "\n" + rows["label"] + "\n" + rows["source"])
    return np.asarray(codes)


def _deal(
    component: np.ndarray, stratum: np.ndarray, seed: int, fractions: tuple[float, ...]
) -> np.ndarray:
    """Return for each film the index of its split; int (N,)."""
    if not len(component):
        return np.zeros(0, int)
    codes, _ = pd.factorize(component)
    counts = np.zeros((codes.max() + 1, stratum.max() + 1))
    np.add.at(counts, (codes, stratum), 1)
    totals = counts.sum(axis=0)
    shares = np.asarray(fractions, float)
    wanted = np.outer(shares, totals)
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    chosen = np.zeros(len(counts), int)
    for one in order:
        # Shares of a kind, not films, so that a rare kind weighs as much as a common one.
        lacking = wanted @ (counts[one] / totals**2)
        lacking = np.divide(lacking, shares, where=shares > 0, out=np.full(len(shares), -np.inf))
        chosen[one] = int(np.argmax(lacking))
        wanted[chosen[one]] -= counts[one]
    return np.asarray(chosen[codes])
