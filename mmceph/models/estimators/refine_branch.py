"""A second look at the difficult landmarks, in crops of a finer image around the base's points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import all_gather_object
from torch import Tensor, nn

from mmceph.errors import MmcephError
from mmceph.functional.crops import cut_crops, random_transforms, rotations, to_offsets
from mmceph.registry import MODELS

from .landmark_subset import put_predictions

# Well within what the crops are turned and zoomed by in training.
_TURN, _ZOOM = 8.0, 1.12


class RefineBranch(nn.Module):
    """The trained part of ``strategy="exact"``, ``branch="refine"``.

    In training each crop lies around the base's prediction plus a random shift, turned and zoomed
    at random; the base predicts every training image once and its points are kept, in a run of
    several processes for all of them (:meth:`share_between_processes`). In prediction
    nine views (the middle one, four shifted, two turned, two zoomed) are averaged, and the less
    they agree the more the base's own point counts: the two are weighed by the inverse of their
    variances, the base's being ``base_error`` squared.

    The random numbers are torch's own, so a seeded run repeats itself.

    Args:
        base: The frozen estimator.
        index: The difficult landmarks among the base's.
        network: Config of the network, by default ``CropRefineHead`` as it is.
        jitter: Standard deviation of the random shift, in px of the fine image.
        rotation: Largest random turn either way, degrees.
        scale: Largest random zoom either way, as a factor.
        gamma: Standard deviation of the random exposure, of the logarithm of its gamma.
        noise: Largest standard deviation of the random noise, against the crop's own spread.
        shift: How far the shifted views lie off the middle, in px of the fine image.
        base_error: How far off the base's points are taken to be, in px of the fine image; None
            leaves the base's points out of the result.
    """

    needs_fine_image = True

    def __init__(
        self,
        base: nn.Module,
        index: Sequence[int],
        network: Mapping[str, Any] | None = None,
        jitter: float = 8.0,
        rotation: float = 15.0,
        scale: float = 1.2,
        gamma: float = 0.2,
        noise: float = 0.1,
        shift: float = 5.0,
        base_error: float | None = 3.0,
    ) -> None:
        super().__init__()
        if min(jitter, rotation, gamma, noise, shift, base_error or 0) < 0 or scale < 1:
            raise MmcephError(
                "DifficultLandmarkEstimator: refine's jitter, rotation, gamma, noise, shift and "
                "base_error must not be negative and scale at least 1"
            )
        self.index = tuple(index)
        self._base: tuple[Any, ...] = (base,)  # not a submodule: its weights must not appear twice
        self.network = MODELS.build(
            {"type": "CropRefineHead", **(network or {}), "num_landmarks": len(self.index)}
        )
        self.jitter = jitter
        self.rotation = rotation
        self.scale = scale
        self.gamma = gamma
        self.noise = noise
        self.shift = shift
        self.base_error = base_error
        self._predicted: dict[str, np.ndarray] = {}
        self._unshared: set[str] = set()

    def loss(self, images: Tensor, samples: Sequence[Any]) -> dict[str, Tensor]:
        """The network's loss on randomly placed crops; ``images`` are the base's inputs."""
        size = self.network.crop_size
        count = len(self.index)
        crops, offsets, weights = [], [], []
        for sample, expected in zip(samples, self._expected(images, samples), strict=True):
            fine = _fine_image(sample)
            truth, visible = _truth(sample, self.index)
            centers = _to_fine(expected, sample).to(fine.device)
            centers = centers + torch.randn(count, 2).to(fine.device) * self.jitter
            turns = random_transforms(count, self.rotation, self.scale, device=fine.device)
            crops.append(cut_crops(fine, centers, turns, size))
            offset = to_offsets(_to_fine(truth, sample).to(fine.device), centers, turns)
            offsets.append(offset)
            inside = (offset.abs() < size / 2 - 2).all(dim=1)
            weights.append(inside * torch.from_numpy(visible).to(fine.device))
        which = torch.arange(count, device=crops[0].device).repeat(len(crops))
        maps = self.network(self._disturbed(torch.cat(crops)), which)
        return {"loss_kpt": self.network.loss(maps, torch.cat(offsets), torch.cat(weights).float())}

    def _disturbed(self, crops: Tensor) -> Tensor:
        """Other exposures, which a crop's own mean and spread do not undo, and some noise."""
        gamma = torch.exp(torch.randn(len(crops), 1, 1, 1) * self.gamma).to(crops.device)
        bent = 255 * (crops / 255).clamp(0, 1) ** gamma
        amount = torch.rand(len(crops), 1, 1, 1).to(crops.device) * self.noise
        return bent + torch.randn_like(crops) * bent.std(dim=(1, 2, 3), keepdim=True) * amount

    def _expected(self, images: Tensor, samples: Sequence[Any]) -> list[np.ndarray]:
        """The base's difficult landmarks (n, 2) in px of the originals, each image once."""
        keys = [_key(sample) for sample in samples]
        missing = [i for i, key in enumerate(keys) if key is None or key not in self._predicted]
        fresh: dict[int, np.ndarray] = {}
        if missing:
            base = self._base[0]
            chosen = [samples[i].new() for i in missing]
            with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
                predicted = base.predict(images[missing], chosen)
            for i, sample in zip(missing, predicted, strict=True):
                fresh[i] = _points(sample)[list(self.index)]
                if keys[i] is not None:
                    self._predicted[str(keys[i])] = fresh[i]
                    self._unshared.add(str(keys[i]))
        return [fresh[i] if i in fresh else self._predicted[str(keys[i])] for i in range(len(keys))]

    def predict(self, images: Tensor, samples: Sequence[Any]) -> Sequence[Any]:
        """The base's predictions, those of the difficult landmarks refined."""
        samples = self._base[0].predict(images, samples)
        for sample in samples:
            points, scores = self._refined(sample)
            put_predictions(sample, self.index, points, scores)
            sample.pop("fine_image")  # whatever keeps the predictions need not keep the image
        return samples

    def _refined(self, sample: Any) -> tuple[np.ndarray, np.ndarray]:
        """Refined points (n, 2) in px of the original, and their scores (n,)."""
        fine = _fine_image(sample)
        count = len(self.index)
        middle = _to_fine(_points(sample)[list(self.index)], sample).to(fine.device)
        steps, transforms = _views(self.shift, fine.device)
        centers = (middle[None] + steps[:, None]).flatten(0, 1)
        transforms = transforms.repeat_interleave(count, dim=0)
        which = torch.arange(count, device=fine.device).repeat(len(steps))
        maps = self.network(cut_crops(fine, centers, transforms, self.network.crop_size), which)
        offsets, scores = self.network.decode(maps)
        moved = torch.einsum("nij,nj->ni", transforms, offsets)
        views = (centers + moved).view(len(steps), count, 2)
        found = views.mean(dim=0)
        if self.base_error is not None:
            variance = ((views - found) ** 2).sum(dim=-1).mean(dim=0)
            share = self.base_error**2 / (self.base_error**2 + variance).clamp_min(1e-9)
            found = middle + share.unsqueeze(-1) * (found - middle)
        return _from_fine(found, sample), scores.view(len(steps), count).mean(dim=0).cpu().numpy()

    def share_between_processes(self) -> None:
        """Give the base's new points to the other processes, and take theirs; all must call it.

        In the next epoch an image may be another process's.
        """
        mine = {key: self._predicted[key] for key in sorted(self._unshared)}
        for theirs in all_gather_object(mine):
            self._predicted.update(theirs)
        self._unshared.clear()

    def forget(self) -> None:
        """Drop the points of the base's former weights."""
        self._predicted.clear()
        self._unshared.clear()

    def start_state(self, base: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights to start from: the network's own random ones."""
        return {name: value.clone() for name, value in self.state_dict().items()}


def _views(shift: float, device: torch.device) -> tuple[Tensor, Tensor]:
    """Steps off the middle (9, 2) and transforms (9, 2, 2) of the views averaged in prediction."""
    steps = torch.zeros(9, 2, device=device)
    steps[1:5] = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * shift
    angles, zooms = torch.zeros(9, device=device), torch.ones(9, device=device)
    angles[5], angles[6] = _TURN, -_TURN
    zooms[7], zooms[8] = _ZOOM, 1 / _ZOOM
    return steps, rotations(angles * (torch.pi / 180), zooms)


def _fine_image(sample: Any) -> Tensor:
    fine = sample.get("fine_image")
    if fine is None:
        raise MmcephError(
            "DifficultLandmarkEstimator: branch='refine' needs the fine image: put KeepFineImage "
            "before TopdownAffine and PackFineInputs at the end of every pipeline"
        )
    return fine


def _key(sample: Any) -> str | None:
    path = sample.metainfo.get("img_path")
    return None if path is None else f"{path}|{bool(sample.metainfo.get('flip'))}"


def _points(sample: Any) -> np.ndarray:
    return np.asarray(sample.pred_instances.keypoints, np.float64)[0, :, :2]


def _truth(sample: Any, index: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The annotated points (n, 2) in px of the original and whether each is visible (n,)."""
    truth = sample.gt_instances
    visible = np.asarray(truth.keypoints_visible)[0]
    visible = visible if visible.ndim == 1 else visible[:, 0]
    rows = list(index)
    return np.asarray(truth.keypoints, np.float64)[0, rows, :2], visible[rows] > 0


def _to_fine(points: np.ndarray, sample: Any) -> Tensor:
    """Px of the original -> px of the fine image; resizing keeps the corners, not the centres."""
    scale = np.asarray(sample.metainfo["fine_scale"], np.float64)
    return torch.from_numpy((points + 0.5) * scale - 0.5).float()


def _from_fine(points: Tensor, sample: Any) -> np.ndarray:
    scale = np.asarray(sample.metainfo["fine_scale"], np.float64)
    return (points.cpu().numpy().astype(np.float64) + 0.5) / scale - 0.5
