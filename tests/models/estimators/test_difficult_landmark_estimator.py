from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmceph.checkpoints import load_checkpoint
from mmceph.engine.config import load_config
from mmceph.engine.flags import apply_train_flags
from mmceph.errors import MmcephError
from mmceph.landmarks import get_landmark_set
from mmceph.models.estimators.refine_branch import _views
from mmceph.registry import MODELS

ROOT = Path(__file__).resolve().parents[3]
SET = get_landmark_set("phantom31")
CHOSEN = ["Go", "Or", "PNS"]
ROWS = sorted(SET.index(name) for name in CHOSEN)
HEALTHY = [i for i in range(len(SET)) if i not in ROWS]
SIZE = (64, 96)
BOX = [
    {"type": "LoadImage", "color_type": "grayscale"},
    {"type": "GetBBoxCenterScale", "padding": 1.0},
]
WARP = {"type": "TopdownAffine", "input_size": SIZE}
FINE = [*BOX, {"type": "KeepFineImage", "input_size": SIZE}, WARP, {"type": "PackFineInputs"}]
VARIANTS = {
    "masked": {"strategy": "masked"},
    "distill": {"strategy": "distill"},
    "stage": {"strategy": "exact", "branch": "stage"},
    "cached": {"strategy": "exact", "branch": "stage", "feature_cache": {"kind": "memory"}},
    "refine": {"refine": {"network": {"crop_size": 32, "channels": 4}, "shift": 2.0}},
}
EXACT = ["stage", "cached", "refine"]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def config(variant: str | None, phantoms: Path, work_dir: Path, **flags) -> Config:
    """The quick start's config, small, as it is or around the variant of the estimator."""
    cfg = load_config(ROOT / "configs/phantom/resnet18_quickstart.py")
    if variant is not None:
        cfg.model = {
            "type": "DifficultLandmarkEstimator",
            "base": cfg.model,
            "landmarks": CHOSEN,
            "landmark_set": "phantom31",
            **copy.deepcopy(VARIANTS[variant]),
        }
    given = {"config": "c.py", "work_dir": str(work_dir), "data_root": str(phantoms)}
    small = {"image_size": (SIZE[1], SIZE[0]), "batch_size": 4, "workers": 0, "epochs": 1}
    # Mixed precision where there is a GPU; elsewhere --amp stays in full precision.
    apply_train_flags(cfg, {**given, **small, "warmup_epochs": 0, "amp": True, **flags})
    cfg.env_cfg.cudnn_benchmark = False  # it may choose another kernel, which rounds otherwise
    label = {"type": "GenerateTarget", "encoder": dict(cfg.codec)}
    pipeline = FINE if variant == "refine" else [*BOX, WARP, label, {"type": "PackPoseInputs"}]
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        cfg[loader].dataset.pipeline = pipeline
    cfg.train_cfg.val_interval = 1
    return cfg


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """An ordinary checkpoint: random weights do, and batch-norm statistics of their own."""
    folder = tmp_path_factory.mktemp("base")
    model = build(config(None, folder, folder).model)
    torch.manual_seed(3)
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            value.normal_(0, 0.1)
    path = folder / "base.pth"
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return path


def build(model: dict):
    torch.manual_seed(0)
    from mmengine.registry import DefaultScope

    DefaultScope.get_instance("estimator", scope_name="mmceph")
    return MODELS.build(copy.deepcopy(model))


def load(model, path: Path):
    model.load_state_dict(load_checkpoint(path)["state_dict"], strict=False)
    model.eval()
    # As ChannelsLastHook does in every run: another order of memory rounds otherwise.
    return model.to(memory_format=torch.channels_last).to(DEVICE)


def predict(model, cfg: Config) -> np.ndarray:
    """The points of the test images, (images, landmarks, 2 and the score)."""
    loader = Runner.build_dataloader(copy.deepcopy(cfg.test_dataloader))
    model.eval()
    found = []
    with torch.no_grad():
        for batch in loader:
            for sample in model.to(DEVICE).test_step(batch):
                one = sample.pred_instances
                found.append(np.c_[one.keypoints[0], one.keypoint_scores[0]])
    return np.array(found)


