import pytest
from mmengine.config import Config

from mmceph.engine.masked_losses import check_masked_losses, check_targets
from mmceph.errors import MmcephError


def config(loss_set=None, **dataset):
    loss = {"type": "mmceph.MaskedKeypointLoss", "landmarks": ["Po"]}
    if loss_set is not None:
        loss["landmark_set"] = loss_set
    wrapped = {"type": "RepeatDataset", "dataset": {"type": "CephDataset", **dataset}}
    return Config(
        {"model": {"head": {"loss": loss}}, "train_dataloader": {"dataset": wrapped}},
    )


@pytest.mark.parametrize(
    ("loss_set", "dataset"),
    [
        (None, {"landmark_set": "aariz29"}),
        (None, {"type": "AarizDataset"}),
        ("isbi19", {}),
        (["S", "N"], {"landmark_set": ["S", "N"]}),
        (None, {"type": "CocoDataset"}),
        (None, {"metainfo": {"dataset_name": "own"}}),
    ],
)
def test_what_fits_or_is_not_ours_passes(loss_set, dataset):
    assert check_masked_losses(config(loss_set, **dataset)) is None


@pytest.mark.parametrize(
    ("loss_set", "dataset", "message"),
    [
        (None, {}, "'aariz29', the training data have 'isbi19'"),
        ("aariz29", {"type": "ISBI2015Dataset"}, "have 'isbi19'"),
        (["N", "S"], {"landmark_set": ["S", "N"]}, "set its landmark_set"),
    ],
)
def test_other_landmarks_or_another_order_are_named(loss_set, dataset, message):
    with pytest.raises(MmcephError, match=message):
        check_masked_losses(config(loss_set, **dataset))


@pytest.mark.parametrize(
    ("model", "steps", "fits"),
    [
        ({"type": "DifficultLandmarkEstimator"}, ["PackFineInputs"], True),
        (
            {"type": "mmceph.DifficultLandmarkEstimator", "branch": "stage"},
            ["PackFineInputs"],
            False,
        ),
        ({"type": "DifficultLandmarkEstimator", "strategy": "masked"}, ["PackFineInputs"], False),
        ({"type": "DifficultLandmarkEstimator", "strategy": "masked"}, ["GenerateTarget"], True),
        ({"type": "TopdownPoseEstimator"}, ["PackFineInputs"], True),
    ],
)
def test_what_needs_heat_maps_has_a_pipeline_that_draws_them(model, steps, fits):
    pipeline = [{"type": f"mmceph.{step}"} for step in steps]
    cfg = Config({"model": model, "train_dataloader": {"dataset": {"pipeline": pipeline}}})
    if fits:
        check_targets(cfg)
    else:
        with pytest.raises(MmcephError, match="the training pipeline makes no heat-maps"):
            check_targets(cfg)


def test_other_losses_are_not_looked_at():
    check_masked_losses(Config({"model": {"head": {"loss": {"type": "KeypointMSELoss"}}}}))
