from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mmengine.registry
import pytest
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope, Registry

from mmceph import registry

ROOT = Path(__file__).resolve().parents[1]

STOCK_CONFIG = """
default_scope = "mmpose"
custom_imports = dict(imports=["mmceph"])
backbone = dict(type="mmceph.TorchvisionResNet", depth=18, out_indices=(0,))
stock = dict(type="HeatmapHead", in_channels=8, out_channels=2, deconv_out_channels=None,
             loss=dict(type="KeypointMSELoss"))
"""


def run_python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def registries(module: object) -> dict[str, Registry]:
    return {name: value for name, value in vars(module).items() if isinstance(value, Registry)}


def own_registries() -> dict[str, Registry]:
    return {n: r for n, r in registries(registry).items() if isinstance(r, registry.ChildRegistry)}


def test_every_registry_of_mmengine_has_a_child():
    renamed = {"EVALUATOR": "EVALUATORS"}
    expected = {renamed.get(name, name) for name in registries(mmengine.registry) if name.isupper()}
    assert expected <= set(own_registries())


@pytest.mark.mmpose
def test_every_registry_of_mmpose_is_the_parent_of_a_child_of_ours():
    import mmpose.registry

    theirs = {n: r for n, r in registries(mmpose.registry).items() if not n.startswith("MMENGINE")}
    assert len(theirs) >= 23
    for name, parent in theirs.items():
        assert getattr(registry, name).parent is parent, name


@pytest.mark.mmpose
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("MODELS", "HRNet"),
        ("DATASETS", "CocoDataset"),
        ("TRANSFORMS", "TopdownAffine"),
        ("KEYPOINT_CODECS", "SimCCLabel"),
        ("METRICS", "CocoMetric"),
        ("WEIGHT_INITIALIZERS", "Normal"),
        ("PARAM_SCHEDULERS", "ConstantLR"),
        ("HOOKS", "PoseVisualizationHook"),
        ("OPTIM_WRAPPER_CONSTRUCTORS", "LayerDecayOptimWrapperConstructor"),
        ("DATA_SAMPLERS", "MultiSourceSampler"),
    ],
)
def test_a_parents_class_is_found_by_its_plain_name(name: str, key: str):
    child = getattr(registry, name)
    found = child.get(key)
    assert found is not None
    origin = "mmengine" if name == "WEIGHT_INITIALIZERS" else "mmpose"
    assert found.__module__.startswith(origin)


@pytest.mark.parametrize("name", sorted(own_registries()))
def test_scope_and_lazy_import(name: str):
    child = getattr(registry, name)
    assert child.scope == "mmceph"
    child.import_from_location()  # every location exists and can be imported


def test_a_parent_that_cannot_be_filled_matters_only_for_names_not_found():
    root = Registry("thing", scope="root")
    parent = Registry("thing", parent=root, scope="upper", locations=["no.such.module"])
    child = registry.ChildRegistry("thing", parent=parent, scope="lower")
    root.register_module("here", module=dict)
    assert child.get("here") is dict
    with pytest.raises(ImportError, match=r"away is not in the thing registry.*no"):
        child.get("away")


def test_a_parents_name_wins_over_the_roots():
    root = Registry("thing", scope="root")
    parent = Registry("thing", parent=root, scope="upper", locations=["json"])
    parent.import_from_location = lambda: parent.register_module("x", module=list, force=True)
    root.register_module("x", module=dict)
    assert registry.ChildRegistry("thing", parent=parent, scope="lower").get("x") is list


def test_the_root_registry_reaches_ours_by_scope():
    found = mmengine.registry.MODELS.get("mmceph.TorchvisionResNet")
    assert found is not None
    assert found.__module__ == "mmceph.models.backbones.torchvision_resnet"


def test_importing_the_registry_imports_no_models():
    code = (
        "import sys, mmceph.registry\n"
        "print([m for m in ('mmpose.models', 'mmceph.models', 'mmceph.pose') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


@pytest.mark.mmpose
def test_a_stock_config_builds_ours_after_importing_mmceph(tmp_path: Path):
    config = tmp_path / "stock.py"
    config.write_text(STOCK_CONFIG, encoding="utf-8")
    code = f"""
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
cfg = Config.fromfile({str(config)!r})
init_default_scope(cfg.default_scope)
print(type(MODELS.build(cfg.backbone)).__name__, type(MODELS.build(cfg.stock)).__module__)
"""
    assert run_python(code).split() == [
        "TorchvisionResNet",
        "mmpose.models.heads.heatmap_heads.heatmap_head",
    ]


@pytest.mark.mmpose
def test_default_scope_mmceph_builds_mmposes_classes_and_their_nested_parts():
    codec = {"input_size": (8, 8), "heatmap_size": (4, 4), "sigma": 2}
    head = {
        "type": "HeatmapHead",
        "in_channels": 8,
        "out_channels": 2,
        "loss": {"type": "KeypointMSELoss"},
        "decoder": {"type": "MSRAHeatmap", **codec},
    }
    target = {"type": "GenerateTarget", "encoder": {"type": "UDPHeatmap", **codec}}
    with DefaultScope.overwrite_default_scope("mmceph"):
        built = mmengine.registry.MODELS.build(head)
        steps = Compose([{"type": "LoadImage"}, target]).transforms
    for part in (built, built.loss_module, built.decoder, *steps, steps[1].encoder):
        assert type(part).__module__.startswith("mmpose."), part


def test_default_scope_mmceph_builds_the_stand_ins_without_mmpose():
    code = """
from mmengine.registry import MODELS, init_default_scope
init_default_scope("mmceph")
model = MODELS.build(dict(type="TopdownPoseEstimator",
    data_preprocessor=dict(type="PoseDataPreprocessor"),
    backbone=dict(type="TorchvisionResNet"),
    head=dict(type="HeatmapHead", in_channels=512, out_channels=2, loss=dict(type="MSELoss"),
    decoder=dict(type="MSRAHeatmap", input_size=(8, 8), heatmap_size=(4, 4), sigma=2))))
import sys
print(type(model).__module__, [m for m in ("mmpose", "mmcv", "scipy") if m in sys.modules])
"""
    printed = run_python(code, MMCEPH_DISABLE_MMPOSE="1").strip()
    assert printed == "mmceph.pose.standin.estimator []"


def test_the_error_for_a_stale_verdict_names_the_way_out():
    error = registry.stale_verdict(ModuleNotFoundError("No module named 'mmpose.models'"))
    assert isinstance(error, ImportError)
    assert "python -m mmceph.guard --refresh" in str(error)
    assert "mmpose.models" in str(error)