@pytest.mark.parametrize("variant", EXACT)
def test_healthy_predictions_stay_the_bases_to_the_last_bit(variant, base, phantoms, tmp_path):
    plain = predict(load(build(config(None, phantoms, tmp_path).model), base),
                    config(None, phantoms, tmp_path))  # fmt: skip
    first = config(variant, phantoms, tmp_path, load_from=str(base), lr=0.01)
    Runner.from_cfg(first).train()
    resumed = config(variant, phantoms, tmp_path, resume="auto", epochs=2, lr=0.01)
    runner = Runner.from_cfg(resumed)
    runner.train()
    assert runner.epoch == 2
    after = predict(runner.model, resumed)
    assert np.array_equal(after[:, HEALTHY], plain[:, HEALTHY])
    assert not np.array_equal(after[:, ROWS, :2], plain[:, ROWS, :2])

    # What was saved is all that is needed, and gives the same again.
    again = load(build(resumed.model), tmp_path / "epoch_2.pth")
    assert np.array_equal(predict(again, resumed), after)
    kept = load_checkpoint(base)["state_dict"]
    state = again.cpu().base.state_dict()
    assert all(torch.equal(state[name], weight) for name, weight in kept.items())


@pytest.mark.parametrize("variant", ["masked", "distill"])
def test_the_shared_strategies_change_the_healthy_ones_and_give_an_ordinary_model(
    variant, base, phantoms, tmp_path
):
    plain_cfg = config(None, phantoms, tmp_path)
    plain = predict(load(build(plain_cfg.model), base), plain_cfg)
    cfg = config(variant, phantoms, tmp_path, load_from=str(base), lr=0.01)
    runner = Runner.from_cfg(cfg)
    runner.train()
    after = predict(runner.model, cfg)
    assert not np.array_equal(after[:, HEALTHY], plain[:, HEALTHY])
    if variant == "distill":
        kept = load_checkpoint(base)["state_dict"]
        teacher = runner.model.cpu().teacher.state_dict()
        assert all(torch.equal(teacher[name], weight) for name, weight in kept.items())


def test_a_stage_branch_starts_as_the_base(base, phantoms, tmp_path):
    cfg = config("stage", phantoms, tmp_path)
    model = load(build(cfg.model), base)
    plain = predict(load(build(config(None, phantoms, tmp_path).model), base), cfg)
    assert np.allclose(predict(model, cfg), plain, atol=1e-3)


def test_flip_test_maps_and_stock_heads_are_served(base, phantoms, tmp_path):
    cfg = config("stage", phantoms, tmp_path)
    codec = {"type": "MSRAHeatmap", "input_size": SIZE, "heatmap_size": (16, 24), "sigma": 2.0}
    cfg.model.base.backbone = {
        "type": "TorchvisionResNet", "depth": 18, "in_channels": 1, "out_indices": (3,),
    }  # fmt: skip
    cfg.model.base.head = {
        "type": "HeatmapHead",
        "in_channels": 512,
        "out_channels": 31,
        "deconv_out_channels": (8, 8, 8),
        "deconv_kernel_sizes": (4, 4, 4),
        "loss": {"type": "KeypointMSELoss", "use_target_weight": True},
        "decoder": codec,
    }
    cfg.model.base.test_cfg = {"flip_test": True, "output_heatmaps": True}
    for loader in ("train_dataloader", "test_dataloader"):
        cfg[loader].dataset.pipeline = [
            *BOX, WARP, {"type": "GenerateTarget", "encoder": codec}, {"type": "PackPoseInputs"},
        ]  # fmt: skip
    model = build(cfg.model)
    plain = build(cfg.model.base)
    model.load_state_dict(plain.state_dict(), strict=False)
    loader = Runner.build_dataloader(copy.deepcopy(cfg.train_dataloader))
    batch = model.data_preprocessor(next(iter(loader)), True)
    model.train()
    losses = model(**batch, mode="loss")
    losses["loss_kpt"].backward()
    assert all(p.grad is None for p in model.base.parameters())
    trained = [p for p in model.branch.parameters() if p.grad is not None]
    assert len(trained) == len(list(model.branch.parameters()))
    with torch.no_grad():
        for parameter in trained:
            parameter -= 0.1 * parameter.grad.sign()
    assert np.array_equal(predict(model, cfg)[:, HEALTHY], predict(plain, cfg)[:, HEALTHY])
    batch = next(iter(Runner.build_dataloader(copy.deepcopy(cfg.test_dataloader))))
    model.eval()
    maps = model.test_step(copy.deepcopy(batch))[0].pred_fields.heatmaps
    plain.eval()
    with torch.no_grad():
        own = plain.test_step(copy.deepcopy(batch))[0].pred_fields.heatmaps
    assert torch.equal(maps[HEALTHY], own[HEALTHY])
    assert not torch.equal(maps[ROWS], own[ROWS])


