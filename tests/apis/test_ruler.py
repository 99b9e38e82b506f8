"""The reader's geometry and decisions, with a network that knows where the ruler is."""

import cv2
import numpy as np
import pytest
import torch

from mmceph.analysis.calibration import RulerPolicy
from mmceph.apis import ruler
from mmceph.apis.ruler import RulerReader
from mmceph.apis.ruler_model import RulerModel
from mmceph.errors import MmcephError

P1, P2 = (700.0, 300.0), (704.0, 220.0)  # 80.1 px: 0.1248 mm per px
MEAN, STD = 100.0, 50.0


class Oracle(torch.nn.Module):
    """Finds two bright dots in what it is shown, as the network finds marks.

    Args:
        presence: What it says of both marks' presence, look by look.
    """

    def __init__(self, *presence: float) -> None:
        super().__init__()
        self.presence = list(presence)
        self.looks: list[np.ndarray] = []

    def forward(self, inputs, data_samples=None):
        shown = inputs[0, 0].numpy() * STD + MEAN
        self.looks.append(shown)
        _, dots, _, centres = cv2.connectedComponentsWithStats((shown > 60).astype(np.uint8))
        del dots
        weights = [(shown * (np.hypot(*(np.indices(shown.shape) - c[::-1, None, None])) < 12))
                   for c in centres[1:]]  # fmt: skip
        grids = np.indices(shown.shape)[::-1]
        places = [[(w * g).sum() / max(w.sum(), 1e-6) for g in grids] for w in weights]
        places = sorted(places, key=lambda place: -place[1])[:2] or [[10, 20], [10, 10]]
        score = self.presence[min(len(self.looks), len(self.presence)) - 1]
        points = torch.tensor([places]) / torch.tensor([256.0, 320.0])
        return points.float(), torch.tensor([[score, score]])


@pytest.fixture
def picture():
    image = np.zeros((1600, 1280), np.uint8)
    for x, y in (P1, P2):
        cv2.circle(image, (int(x), int(y)), 6, 255, -1)
    return cv2.GaussianBlur(image, (0, 0), 4.0)


def make_reader(monkeypatch, *presence: float, **kwargs) -> tuple[RulerReader, Oracle]:
    oracle = Oracle(*presence)
    mean, std = torch.full((1, 1, 1, 1), MEAN), torch.full((1, 1, 1, 1), STD)
    model = RulerModel(oracle, (256, 320), mean, std, "oracle.pth")
    monkeypatch.setattr(ruler, "load_ruler_model", lambda config, checkpoint, **_: model)
    return RulerReader(**kwargs), oracle


def test_a_close_up_places_the_marks_finer_than_the_whole_picture(monkeypatch, picture):
    reader, oracle = make_reader(monkeypatch, 0.95, policy=RulerPolicy(marks_alone_score=0.9))
    reading = reader(picture)
    assert len(oracle.looks) == 2
    np.testing.assert_allclose([reading.p1, reading.p2], [P1, P2], atol=0.7)
    # Two dots are no ticks: the marks alone give the scale where the policy allows it.
    assert reading.method == "marks"
    assert reading.mm_per_px == pytest.approx(10 / np.hypot(4, 80), rel=0.01)
    reader.policy = RulerPolicy()
    assert "no ticks confirm the marks" in reader(picture).reason
    assert reader.name == "oracle.pth"


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[..., None],
        lambda image: np.repeat(image[..., None], 3, axis=2),
        lambda image: image.astype(np.uint16) * 257,
        lambda image: np.asfortranarray(image),
    ],
)
def test_all_kinds_of_pictures_read_alike(monkeypatch, picture, change):
    reader, _ = make_reader(monkeypatch, 0.95)
    reading = reader(change(picture))
    np.testing.assert_allclose([reading.p1, reading.p2], [P1, P2], atol=0.7)


def test_nothing_there_is_not_looked_at_closer_only_mirrored(monkeypatch, picture):
    reader, oracle = make_reader(monkeypatch, 0.03)
    reading = reader(picture)
    assert len(oracle.looks) == 2
    columns = [look.max(axis=0).argmax() for look in oracle.looks]
    assert columns[1] == pytest.approx(oracle.looks[0].shape[1] - 1 - columns[0], abs=1)
    assert not reading.accepted
    assert "no ruler" in reading.reason


def test_the_close_up_decides(monkeypatch, picture):
    reader, _ = make_reader(monkeypatch, 0.9, 0.2)
    reading = reader(picture)
    assert reading.scores == pytest.approx((0.2, 0.2))
    assert reading.mm_per_px is None


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((100, 100), np.float32), "float32"),
        (np.zeros((100, 100, 4), np.uint8), "no picture"),
        (np.zeros(100, np.uint8), "no picture"),
        (
            np.zeros((15, 100), np.uint8),
            "100 x 15 px is too small to find a ruler in; it needs at least 16 x 16 px",
        ),
    ],
)
def test_what_is_no_picture_is_refused(monkeypatch, image, message):
    reader, _ = make_reader(monkeypatch, 0.9)
    with pytest.raises(MmcephError, match=message):
        reader(image)
