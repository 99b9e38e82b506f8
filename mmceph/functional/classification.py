"""How often a class is told rightly, every class counting the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, count: int) -> NDArray[np.int64]:
    """Count how often each true class was called what.

    Args:
        truth: True classes, 1 to ``count``, of any shape; 0 where there is none.
        predicted: Predicted classes, same shape.
        count: How many classes there are.

    Returns:
        Shape (count, count), true classes in rows; pairs with a 0 are left out.

    Raises:
        ValueError: The shapes differ, or a class is out of range.

    Example:
        >>> confusion_matrix([1, 1, 2, 0], [1, 2, 2, 1], 2)
        array([[1, 1],
               [0, 1]])
    """
    rows, columns = np.asarray(truth, np.int64), np.asarray(predicted, np.int64)
    if rows.shape != columns.shape:
        raise ValueError(f"truth has shape {rows.shape}, predicted {columns.shape}")
    both = np.concatenate([rows.ravel(), columns.ravel()])
    if bool(((both < 0) | (both > count)).any()):
        raise ValueError(f"classes must be 0 to {count}, got {sorted(set(both.tolist()))}")
    known = (rows > 0) & (columns > 0)
    matrix: NDArray[np.int64] = np.zeros((count, count), np.int64)
    np.add.at(matrix, (rows[known] - 1, columns[known] - 1), 1)
    return matrix


def success_classification_rate(confusion: ArrayLike) -> float:
    """Mean of the diagonal of the row-normalised confusion matrix (the ISBI challenges' SCR).

    Args:
        confusion: Counts, true classes in rows.

    Returns:
        0 to 100, over the classes that occur in the truth; NaN where none does.

    Example:
        >>> success_classification_rate([[3, 1, 0], [1, 1, 0], [0, 0, 0]])
        62.5
    """
    counts = np.asarray(confusion, np.float64)
    totals = counts.sum(axis=1)
    occurring = totals > 0
    if not bool(occurring.any()):
        return float("nan")
    return 100.0 * float((np.diag(counts)[occurring] / totals[occurring]).mean())
