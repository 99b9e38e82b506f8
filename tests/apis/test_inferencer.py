from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmceph.analysis.calibration import RulerReading
from mmceph.apis import CephInferencer
from mmceph.engine.checkpoint import CheckpointError
from mmceph.engine.overrides import ConfigError
from mmceph.errors import MmcephError

ROOT = Path(__file__).resolve().parents[2]
SIZE, BRIGHT, DARK = (64, 80), (50, 20), (10, 70)  # as in conftest.py


def found(result) -> list[list[float]]:
    assert result.names == ("S", "N")
    return result.keypoints.tolist()


def near(result, by=1.01) -> bool:
    return bool(np.abs(result.keypoints - [BRIGHT, DARK]).max() < by)


@pytest.fixture(params=["grayscale", "color"])
def inferencer(request, project):
    return CephInferencer(project / f"{request.param}.py", project / "best.pth", device="cpu")


def test_a_path_gives_points_in_px_of_the_picture(inferencer, project):
    result = next(inferencer(project / "images" / "1.png"))
    assert near(result)
    assert result.file == (project / "images" / "1.png").as_posix()
    assert result.size == SIZE
    assert result.keypoint_scores.tolist() == pytest.approx([0.9, 0.8])
    assert {point.source for point in result.landmarks.values()} == {"model"}
    assert result.calibration.spacing is None
    assert result.made_with["checkpoint"] == "best.pth"
    assert json.loads(json.dumps(result.as_dict()))["notice"].startswith("Research use only")


def test_folder_list_generator_and_batches_agree(inferencer, project):
    paths = [project / "images" / "1.png", project / "images" / "2.png"]
    pixels = cv2.imread(str(paths[0]), cv2.IMREAD_GRAYSCALE)
    one = [found(result) for result in inferencer(project / "images")]
    assert one == [found(result) for result in inferencer(paths, batch_size=2)]
    assert one == [found(result) for result in inferencer((p for p in paths), batch_size=3)]
    arrays = [pixels, cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), pixels[..., None]]
    assert [found(result) for result in inferencer(arrays, batch_size=2)] == [one[0]] * 3


def test_pictures_that_face_the_other_way(inferencer, project):
    path = project / "images" / "1.png"
    straight = next(inferencer(path))
    turned = np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[:, ::-1])
    cv2.imwrite(str(project / "turned.png"), turned)
    inferencer.mirror = True
    for result in inferencer([project / "turned.png", turned]):
        expected = [[SIZE[0] - 1 - x, y] for x, y in found(straight)]
        np.testing.assert_allclose(found(result), expected, atol=1e-3)
        assert result.made_with["mirror"] is True
        np.testing.assert_array_equal(result.pixels, turned)


def test_a_generator_is_read_as_results_are_asked_for(inferencer, project):
    taken = []

    def paths():
        for number in (1, 2):
            taken.append(number)
            yield project / "images" / f"{number}.png"

    results = inferencer(paths())
    next(results)
    assert taken == [1]


def test_16_bits_go_through_our_reader(inferencer, project, picture16):
    path = project / "deep.png"
    cv2.imwrite(str(path), picture16)
    result = next(inferencer(path))
    assert near(result, by=4)
    assert result.bits == 16


def test_dicom_brings_its_spacing(inferencer, project, picture16):
    pydicom = pytest.importorskip("pydicom")
    path = project / "scan"
    write_dicom(pydicom, path, picture16 >> 4)
    result = next(inferencer(path))
    assert near(result, by=4)
    assert result.calibration.spacing == (0.5, 1.0)  # in the file y comes first
    assert result.calibration.source == "DICOM PixelSpacing (GEOMETRY)"


