"""Probes: how well past labels foretell the next ones, as probabilities that a code can use.

A probe has a few settings; which of them is used, and how far it is trusted at all, `codelength` decides on past
labels alone.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, MissingExtraError, shown, suggestion

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Matrix: TypeAlias = "NDArray[np.float64] | csr_matrix"

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
ProbeName: TypeAlias = Literal["linear", "mlp"]
PROBES: tuple[ProbeName, ...] = get_args(ProbeName)

_PROJECTED = 256
_HIDDEN = 32


class Probe(ABC):
    """A classifier with a few settings, the most regularised first."""

    settings: tuple[Any, ...]

    @abstractmethod
    def foretell(
        self, seen: "Matrix", labels: IntArray, unseen: "Matrix", settings: Sequence[Any]
    ) -> list[FloatArray | None]:
        """Probabilities of label 1 for the unseen rows (m, F), fitted to the seen ones (n, F) and labels (n,).

        One array (m,) a setting; None where the fit breaks down. The labels are of both classes.
        """


class LinearProbe(Probe):
    """Logistic regression on the columns that correlate most with the past labels, with an L2 penalty."""

    settings = ((32, 1.0), (32, 100.0), (512, 0.1), (512, 10.0), (4096, 0.1), (4096, 10.0))

    def foretell(
        self, seen: "Matrix", labels: IntArray, unseen: "Matrix", settings: Sequence[tuple[int, float]]
    ) -> list[FloatArray | None]:
        """As `Probe` has it; a setting is (columns, inverse strength of the penalty)."""
        from sklearn.linear_model import LogisticRegression

        best = _strongest(seen, labels, max(most for most, _ in settings))
        seen, unseen = seen[:, best], unseen[:, best]
        found: dict[tuple[int, float], FloatArray | None] = {}
        asked = [(min(most, len(best)), strength) for most, strength in settings]
        for most, strength in dict.fromkeys(asked):
            model = LogisticRegression(C=strength, solver="liblinear", tol=1e-3)
            found[most, strength] = _fitted(model, seen[:, :most], labels, unseen[:, :most])
        return [found[setting] for setting in asked]


class MlpProbe(Probe):
    """A network with one hidden layer of 32 rectified units."""

    settings = (1.0, 0.03, 0.001)

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def foretell(
        self, seen: "Matrix", labels: IntArray, unseen: "Matrix", settings: Sequence[float]
    ) -> list[FloatArray | None]:
        """As `Probe` has it; a setting is the weight decay."""
        from sklearn.neural_network import MLPClassifier

        found = []
        for decay in settings:
            model = MLPClassifier(
                (_HIDDEN,), solver="lbfgs", alpha=decay, max_iter=200, random_state=self.seed
            )
            found.append(_fitted(model, seen, labels, unseen))
        return found


def make_probe(name: ProbeName, seed: int) -> Probe:
    """The probe of that name; `seed` draws its initial weights."""
    return LinearProbe() if name == "linear" else MlpProbe(seed)


def prepared(features: "ArrayLike | csr_matrix", probe: ProbeName) -> "Matrix":
    """The features (N, F) as a probe reads them, scaled; sparse ones stay sparse for the linear probe.

    All N rows may set the scale, and drop what stands in one row only: features are what sender and receiver of the
    code share from the start.

    Raises:
        MeasureError: for an unknown probe, features of another shape, none, or one that is not finite.
        MissingExtraError: scikit-learn is not installed.
    """
    if not isinstance(probe, str) or probe not in PROBES:
        raise MeasureError(f"no probe {shown(probe)}{suggestion(str(probe), PROBES)}")
    matrix = checked_matrix(features)
    try:
        from sklearn.preprocessing import MaxAbsScaler, StandardScaler
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "train") from error

    if hasattr(matrix, "getnnz"):
        shared = np.flatnonzero(matrix.getnnz(axis=0) > 1)
        matrix = MaxAbsScaler().fit_transform(matrix[:, shared if len(shared) else [0]])
        if probe == "linear":
            return matrix
        matrix = np.asarray((matrix @ _sketch(matrix.shape[1])).todense())
    return np.asarray(StandardScaler().fit_transform(matrix))


def checked_matrix(features: "ArrayLike | csr_matrix") -> "Matrix":
    """Finite numbers (N, F), dense or in compressed sparse rows.

    Raises:
        MeasureError: for anything else.
    """
    from scipy.sparse import csr_matrix, issparse

    matrix: Any
    try:
        matrix = (
            csr_matrix(features, dtype=np.float64) if issparse(features) else np.asarray(features, np.float64)
        )
    except (TypeError, ValueError) as error:
        raise MeasureError(f"features are not a matrix of numbers: {error}") from error
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise MeasureError(f"features of shape {matrix.shape}; (rows, features) is needed, neither 0")
    if not np.all(np.isfinite(matrix.data if issparse(matrix) else matrix)):
        raise MeasureError("a feature is not finite; drop it, or fill it with a number")
    return matrix


def _strongest(seen: "Matrix", labels: IntArray, most: int) -> IntArray:
    """The `most` columns that correlate most with the past labels, the strongest first."""
    centred = labels - labels.mean()
    sums = np.asarray(seen.sum(axis=0)).ravel()
    squares = seen.multiply(seen) if hasattr(seen, "multiply") else seen * seen
    spread = np.asarray(squares.sum(axis=0)).ravel() - sums**2 / len(labels)
    score = np.abs(seen.T @ centred) / np.sqrt(np.maximum(spread, 1e-9))
    return np.argsort(-score, kind="stable")[:most]


def _fitted(model: Any, seen: "Matrix", labels: IntArray, unseen: "Matrix") -> FloatArray | None:
    """Probabilities of label 1; None where the fit breaks down."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # an unconverged probe still gives probabilities, and is judged by them
        try:
            found: FloatArray = model.fit(seen, labels).predict_proba(unseen)[:, 1]
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return None
    return found if np.all(np.isfinite(found)) else None


def _sketch(columns: int) -> "csr_matrix":
    """A projection (columns, 256) that adds each column, with a sign, to one of 256: the same in every process."""
    from scipy.sparse import csr_matrix

    mixed = np.arange(columns, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    places = (mixed >> np.uint64(40)) % np.uint64(_PROJECTED)
    signs = np.where(mixed >> np.uint64(63), 1.0, -1.0)
    return csr_matrix((signs, (np.arange(columns), places.astype(np.int64))), shape=(columns, _PROJECTED))
