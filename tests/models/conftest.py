"""Numbers of other people's programs on inputs that a formula makes, where the machine has them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

ORACLES = Path(__file__).resolve().parents[3] / "shared" / "oracles"


@dataclass(frozen=True)
class Oracle:
    """One program's numbers.

    Attributes:
        recipe: Makes weights, tensors and pictures by name.
        keys: Shape and type by the state dict's names.
        facts: ``oracle.json``.
        arrays: ``oracle.npz``.
    """

    recipe: ModuleType
    keys: dict[str, tuple[tuple[int, ...], str]]
    facts: dict[str, Any]
    arrays: Any

    def weights(self, prefix: str = "") -> dict[str, torch.Tensor]:
        """The state dict of the entries that begin with ``prefix``, which is cut off."""
        return {
            key.removeprefix(prefix): torch.from_numpy(np.asarray(self.recipe.weight(key, *entry)))
            for key, entry in self.keys.items()
            if key.startswith(prefix)
        }

    def tensor(self, name: str, shape: tuple[int, ...], *limits: float) -> torch.Tensor:
        """An input tensor in double precision."""
        return torch.from_numpy(self.recipe.tensor(name, shape, *limits)).double()

    def off(self, name: str, found: Any) -> float:
        """The largest difference from the samples the oracle holds of an array."""
        values = np.asarray(found).reshape(-1)[self.arrays[f"{name}.index"]]
        return float(np.abs(values - self.arrays[f"{name}.value"]).max())


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], Oracle]:
    """Opens an oracle by its folder's name."""

    def open_oracle(name: str) -> Oracle:
        folder = ORACLES / name
        if not folder.is_dir():
            pytest.skip(f"no numbers of other programs here (oracles/{name} is absent)")
        spec = importlib.util.spec_from_file_location("recipe", ORACLES / "srpose" / "recipe.py")
        assert spec is not None
        assert spec.loader is not None
        recipe = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(recipe)
        keys = json.loads((folder / "keys.json").read_text(encoding="utf-8"))
        facts = json.loads((folder / "oracle.json").read_text(encoding="utf-8"))
        entries = {key: (tuple(shape), kind) for key, (shape, kind) in keys.items()}
        return Oracle(recipe, entries, facts, np.load(folder / "oracle.npz"))

    return open_oracle
