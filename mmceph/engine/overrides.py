"""Command-line flags as what they are: settings of a config.

Every function changes the config in place, so that the config saved beside a run's results
tells the whole story.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.engine.fine_tuning import leave_freezing_to_the_hook, set_lr_mult
from mmceph.engine.labelstudio_annotations import is_labelstudio_export, use_labelstudio_export
from mmceph.engine.set_aside import moved_to
from mmceph.errors import MmcephError
from mmceph.io.text import ALL_IMAGES, read_json

LOSSES: dict[str, dict[str, Any]] = {
    "mse": {"type": "KeypointMSELoss", "use_target_weight": True},
    "adaptive_wing": {"type": "LandmarkAdaptiveWingLoss"},
    "cross_entropy": {"type": "SpatialCrossEntropyLoss"},
    # On heat-maps of height 1; at beta 1 smooth L1 would be half the squared error everywhere.
    "smooth_l1": {"type": "LandmarkSmoothL1Loss", "beta": 0.1},
    "wing": {"type": "LandmarkWingLoss", "omega": 0.5, "epsilon": 0.1},
}
DATALOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")


class ConfigError(MmcephError):
    """A config or a flag cannot be used as it stands."""


def nested_dicts(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every dict inside ``node``, itself first."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from nested_dicts(item)


def innermost_datasets(
    cfg: Config, loaders: tuple[str, ...] = DATALOADERS
) -> Iterator[dict[str, Any]]:
    """Yield the innermost data set of each loader, under wrappers such as RepeatDataset."""
    for loader in loaders:
        if cfg.get(loader) is None:
            continue
        dataset = cfg[loader].dataset
        while "dataset" in dataset:
            dataset = dataset.dataset
        yield dataset


def set_data_root(cfg: Config, data_root: str) -> None:
    """Read every data set under ``data_root``."""
    for dataset in innermost_datasets(cfg):
        dataset["data_root"] = data_root


def set_annotations(cfg: Config, loader: str, annotations: str) -> None:
    """Let one loader (``"train_dataloader"``, say) read the annotation file ``annotations``.

    A Label Studio export is converted on the fly.
    """
    if not Path(annotations).is_file():
        raise ConfigError(f"--annotations {annotations}: no such file")
    if is_labelstudio_export(annotations):
        datasets = {n: d for n in DATALOADERS for d in innermost_datasets(cfg, (n,))}
        use_labelstudio_export(cfg, datasets, loader, annotations)
        return
    for dataset in innermost_datasets(cfg, (loader,)):
        dataset["ann_file"] = str(Path(annotations).resolve())


def set_loss(cfg: Config, name: str) -> None:
    """Replace the head's loss by one of :data:`LOSSES`; under a mask, the masked loss."""
    if name not in LOSSES:
        raise ConfigError(f"--loss {name}: unknown; choose from {', '.join(LOSSES)}")
    model = cfg.model
    if trains_crops(model):
        # The network on the crops is what is trained, and its maps have no landmark dimension.
        refine = dict(model.get("refine") or {})
        refine["network"] = {**(refine.get("network") or {}), "loss": dict(LOSSES[name])}
        model["refine"] = refine
        return
    model = model.get("base", model)
    if "head" not in model:
        raise ConfigError("--loss: the config's model has no head")
    old = model.head.get("loss") or {}
    masked = str(old.get("type")).split(".")[-1] == "MaskedKeypointLoss"
    (old if masked else model.head)["base" if masked else "loss"] = dict(LOSSES[name])


def is_difficult(model: dict[str, Any]) -> bool:
    """Whether a model's config is that of a DifficultLandmarkEstimator."""
    return str(model.get("type")).split(".")[-1] == "DifficultLandmarkEstimator"


def _is_exact(model: dict[str, Any]) -> bool:
    return is_difficult(model) and model.get("strategy", "exact") == "exact"


def trains_crops(model: dict[str, Any]) -> bool:
    """Whether what is trained of it looks at crops, which need no heat-maps."""
    return _is_exact(model) and model.get("branch", "refine") == "refine"


def _hook(cfg: Config, kind: str) -> dict[str, Any]:
    """Find the custom hook of type ``kind``, with a scope or without, or add one."""
    for hook in cfg.get("custom_hooks") or []:
        if str(hook["type"]).split(".")[-1] == kind.split(".")[-1]:
            return hook
    cfg.custom_hooks = [*(cfg.get("custom_hooks") or []), {"type": kind}]
    return cfg.custom_hooks[-1]


def set_patience(cfg: Config, patience: int) -> None:
    """Stop early after ``patience`` validations without a better result."""
    if patience < 1:
        raise ConfigError(f"--patience {patience}: must be at least 1")
    hook = _hook(cfg, "EarlyStoppingHook")
    # mmengine cannot infer that a smaller MRE is better, and its min_delta of 0.1 mm is huge; at 0
    # an error that stays exactly as it is would count as a gain.
    hook.setdefault("monitor", cfg.default_hooks.checkpoint.get("save_best", "ceph/MRE"))
    hook.setdefault("rule", "less")
    hook.setdefault("min_delta", 1e-6)
    hook["patience"] = patience


