"""A landmark list put everywhere a config speaks of landmarks, and whether a config agrees."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.engine.data_landmarks import is_ceph_dataset, landmark_names_of
from mmceph.engine.overrides import DATALOADERS, ConfigError, innermost_datasets, nested_dicts
from mmceph.landmarks import LandmarkSet, as_config, describe_landmarks, landmarks_flag
from mmceph.registry import MODELS

MASKING = ("MaskedKeypointLoss", "TeacherHeldLoss", "DifficultLandmarkEstimator")
_EVALUATORS = ("val_evaluator", "test_evaluator")


def set_landmarks(cfg: Config, chosen: LandmarkSet) -> None:
    """Let data sets, head, losses and metrics of a config be about these landmarks.

    Args:
        cfg: The config, changed in place.
        chosen: The landmarks, in the order of the head's channels.

    Raises:
        ConfigError: A data set has landmarks of its own, the head finds others, or the config
            trains difficult landmarks and none of them is in the list.
    """
    for loader in DATALOADERS:
        if cfg.get(loader) is None:
            continue
        ours = [node for node in nested_dicts(cfg[loader].dataset) if is_ceph_dataset(node)]
        if not ours:
            kind = next(innermost_datasets(cfg, (loader,))).get("type")
            raise ConfigError(
                f"--landmarks: {loader} reads a {kind}, which has landmarks of its own; let it "
                "read a CephDataset"
            )
        for node in ours:
            node["landmark_set"] = as_config(chosen)
            node.pop("metainfo", None)
    head = head_of(cfg)
    if channel_key(head) is None and fixed_landmarks(head) is None:
        raise ConfigError(
            f"--landmarks: the head {_type(head)} does not say how many landmarks it finds; set it "
            "in the config"
        )
    fit_model(cfg, chosen)
    for name in _EVALUATORS:
        for node in nested_dicts(cfg.get(name)):
            if _type(node) == "CephMetric" and node.get("difficult") is not None:
                node["difficult"] = list(_difficult(node["difficult"], chosen))
    print_log(describe_landmarks(chosen), "current")


def fit_model(cfg: Config, chosen: LandmarkSet) -> None:
    """Give the head a channel per landmark, and whatever masks landmarks the list.

    Raises:
        ConfigError: As for :func:`set_landmarks`.
    """
    head = head_of(cfg)
    fixed = fixed_landmarks(head)
    if fixed is not None and fixed != chosen.names:
        raise ConfigError(
            f"--landmarks: {_type(head)} finds {' and '.join(fixed)} and nothing else; take the "
            "config of a landmark model, configs/isbi2015/resnet18_pyramid_320x400.py for one"
        )
    key = channel_key(head)
    if key is not None:
        head[key] = len(chosen) * _maps_a_landmark(head)
    for node in nested_dicts(cfg.model):
        if _type(node) in MASKING:
            _fit_masking(node, chosen)


def check_landmarks(cfg: Config, loaders: Sequence[str]) -> None:
    """See that the head has a channel for each landmark of the data sets.

    Args:
        cfg: A config.
        loaders: The loaders to look at, of those the config has.

    Raises:
        ConfigError: They do not agree; the message says which flag makes them.
    """
    head = head_of(cfg)
    first: tuple[str, tuple[str, ...]] | None = None
    for loader in loaders:
        for node in innermost_datasets(cfg, (loader,)):
            names = landmark_names_of(node)
            if names is None:
                continue
            _check_head(head, loader, names)
            if first is not None and first[1] != names:
                raise ConfigError(
                    f"{first[0]} has the landmarks {_shown(first[1])}, {loader} has "
                    f"{_shown(names)}: let them agree; {_hint(names)}"
                )
            first = first or (loader, names)


def _check_head(head: dict[str, Any], loader: str, names: tuple[str, ...]) -> None:
    fixed = fixed_landmarks(head)
    if fixed is not None:
        if fixed != names:
            raise ConfigError(
                f"{_type(head)} finds {' and '.join(fixed)} and nothing else, {loader} has the "
                f"landmarks {_shown(names)}: let it read a RulerDataset"
            )
        return
    channels = _channels(head)
    if channels is None or channels == len(names) * _maps_a_landmark(head):
        return
    raise ConfigError(
        f"the head has {channels} channels (model.head.{channel_key(head)}), but {loader} has "
        f"{len(names)} landmarks ({_shown(names)}): {_hint(names)}"
    )


def _hint(names: tuple[str, ...]) -> str:
    return f"{landmarks_flag(LandmarkSet('data', names))} sets head, data sets and report"


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f", ... {len(names)} in all" if len(names) > 8 else "")


def head_of(cfg: Config) -> dict[str, Any]:
    """The config of the head that draws the maps; empty where there is none."""
    model = cfg.model.get("base") or cfg.model
    head = model.get("head") or {}
    # VisPredictHead is around the head that finds the points.
    return head.get("pose_cfg") or head


def fixed_landmarks(head: dict[str, Any]) -> tuple[str, ...] | None:
    """What the head finds whatever it is told, as that of the ruler does; None for others."""
    fixed = getattr(_model_class(head), "LANDMARKS", None)
    return None if fixed is None else tuple(fixed)


def channel_key(head: dict[str, Any]) -> str | None:
    """What the head's number of landmarks is called."""
    cls = _model_class(head)
    arguments = inspect.signature(cls).parameters if isinstance(cls, type) else {}
    return next((k for k in ("out_channels", "num_joints") if k in head or k in arguments), None)


def _channels(head: dict[str, Any]) -> int | None:
    key = channel_key(head)
    if key is None:
        return None
    if key in head:
        return int(head[key])
    default = inspect.signature(_model_class(head)).parameters[key].default
    return default if isinstance(default, int) else None


def _maps_a_landmark(head: dict[str, Any]) -> int:
    """Channels per landmark: UDP's combined maps are a map and two offsets."""
    return 3 if (head.get("decoder") or {}).get("heatmap_type") == "combined" else 1


def _fit_masking(node: dict[str, Any], chosen: LandmarkSet) -> None:
    node["landmark_set"] = as_config(chosen)
    if not isinstance(node.get("landmarks"), str):  # "auto" takes them from a report
        wanted = list(node.get("landmarks") or ())
        kept = _difficult(wanted, chosen)
        if not kept:
            raise ConfigError(
                f"--landmarks: the config's {_type(node)} is for difficult landmarks, and none of "
                f"{', '.join(wanted)} is in the list: name them in a file, "
                '{"landmarks": [...], "difficult": [...]}'
            )
        node["landmarks"] = list(kept)
    if node.get("weights"):
        node["weights"] = {n: w for n, w in node["weights"].items() if chosen.find(n)}


def _difficult(configured: Sequence[str], chosen: LandmarkSet) -> tuple[str, ...]:
    """The difficult landmarks of one's own list, else those of the config's that are in the list.

    A set that mmceph knows has some as well, but a config that names others is minded.
    """
    own = chosen.difficult if isinstance(as_config(chosen), dict) else ()
    found = (chosen.find(name) for name in configured)
    return own or tuple(name for name in found if name is not None) or chosen.difficult


def _model_class(node: dict[str, Any]) -> Any:
    kind = node.get("type")
    return MODELS.get(kind) if isinstance(kind, str) else kind


def _type(node: dict[str, Any]) -> str:
    kind = node.get("type")
    return getattr(kind, "__name__", str(kind)).split(".")[-1]
