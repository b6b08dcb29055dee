"""The interval of an AUC, against the same draws through scikit-learn."""

from collections.abc import Iterator

import numpy as np

from covidweb.exam.bench.figures import Figure, at_least, milliseconds


def figures() -> Iterator[Figure]:
    """Compare the grouped bootstrap of an AUC with scikit-learn's function in a loop."""
    from sklearn.metrics import roc_auc_score

    from covidweb.metrics import auc_interval, bootstrap

    rng = np.random.default_rng(0)
    labels, scores, groups = rng.random(1000) < 0.5, rng.random(1000), rng.integers(0, 500, 1000)

    def reference(index: np.ndarray) -> float:
        return float(roc_auc_score(labels[index], scores[index]))

    fast = min(milliseconds(lambda: auc_interval(labels, scores, groups, 1000)) for _ in range(3))
    slow = milliseconds(lambda: bootstrap(reference, groups, 50)) * 20
    yield Figure("AUC of 1,000 films with its interval, 1,000 draws", fast, "ms")
    yield at_least("scikit-learn in a loop", slow / fast, "x", 5.0, "our interval of the AUC")
