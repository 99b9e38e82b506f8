"""A config and a checkpoint, made ready to predict with."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope

from mmceph.apis.device import choose_device
from mmceph.checkpoints import CheckpointError, load_checkpoint
from mmceph.checkpoints.for_mmengine import open_for_mmengine
from mmceph.engine.checkpoint_landmarks import landmarks_of_checkpoint
from mmceph.engine.config import load_config
from mmceph.engine.config_errors import clear_missing_parts
from mmceph.engine.data_landmarks import landmark_names_of
from mmceph.engine.landmark_list import fit_model
from mmceph.engine.overrides import ConfigError
from mmceph.io import sha256_of
from mmceph.landmarks import LandmarkSet, as_landmark_set, parse_landmarks
from mmceph.pose import Compose, parse_pose_metainfo
from mmceph.registry import DATASETS, MODELS, TRANSFORMS

_LOADERS = ("test_dataloader", "val_dataloader")


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """What predicting needs.

    Attributes:
        model: The estimator, in evaluation mode, on its device.
        pipeline: The config's own test (else validation) pipeline.
        names: Landmark names in the order of the model's points.
        metainfo: What a data set would tell the pipeline of its key points.
        device: Where the model is.
        made_with: Config, checkpoint and its digest, for result files.
    """

    model: torch.nn.Module
    pipeline: Compose
    names: tuple[str, ...]
    metainfo: dict[str, Any]
    device: torch.device
    made_with: dict[str, Any]


def load_model(
    config: str | Path | Config,
    checkpoint: str | Path,
    *,
    device: str | None = None,
    landmark_set: str | Sequence[str] | LandmarkSet | None = None,
    cfg_options: dict[str, Any] | None = None,
    require_mmpose: bool = False,
    trust: bool = False,
) -> LoadedModel:
    """Build a config's model and pipeline and load the weights.

    Args:
        config: A config of ours or of MMPose, or its path.
        checkpoint: The weights; they must be all there.
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``; None: a GPU where there is one.
        landmark_set: Names of the model's points (a list, a known set, or text as ``--landmarks``
            takes it), where neither checkpoint nor config tells them or their names are wrong. The
            head gets a channel for each.
        cfg_options: Settings merged over the config.
        require_mmpose: No fallback.
        trust: Unpickle anything the checkpoint holds.

    Raises:
        ConfigError: The config has no model or pipeline, or does not say what its points are.
        CheckpointError: The weights are missing, damaged, refused, or of another model.
        MmcephError: The device is not there.
    """
    where = choose_device(device)
    if isinstance(config, Config):
        cfg, source = config, config.filename or "the config"
    else:
        cfg, source = load_config(config, cfg_options, require_mmpose=require_mmpose), str(config)
    open_for_mmengine(trust=trust)  # what the config's parts load by themselves, too
    content = load_checkpoint(checkpoint, trust=trust)
    chosen = _chosen(landmark_set)
    cfg = _fitted(cfg, chosen or landmarks_of_checkpoint(content), forced=chosen is not None)
    init_default_scope(cfg.get("default_scope") or "mmceph")
    with clear_missing_parts():
        model = revert_sync_batchnorm(MODELS.build(cfg.model))
        dataset = _dataset(cfg, source)
        pipeline = Compose([_build_step(step) for step in dataset["pipeline"]])
        metainfo = _metainfo(content, cfg, chosen)
    if metainfo is None:
        raise ConfigError(
            f"{source}: neither checkpoint nor config says what the points are; give --landmarks"
        )
    _load_weights(model, content, checkpoint)
    made_with = {
        "config": Path(source).name,
        "checkpoint": Path(checkpoint).name,
        "checkpoint_sha256": sha256_of(checkpoint),
    }
    names = tuple(metainfo["keypoint_id2name"][i] for i in range(metainfo["num_keypoints"]))
    model.to(where).eval()
    return LoadedModel(model, pipeline, names, metainfo, where, made_with)


def _chosen(given: str | Sequence[str] | LandmarkSet | None) -> LandmarkSet | None:
    if given is None:
        return None
    return parse_landmarks(given) if isinstance(given, str) else as_landmark_set(given)


def _fitted(cfg: Config, chosen: LandmarkSet | None, *, forced: bool) -> Config:
    """A config whose head has the channels of these landmarks.

    Args:
        cfg: The config, which is left as it is.
        chosen: The landmarks, where they are known.
        forced: They were asked for; those of a checkpoint change only what does not fit.
    """
    names = next(filter(None, map(landmark_names_of, _datasets(cfg, _LOADERS))), None)
    if chosen is None or (not forced and names == chosen.names):
        return cfg
    cfg = copy.deepcopy(cfg)
    fit_model(cfg, chosen)
    return cfg


def _build_step(step: Any) -> Any:
    return TRANSFORMS.build(step) if isinstance(step, dict) else step


def _datasets(cfg: Config, loaders: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The data-set configs of these loaders, wrapped ones included, outermost first."""
    for loader in loaders:
        dataset = (cfg.get(loader) or {}).get("dataset")
        while dataset:
            yield dataset
            inner = dataset.get("dataset") or dataset.get("datasets")
            dataset = inner[0] if isinstance(inner, (list, tuple)) else inner


def _dataset(cfg: Config, source: str) -> Mapping[str, Any]:
    for dataset in _datasets(cfg, _LOADERS):
        if dataset.get("pipeline"):
            return dataset
    raise ConfigError(f"{source}: has no test_dataloader or val_dataloader with a pipeline")


def _metainfo(
    checkpoint: Mapping[str, Any], cfg: Config, chosen: LandmarkSet | None
) -> dict[str, Any] | None:
    """Parsed metainfo: as asked for, else of the checkpoint, else of the config's data sets."""
    if chosen is not None:
        return dict(parse_pose_metainfo(chosen.metainfo()))
    saved = (checkpoint.get("meta") or {}).get("dataset_meta") or {}
    if "keypoint_id2name" in saved:
        return dict(saved)
    for dataset in _datasets(cfg, (*_LOADERS, "train_dataloader")):
        if dataset.get("landmark_set"):
            return dict(parse_pose_metainfo(as_landmark_set(dataset["landmark_set"]).metainfo()))
        if dataset.get("metainfo"):
            return dict(parse_pose_metainfo(dict(dataset["metainfo"])))
        kind = DATASETS.get(dataset["type"]) if isinstance(dataset["type"], str) else None
        if own := getattr(kind, "LANDMARK_SET", None):
            return dict(parse_pose_metainfo(as_landmark_set(own).metainfo()))
        if own := getattr(kind, "METAINFO", None):
            return dict(parse_pose_metainfo(own))
    return None


def _load_weights(
    model: torch.nn.Module, content: Mapping[str, Any], checkpoint: str | Path
) -> None:
    """Load all weights; a half random model's points look like any others."""
    state = content["state_dict"]
    if any(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): value for name, value in state.items()}
    try:
        # Not strict, since a checkpoint may hold more than the model: an averaged copy, say.
        missing = model.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        missing = [line.strip() for line in str(error).splitlines()[1:]]
        wrong = f"weights of another shape ({missing[0] if missing else error})"
    else:
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        wrong = f"{len(missing)} weights are missing ({', '.join(missing[:3])}, ...)"
    if missing:
        raise CheckpointError(
            f"{checkpoint}: does not fit the config: {wrong}; was it trained with this config, in "
            "the same mode (MMPose or fallback)?"
        )