@pytest.fixture
def picture16():
    """Smooth blots, whose tops become flat where the ends of the grey values are cut off."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    blots = [np.exp(-((x - p[0]) ** 2 + (y - p[1]) ** 2) / 40) for p in (BRIGHT, DARK)]
    return (32000 + 30000 * (blots[0] - blots[1])).astype(np.uint16)


def write_dicom(pydicom, path, pixels):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelSpacing = [1.0, 0.5]
    data.PixelSpacingCalibrationType = "GEOMETRY"
    data.PixelData = pixels.tobytes()
    data.save_as(path, enforce_file_format=True)


def test_bad_pictures_are_left_out_and_told(inferencer, project):
    (project / "images" / "1a.png").write_bytes(b"no picture")
    cut = (project / "images" / "2.png").read_bytes()[:-20]
    (project / "images" / "3.png").write_bytes(cut)
    bad = []
    results = inferencer(project / "images", batch_size=2, on_bad=lambda *told: bad.append(told))
    assert [Path(result.file).name for result in results] == ["1.png", "2.png"]
    assert [Path(name).name for name, _ in bad] == ["1a.png", "3.png"]
    assert "is no PNG" in bad[0][1]
    with pytest.raises(MmcephError, match=r"1a.png"):
        list(inferencer(project / "images"))


def test_a_ruler_gives_the_scale_and_conflicts_are_told(project):
    seen = []

    def ruler(grey):
        seen.append((grey.shape, grey.dtype))
        return RulerReading((5.0, 60.0), (5.0, 10.0), (0.9, 0.9), 1.2, 0.001, "ticks", None)

    path = project / "images" / "1.png"
    inferencer = CephInferencer(project / "color.py", project / "best.pth", ruler=ruler)
    result = next(inferencer(path))
    assert seen == [((80, 64), np.dtype(np.uint8))]
    assert result.calibration.spacing == (1.2, 1.2)
    assert result.calibration.source == "ruler (ticks)"
    result = next(inferencer(path, spacing=1.0))
    assert result.calibration.spacing == (1.0, 1.0)
    assert "differ by 20.0 %" in result.calibration.warnings[0]
    assert result.made_with["ruler"] == "ruler"


def test_out_dir_is_written_as_the_tool_does(inferencer, project):
    out = project / "out"
    assert len(list(inferencer(project / "images", out_dir=out, spacing=(0.5, 1.0)))) == 2
    assert sorted(path.name for path in (out / "json").iterdir()) == ["1.json", "2.json"]
    assert (out / "predictions.csv").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size 0"),
        ({"spacing": -1}, "pixel size"),
        ({"sex": "x"}, "sex"),
        ({"analysis": "steinr"}, "did you mean 'steiner'"),
    ],
)
def test_options_are_checked_before_the_work(project, options, message):
    inferencer = CephInferencer(project / "color.py", project / "best.pth")
    with pytest.raises(ValueError, match=message):
        inferencer(project / "images", **options)


def test_names_and_points_must_agree(project):
    path = project / "images" / "1.png"
    named = CephInferencer(project / "color.py", project / "best.pth", landmark_set=["A", "B"])
    assert next(named(path)).names == ("A", "B")
    wrong = CephInferencer(project / "color.py", project / "best.pth", landmark_set="isbi19")
    with pytest.raises(ConfigError, match="2 points, but 19 names"):
        list(wrong(path, on_bad=lambda *_: None))


def test_points_that_are_not_finite_are_an_error(project):
    torch.save({"state_dict": {"shift": torch.full((2,), torch.nan)}}, project / "nan.pth")
    inferencer = CephInferencer(project / "color.py", project / "nan.pth")
    with pytest.raises(MmcephError, match="not finite"):
        next(inferencer(project / "images" / "1.png"))


def test_weights_must_fit(project):
    torch.save({"state_dict": {"other": torch.zeros(2)}}, project / "other.pth")
    with pytest.raises(CheckpointError, match=r"1 weights are missing \(shift"):
        CephInferencer(project / "color.py", project / "other.pth")
    torch.save({"state_dict": {"module.shift": torch.zeros(3)}}, project / "shape.pth")
    with pytest.raises(CheckpointError, match="another shape"):
        CephInferencer(project / "color.py", project / "shape.pth")
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        CephInferencer(project / "color.py", project / "gone.pth")


def test_a_device_that_is_not_there_is_an_error(project):
    with pytest.raises(MmcephError, match="no device of this machine"):
        CephInferencer(project / "color.py", project / "best.pth", device="gpu")
    with pytest.raises(MmcephError, match="no device of this machine"):
        CephInferencer(project / "color.py", project / "best.pth", device="cuda:99")


def test_same_points_as_the_data_set_gives_in_a_test(phantoms, tmp_path):
    """A real model on real parts: the box and the pipeline are those of tools/test.py."""
    from mmengine.dataset import pseudo_collate
    from mmengine.registry import init_default_scope

    from mmceph.engine.config import load_config
    from mmceph.registry import DATASETS, MODELS

    cfg = load_config(ROOT / "configs" / "phantom" / "resnet18_quickstart.py")
    init_default_scope("mmceph")
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    torch.save({"state_dict": model.state_dict()}, tmp_path / "random.pth")
    dataset = DATASETS.build({**cfg.test_dataloader.dataset, "data_root": str(phantoms)})
    batch = [dataset[index] for index in range(2)]
    with torch.no_grad():
        tested = model.test_step(pseudo_collate(batch))
    paths = [sample.metainfo["img_path"] for sample in tested]
    inferencer = CephInferencer(cfg, tmp_path / "random.pth", device="cpu")
    for sample, result in zip(tested, inferencer(paths, batch_size=2), strict=True):
        expected = sample.pred_instances.keypoints[0]
        assert result.keypoints == pytest.approx(np.asarray(expected), abs=6e-4)
        assert result.names == tuple(dataset.metainfo["landmark_names"])


@pytest.mark.mmpose
def test_a_stock_config_and_checkpoint_of_mmpose(project, tmp_path):
    from mmengine.config import Config
    from mmpose.apis import inference_topdown, init_model

    from mmceph.landmarks import as_landmark_set

    codec = {"type": "MSRAHeatmap", "input_size": (64, 64), "heatmap_size": (16, 16), "sigma": 1}
    pipeline = [
        {"type": "LoadImage"},
        {"type": "GetBBoxCenterScale"},
        {"type": "TopdownAffine", "input_size": (64, 64)},
        {"type": "PackPoseInputs"},
    ]
    metainfo = as_landmark_set(["S", "N", "A"]).metainfo()
    dataset = {"type": "CocoDataset", "metainfo": metainfo, "pipeline": pipeline}
    preprocessor = {"mean": [120.0] * 3, "std": [60.0] * 3, "bgr_to_rgb": True}
    head = {"type": "HeatmapHead", "in_channels": 512, "out_channels": 3, "decoder": codec}
    cfg = Config(
        {
            "default_scope": "mmpose",
            "model": {
                "type": "TopdownPoseEstimator",
                "data_preprocessor": {"type": "PoseDataPreprocessor", **preprocessor},
                "backbone": {"type": "ResNet", "depth": 18},
                "head": {**head, "loss": {"type": "KeypointMSELoss"}},
                "test_cfg": {"flip_test": True, "flip_mode": "heatmap"},
            },
            "train_dataloader": {"dataset": dataset},
            "test_dataloader": {"dataset": dataset},
        }
    )
    torch.manual_seed(0)
    model = init_model(cfg, device="cpu")
    torch.save({"state_dict": model.state_dict()}, tmp_path / "stock.pth")
    path = project / "images" / "1.png"
    box = [[0, 0, SIZE[0] - 1, SIZE[1] - 1]]
    expected = inference_topdown(model, str(path), box)[0].pred_instances
    result = next(CephInferencer(cfg, tmp_path / "stock.pth", device="cpu")(path))
    assert result.names == ("S", "N", "A")
    assert result.keypoints == pytest.approx(expected.keypoints[0], abs=6e-4)
    assert result.keypoint_scores == pytest.approx(expected.keypoint_scores[0], abs=1e-6)


@pytest.mark.parametrize("tells", [True, False])
def test_landmarks_that_are_hardly_seen_are_a_warning(project, monkeypatch, tells):
    monkeypatch.setattr("mmceph.apis.inferencer.scores_tell", lambda model: tells)
    monkeypatch.setattr("mmceph.apis.model_output.LOW_SCORE", 0.85)  # S has 0.9, N 0.8
    predict = CephInferencer(project / "grayscale.py", project / "best.pth", device="cpu")
    result = next(predict(project / "images" / "1.png"))
    expected = ("hardly seen by the model (score below 0.85): N",) if tells else ()
    assert result.warnings == expected
    assert result.as_dict()["warnings"] == list(expected)
