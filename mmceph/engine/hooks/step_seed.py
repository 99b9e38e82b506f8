"""Random numbers that depend on the seed and the step alone."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_dist_info, get_rank
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.utils.data import DataLoader, IterableDataset, Sampler

from mmceph.registry import HOOKS

_EPOCH, _STEP, _DATA = range(3)  # what is seeded, so that no two seeds are the same


@HOOKS.register_module()
class StepSeedHook(Hook):
    """Seed every step of a training by the run's seed and the step's number.

    As mmengine leaves it, a step's random numbers depend on all that were drawn before, in this
    process and in each of the loader's: a resumed run would draw the first ones again, and
    augment its pictures as the first epoch did. Here the augmentation of a picture depends on the
    seed, the epoch and the picture's place in it, and what the model draws on the seed and the
    number of the step. There is nothing to be saved, a resumed run goes on as if it had never
    stopped, and neither the number of loader processes nor that of the run's processes matters.

    The order of the pictures is the sampler's: mmengine's ``DefaultSampler`` goes by seed and
    epoch too. Trainings that count in iterations, and samplers that hand out whole batches
    themselves, keep mmengine's seeds.
    """

    priority = "VERY_HIGH"  # so that what other hooks draw is seeded too

    def before_train(self, runner: Runner) -> None:
        """Number what the training's sampler hands out."""
        loader = runner.train_dataloader
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            return
        if not _has_batches_of_a_sampler(loader):
            runner.logger.log(
                logging.WARNING,
                f"StepSeedHook: {type(loader.batch_sampler).__name__} makes its batches itself, so "
                "a resumed run will not augment as an uninterrupted one",
            )
            return
        if not isinstance(loader.batch_sampler.sampler, NumberedSampler):
            loader.batch_sampler.sampler = NumberedSampler(loader.batch_sampler.sampler)
            # The loader takes a whole batch by this method where there is one.
            loader.dataset.__getitems__ = SeededItems(loader.dataset)

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed what is drawn between two steps, and tell the sampler the epoch."""
        seed_everything(runner.seed, _EPOCH, runner.epoch)
        sampler = getattr(runner.train_dataloader.batch_sampler, "sampler", None)
        if isinstance(sampler, NumberedSampler):
            sampler.words = (runner.seed, _DATA, 0, runner.epoch)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed what the model draws in this step, in every process something else."""
        seed_everything(runner.seed, _STEP, runner.iter, get_rank())


class Draw(int):
    """An index of a data set, with the words that seed the random numbers of its sample."""

    words: tuple[int, ...] = ()


class NumberedSampler(Sampler):
    """Hands out another sampler's indices as :class:`Draw`, numbered from 0.

    Of several processes each takes its turn, so that a picture has the number that it would have
    in one process.

    Args:
        sampler: The sampler of indices.

    Attributes:
        words: The words of the seeds before the number.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.words: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        words = self.words
        rank, size = get_dist_info()
        for turn, index in enumerate(self.sampler):
            if not isinstance(index, int):  # some samplers hand out more than a place
                yield index
                continue
            draw = Draw(index)
            draw.words = (*words, turn * size + rank)
            yield draw

    def __len__(self) -> int:
        return len(self.sampler)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name == "sampler":  # not there yet, in a copy that is being made
            raise AttributeError(name)
        return getattr(self.sampler, name)


class SeededItems:
    """The samples of a batch, each with random numbers of its own.

    Args:
        dataset: The data set; its own way to give whole batches is not used.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __call__(self, indices: Sequence[Any]) -> list[Any]:
        """The samples of these places."""
        samples = []
        for index in indices:
            if isinstance(index, Draw):
                seed_everything(*index.words)
                index = int(index)
            samples.append(self.dataset[index])
        return samples


def seed_everything(*words: int) -> None:
    """Seed Python's, NumPy's and torch's random numbers, on every device.

    Args:
        words: Whole numbers, of which the seed is made; none negative.
    """
    state = np.random.SeedSequence([word % 2**32 for word in words]).generate_state(4)
    random.seed(int(state[0]))
    np.random.seed(state[1:])
    torch.manual_seed(int(state[2]) << 31 ^ int(state[3]))


def _has_batches_of_a_sampler(loader: DataLoader) -> bool:
    of_items = not isinstance(loader.dataset, IterableDataset)
    return of_items and isinstance(getattr(loader.batch_sampler, "sampler", None), Iterable)