def test_the_masked_strategy_has_the_masked_loss(base, phantoms, tmp_path):
    cfg = config("masked", phantoms, tmp_path)
    model = load(build(cfg.model), base)
    batch = next(iter(Runner.build_dataloader(copy.deepcopy(cfg.test_dataloader))))
    data = model.data_preprocessor(batch, True)
    model.train()
    got = model(**data, mode="loss")["loss_kpt"]
    feats = model.base.extract_feat(data["inputs"])
    maps = model.base.head.forward(feats)[:, ROWS]
    labels = torch.cat([s.gt_instance_labels.keypoint_labels for s in data["data_samples"]])
    target = model.base.head.decoder.draw(labels[:, ROWS])
    expected = MODELS.build({"type": "SpatialCrossEntropyLoss"})(maps, target)
    assert got.item() == pytest.approx(expected.item(), rel=1e-3)


def test_refining_predicts_each_training_image_once(base, phantoms, tmp_path):
    cfg = config("refine", phantoms, tmp_path)
    model = load(build(cfg.model), base)
    calls = []
    whole = model.base.predict
    model.base.predict = lambda images, samples: calls.append(len(images)) or whole(images, samples)
    data = model.data_preprocessor(
        next(iter(Runner.build_dataloader(copy.deepcopy(cfg.train_dataloader)))), True
    )
    for _ in range(3):
        model(**data, mode="loss")["loss_kpt"].backward()
    assert calls == [4]
    model.load_state_dict(model.state_dict())
    model(**data, mode="loss")
    assert calls == [4, 4]


def test_refined_points_follow_the_network(base, phantoms, tmp_path):
    """A network whose views agree on 3 px right of the base's point moves every point so far."""
    cfg = config("refine", phantoms, tmp_path)
    model = load(build(cfg.model), base)
    plain = predict(load(build(config(None, phantoms, tmp_path).model), base), cfg)
    steps, transforms = _views(2.0, torch.device("cpu"))
    wanted = torch.tensor([3.0, 0.0]) - steps
    offsets = torch.linalg.solve(transforms, wanted).repeat_interleave(len(ROWS), dim=0)
    model.branch.network.decode = lambda maps: (offsets, torch.full((len(maps),), 0.25))
    after = predict(model, cfg)
    sample = next(iter(Runner.build_dataloader(copy.deepcopy(cfg.test_dataloader))))
    scale = sample["data_samples"][0].metainfo["fine_scale"]
    moved = after[:, ROWS, :2] - plain[:, ROWS, :2]
    assert np.allclose(moved, [3 / scale[0], 0.0], atol=1e-3)
    assert np.allclose(after[:, ROWS, 2], 0.25)

    # Views that lie 3 px (root mean square) from their mean count as much as a base 3 px off.
    circle = torch.arange(9) * (2 * torch.pi / 9)
    around = wanted + 3 * torch.stack([circle.cos(), circle.sin()], dim=1)
    offsets = torch.linalg.solve(transforms, around).repeat_interleave(len(ROWS), dim=0)
    half = predict(model, cfg)[:, ROWS, :2] - plain[:, ROWS, :2]
    assert np.allclose(half, [1.5 / scale[0], 0.0], atol=1e-3)
    model.branch.base_error = None
    alone = predict(model, cfg)[:, ROWS, :2] - plain[:, ROWS, :2]
    assert np.allclose(alone, [3 / scale[0], 0.0], atol=1e-3)


