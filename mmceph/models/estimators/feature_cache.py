"""What a frozen trunk computes of each image, kept for the next epochs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmceph.checkpoints import CheckpointError, load_content
from mmceph.errors import MmcephError
from mmceph.io import write_bytes_atomic

from .branch_point import Trunk

_KINDS = ("memory", "disk")
_TYPES = {"float32": torch.float32, "float16": torch.float16}


def make_feature_cache(config: Mapping[str, Any] | None) -> FeatureCache | None:
    """Build the cache a config asks for, e.g. ``dict(kind="memory")``; None for none."""
    return None if config is None else FeatureCache(**config)


class FeatureCache:
    """Trunk features by image, in memory or on disk.

    Right only where an image is the same in every epoch: what changes its box or its pixels, as
    rotation, exposure and noise do, is noticed and refused.

    Args:
        kind: ``"memory"``, or ``"disk"``: files in ``folder``, which belong to one base model
            and are removed by you. A run starts with what an earlier one left there.
        folder: Folder of the files.
        dtype: ``"float16"`` halves the space at a relative error of 1/2000, ``"float32"`` keeps
            all.

    Raises:
        MmcephError: An argument has an impossible value.
    """

    def __init__(
        self, kind: str = "memory", folder: str | None = None, dtype: str = "float16"
    ) -> None:
        if kind not in _KINDS or dtype not in _TYPES or (kind == "disk") != (folder is not None):
            raise MmcephError(
                "feature_cache: kind must be 'memory' or 'disk' (with a folder) and dtype "
                f"'float16' or 'float32', got kind={kind!r}, folder={folder!r}, dtype={dtype!r}"
            )
        self.kind = kind
        self.dtype = _TYPES[dtype]
        self._folder = None if folder is None else Path(folder)
        self._kept: dict[str, list[Tensor]] = {}
        self._views: dict[str, str] = {}
        self._fingerprint = ""

    @property
    def has_model(self) -> bool:
        """Whether :meth:`set_model` was called since the last :meth:`forget`."""
        return bool(self._fingerprint)

    def set_model(self, state: Mapping[str, Tensor]) -> None:
        """Tie the cache to the weights of the base; what other weights computed is not used."""
        digest = hashlib.sha256()
        for name in sorted(state):
            digest.update(name.encode())
            digest.update(state[name].detach().cpu().contiguous().view(-1).numpy().tobytes())
        self._fingerprint = digest.hexdigest()[:16]

    def forget(self) -> None:
        """Drop what is in memory and the tie to the base's weights; files stay."""
        self._fingerprint = ""
        self._kept.clear()
        self._views.clear()

    def fetch(
        self, images: Tensor, samples: Sequence[Any], compute: Callable[[Tensor], Trunk]
    ) -> Trunk:
        """The trunk's features of a batch; what is not there yet is computed and kept.

        Raises:
            MmcephError: An image came with another box or other pixels than before.
        """
        keys = [self._key(sample, image) for sample, image in zip(samples, images, strict=True)]
        found = [self._get(key) for key in keys]
        missing = [i for i, one in enumerate(found) if one is None]
        if missing:
            trunk = compute(images[missing])
            single = isinstance(trunk.inner, Tensor)
            parts = trunk.outputs if single else tuple(trunk.inner)
            for row, i in enumerate(missing):
                fresh = [part[row].detach().to(self.dtype).cpu() for part in parts]
                found[i] = [torch.tensor(single), *fresh]
                self._put(keys[i], [torch.tensor(single), *fresh])
        known = [one for one in found if one is not None]
        levels = zip(*(one[1:] for one in known), strict=True)
        feats = tuple(torch.stack(level).to(images.device, torch.float32) for level in levels)
        return Trunk(feats[-1], feats) if bool(known[0][0]) else Trunk(list(feats), feats)

    def _key(self, sample: Any, image: Tensor) -> str:
        meta = sample.metainfo
        name = str(meta.get("img_path") or meta.get("img_id"))
        view = repr(
            [
                np.round(np.ravel(meta.get(k, 0)), 3).tolist()
                for k in ("input_center", "input_scale", "input_size")
            ]
            + [hashlib.sha256(_thinned(image).tobytes()).hexdigest()]
        )
        if self._views.setdefault(name, view) != view:
            raise MmcephError(
                f"feature_cache: {name} came with another box or other pixels than before: take "
                "RandomBBoxTransform, RandomFlip, RandomExposure, RandomNoise and the like out of "
                "the training pipeline, or train without feature_cache"
            )
        return hashlib.sha256(f"{self._fingerprint}|{name}|{view}".encode()).hexdigest()[:32]

    def _get(self, key: str) -> list[Tensor] | None:
        if self._folder is None:
            return self._kept.get(key)
        path = self._folder / f"{key}.pt"
        if not path.is_file():
            return None
        try:
            found: list[Tensor] = load_content(path)
        except CheckpointError:
            return None  # cut short by a full disk, say: computed again
        return found

    def _put(self, key: str, features: list[Tensor]) -> None:
        if self._folder is None:
            self._kept[key] = features
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        torch.save(features, buffer)
        write_bytes_atomic(self._folder / f"{key}.pt", buffer.getvalue(), durable=False)


def _thinned(image: Tensor) -> np.ndarray:
    """Every eighth pixel along both axes: enough to tell one view of an image from another."""
    return image[..., ::8, ::8].detach().float().cpu().contiguous().numpy()