def set_unfreeze_after(
    cfg: Config,
    epochs: int,
    backbone_lr_mult: float = 0.1,
    head_lr_mult: float | None = None,
) -> None:
    """Keep the backbone frozen for the first ``epochs`` epochs, then train it gently.

    Args:
        cfg: The config, changed in place.
        epochs: Epochs to keep it frozen; 0 trains it from the start.
        backbone_lr_mult: Factor on the backbone's learning rate.
        head_lr_mult: Factor on the head's; None leaves it.

    The factors go to ``optim_wrapper.paramwise_cfg.custom_keys``; what the config says there of
    backbone or head stays.
    """
    if epochs < 0:
        raise ConfigError(f"--unfreeze-after {epochs}: must not be negative")
    if _is_exact(cfg.model):
        raise ConfigError(
            "--unfreeze-after: with strategy='exact' the base stays frozen, which keeps its "
            "healthy landmarks; to train it along set model.strategy to 'masked' or 'distill'"
        )
    _hook(cfg, "UnfreezeBackboneHook")["epochs"] = epochs
    cfg.find_unused_parameters = True  # while frozen, the backbone gives no gradients
    leave_freezing_to_the_hook(cfg)
    for part, factor in (("backbone", backbone_lr_mult), ("head", head_lr_mult)):
        if factor is not None:
            set_lr_mult(cfg, part, factor)


def set_amp(cfg: Config) -> None:
    """Train in mixed precision where there is a GPU, else say so and stay in full precision."""
    if not torch.cuda.is_available():
        print_log(
            "mixed precision: no GPU here, so training goes on in full precision",
            logger="current",
            level=logging.WARNING,
        )
        return
    kind = cfg.optim_wrapper.get("type", "OptimWrapper")
    if kind not in ("OptimWrapper", "AmpOptimWrapper"):
        raise ConfigError(f"--amp: optim_wrapper of type {kind} cannot be made an AmpOptimWrapper")
    cfg.optim_wrapper["type"] = "AmpOptimWrapper"
    cfg.optim_wrapper.setdefault("loss_scale", "dynamic")


def select_best_by_px_without_spacing(cfg: Config) -> None:
    """Choose the best checkpoint by the error in px where no image has a known mm per px."""
    dataset = next(innermost_datasets(cfg, ("val_dataloader",)), None)
    if dataset is None or cfg.get("default_hooks") is None:
        return
    path = Path(dataset.get("data_root") or "", dataset.get("ann_file", ""))
    try:
        images = read_json(path, ALL_IMAGES)["images"]
        known = any(image.get("spacing") for image in images)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # the data set itself gives the error that names the file and the item
    if known:
        return
    for hook in [cfg.default_hooks.get("checkpoint"), *(cfg.get("custom_hooks") or [])]:
        for key in ("save_best", "monitor"):
            if hook and hook.get(key) == "ceph/MRE":
                hook[key] = "ceph/MRE_px"
                print_log(f"{path}: no mm per px; {hook['type']} goes by ceph/MRE_px", "current")


def set_start(cfg: Config, resume: str | None, load_from: str | None) -> None:
    """Choose where training starts: a resumed run, given weights, or what the config says."""
    if resume is not None and load_from is not None:
        raise ConfigError("--resume goes on with a run, --load-from starts a new one: give one")
    checkpoint = load_from if resume in (None, "auto") else resume
    if checkpoint is not None:
        if not Path(checkpoint).is_file():
            moved = moved_to(checkpoint)
            hint = f"; one of that name was moved to {moved[0]}" if moved else ""
            raise ConfigError(f"{checkpoint}: no such checkpoint{hint}")
        cfg.load_from = checkpoint
    if load_from is not None:
        cfg.resume = False  # a saved config may be that of a resumed run
    if load_from is not None and not adopts_base(cfg.model):
        _hook(cfg, "mmceph.PartialWeightsHook")
    if resume is not None:
        cfg.resume = True
        if resume == "auto":
            cfg.load_from = None
    if cfg.get("resume"):
        _hook(cfg, "mmceph.FollowScheduleHook")
        _hook(cfg, "mmceph.SameMetainfoHook")


def adopts_base(model: Any) -> bool:
    """Whether the model takes and checks its base's weights itself."""
    return str(model.get("type")).split(".")[-1] == "DifficultLandmarkEstimator"


def set_workers(cfg: Config, workers: int) -> None:
    """Load data in ``workers`` processes per data set, or in the main process with 0."""
    for loader in DATALOADERS:
        if cfg.get(loader) is not None:
            cfg[loader]["num_workers"] = workers
            cfg[loader]["persistent_workers"] = workers > 0