def test_training_without_a_base_is_refused(phantoms, tmp_path):
    model = build(config("refine", phantoms, tmp_path).model)
    with pytest.raises(MmcephError, match="no trained base to start from"):
        model(torch.zeros(1, 1, 96, 64), [], mode="loss")


def test_a_checkpoint_that_does_not_fit_is_refused(base, phantoms, tmp_path):
    state = load_checkpoint(base)["state_dict"]
    model = build(config("stage", phantoms, tmp_path).model)
    small = {**state, "head.final_layer.bias": torch.zeros(5)}
    with pytest.raises(MmcephError, match=r"head.final_layer.bias has shape \(5,\)"):
        model.load_state_dict(small, strict=False)
    lacking = {name: w for name, w in state.items() if "layer4" not in name}
    with pytest.raises(MmcephError, match="is not in it"):
        model.load_state_dict(lacking, strict=False)
    other = build(config("refine", phantoms, tmp_path).model)
    with pytest.raises(MmcephError, match="another strategy"):
        other.load_state_dict(model.state_dict(), strict=False)


def test_a_checkpoint_of_other_landmarks_is_refused_and_their_order_does_not_matter(
    base, phantoms, tmp_path
):
    model = config("refine", phantoms, tmp_path).model
    state = load(build(model), base).state_dict()
    build({**model, "landmarks": CHOSEN[::-1]}).load_state_dict(state)
    other = build({**model, "landmarks": ["Go", "Or", "ANS"]})
    with pytest.raises(MmcephError, match="for the difficult landmarks Or, PNS, Go"):
        other.load_state_dict(state)


def test_refining_without_the_fine_image_is_explained(base, phantoms, tmp_path):
    model = load(build(config("refine", phantoms, tmp_path).model), base)
    plain = config("stage", phantoms, tmp_path)
    with pytest.raises(MmcephError, match="put KeepFineImage"):
        predict(model, plain)


def test_only_what_ends_in_the_bases_maps_is_exported(base, phantoms, tmp_path):
    from mmceph.deployment.exportable import as_module

    cfg = config("masked", phantoms, tmp_path)
    model = load(build(cfg.model), base)
    batch = next(iter(Runner.build_dataloader(copy.deepcopy(cfg.test_dataloader))))
    data = model.data_preprocessor(batch, False)
    with torch.no_grad():
        points, _ = as_module(model)(data["inputs"])
        feats = model.base.extract_feat(data["inputs"])
        expected = model.base.head.predict(feats, data["data_samples"])
    assert np.allclose(points[0].cpu().numpy(), expected[0].keypoints[0], atol=1e-3)
    with pytest.raises(MmcephError, match="export the base"):
        as_module(build(config("stage", phantoms, tmp_path).model))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"landmarks": ["Gonion?"]}, "Gonion"),
        ({"landmarks": ["Goo"]}, "Go"),
        ({"landmark_set": "isbi19"}, "19 landmarks of 'isbi19', got out_channels=31"),
        ({"strategy": "magic"}, "strategy 'magic' is none of masked, distill, exact"),
        ({"branch": "twig"}, "branch 'twig' is none of stage, refine"),
        ({"branch": "refine", "branch_at": "layer4"}, "branch_at belongs to branch='stage'"),
        ({"strategy": "masked", "refine": {}}, "refine belongs to branch='refine'"),
        ({"branch": "stage", "branch_at": "layer7"}, "no part 'layer7'"),
        ({"refine": {"jitter": -1}}, "must not be negative"),
    ],
)
def test_impossible_settings_are_named(change, message, phantoms, tmp_path):
    model = config("stage", phantoms, tmp_path).model
    model.pop("branch")
    with pytest.raises(MmcephError, match="DifficultLandmarkEstimator") as caught:
        build({**model, **change})
    assert message in str(caught.value)
