"""The base class of the stand-in transforms."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any


class BaseTransform(metaclass=ABCMeta):
    """A step of a data pipeline: takes the results dict, changes it, gives it on.

    Stands in for ``mmcv.transforms.BaseTransform``.
    """

    def __call__(self, results: dict[str, Any]) -> Any:
        """Do :meth:`transform`."""
        return self.transform(results)

    @abstractmethod
    def transform(self, results: dict[str, Any]) -> dict[str, Any] | None:
        """Work on ``results``; None drops the sample and makes the dataset draw another."""
