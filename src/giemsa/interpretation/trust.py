"""Which method of attribution earns trust on this network: four checks, one verdict in words.

A map must (1) change when the weights are drawn anew, (2) order pixels better than chance, (3) put most of its mark on the right
image among four, where the network can take a mosaic, and (4) stay with an image that moves by a pixel. One that points better
than chance but with less than half of its mark is to be read with care, however surely it is better: with mosaics enough, a share
of .26 surely is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.attribution import METHODS, attribute
from giemsa.interpretation.criteria import CRITERIA, Criterion
from giemsa.interpretation.deletion import deletion_curves
from giemsa.interpretation.interval import Mean, mean_interval
from giemsa.interpretation.passes import tasks_at_once
from giemsa.interpretation.pointing_game import Mosaics, centre_maps, play, pointing_scores, spot
from giemsa.interpretation.randomisation import check_by_randomisation
from giemsa.interpretation.stability import stability
from giemsa.progress import Progress
from giemsa.training.threads import team_of

FEWEST = 8  # images, or mosaics, from which something is concluded
SLOW = ("integrated_gradients", "occlusion", "smoothgrad")  # begin first, where several are checked at once
# quarters asked for in turn, so that a map of one corner, whatever it is shown, scores .25
PAIRS = np.array([[0, 3], [1, 2]])


@dataclass(frozen=True)
class MethodTrust:
    """What the checks found for one method, each against its bound in ``CRITERIA``.

    A check fails where its whole interval lies on the wrong side of the bound, and is left open where a part does. From fewer
    than eight images, or mosaics, nothing is concluded.

    Parameters
    ----------
    method : a key of ``METHODS``.
    similarity : rank correlation, without its sign, of the map with that of the same network with random weights, drawn for each
        image anew; images for which one of the two is blank are left out. At most 0.5 is asked for.
    gain : area between insertion and deletion above that of a random order; above 0 is asked for.
    pointing : part of the positive attribution on the right one of four images; up to .25, as by chance, the method fails, and
        above .5 is asked for; ``None`` where it was not played.
    stability : correlation of the map of the image with that of the image moved by a pixel, moved back; images for which one of
        the two is blank are left out, and where they are most the method fails. Above 0.5 is asked for, and less asks for care.
    """

    method: str
    similarity: Mean
    gain: Mean
    pointing: Mean | None
    stability: Mean

    @property
    def n_images(self) -> int:
        """How many images it was checked on."""
        return self.gain.n

    @property
    def blank(self) -> int:
        """For how many images there was nothing to compare: the map is blank, or that under random weights."""
        return self.n_images - min(self.similarity.n, self.stability.n)

    @property
    def too_few(self) -> bool:
        """Whether there were so few images that their intervals say nothing."""
        return self.n_images < FEWEST

    @property
    def objections(self) -> tuple[str, ...]:
        """What speaks against it, in words."""
        if self.too_few:
            return ()
        without_map = self.n_images - self.stability.n
        if 2 * without_map > self.n_images:
            return (f"its map is blank for {without_map} of {self.n_images} images",)
        return tuple(
            criterion.words(found)
            for criterion, found in self._measured()
            if criterion.decides and criterion.standing(found) == "bad"
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """What asks for care without speaking against it, in words."""
        if self.too_few:
            return (f"{self.n_images} of the {FEWEST} images that the checks need are too few to judge it",)
        told = []
        for criterion, found in self._measured():
            standing = criterion.standing(found)
            if standing == "open" or (standing == "bad" and not criterion.decides):
                told.append(criterion.words(found))
        if self._few_mosaics:
            told.append(
                "the images yield too few mosaics to say whether it points at the right one of four images "
                f"({self.pointing.n if self.pointing else 0} of the {FEWEST} that are needed)"
            )
        if self._too_blank:
            told.append(
                f"for {self.blank} of {self.n_images} images its map is blank, before or under random weights, which leaves "
                "open whether it shows the network"
            )
        return tuple(told)

    @property
    def verdict(self) -> str:
        """``trusted``, ``with care`` (doubts alone) or ``fails``."""
        if self.objections:
            return "fails"
        return "with care" if self.doubts else "trusted"

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, and why; where something speaks against the method, what is open besides is left out."""
        opening = {
            "trusted": "earns trust",
            "with care": "is to be read with care",
            "fails": "does not earn trust",
        }[self.verdict]
        why = "; ".join(self.objections or self.doubts or self._reasons)
        return f"{METHODS[self.method].title} {opening} on this network: {why}."

    def to_json(self) -> dict[str, object]:
        """Return a plain dict."""
        return {
            "method": self.method,
            "title": METHODS[self.method].title,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "randomisation_similarity": self.similarity.to_json(),
            "randomisation_blank": self.blank,
            "insertion_deletion_gain": self.gain.to_json(),
            "pointing": self.pointing.to_json() if self.pointing else None,
            "stability": self.stability.to_json(),
        }

    @property
    def _reasons(self) -> tuple[str, ...]:
        """What speaks for it where nothing speaks against it, and what was not asked."""
        chance, most = CRITERIA["pointing"], CRITERIA["most"]
        passed = [criterion.words(found) for criterion, found in self._measured() if criterion is not chance]
        if self.pointing is None:
            passed.append(f"not checked is whether {most.asked}")
        return tuple(passed)

    @property
    def _few_mosaics(self) -> bool:
        return self.pointing is not None and self.pointing.n < FEWEST

    @property
    def _too_blank(self) -> bool:
        return 2 * self.blank > self.n_images or self.n_images - self.blank < FEWEST

    def _measured(self) -> Iterator[tuple[Criterion, Mean]]:
        """Each criterion with what was found, where enough was."""
        if not self._too_blank:
            yield CRITERIA["similarity"], self.similarity
        yield CRITERIA["gain"], self.gain
        if self.pointing is not None and not self._few_mosaics:
            yield CRITERIA["pointing"], self.pointing
            if CRITERIA["pointing"].standing(self.pointing) == "good":
                yield CRITERIA["most"], self.pointing
        if self.stability.n >= FEWEST:
            yield CRITERIA["stability"], self.stability


def by_verdict(trust: Sequence[MethodTrust]) -> dict[str, list[str]]:
    """Return the titles of the methods that are ``trusted``, to be read ``with care``, and that ``fail``."""
    return {
        word: [METHODS[x.method].title for x in trust if x.verdict == word]
        for word in ("trusted", "with care", "fails")
    }


@dataclass(frozen=True, eq=False)
class Sample:
    """What the checks are made on.

    Parameters
    ----------
    pixels : ``(n, channels, height, width)``, 0 to 1.
    labels : ``(n,)``, the class that the network predicts.
    mosaics : for the pointing game; ``None`` where the network cannot take them.
    """

    pixels: Tensor
    labels: np.ndarray
    mosaics: Mosaics | None = None


def judge_method(
    network: nn.Module,
    sample: Sample,
    method: str,
    *,
    seed: int = 0,
    chance: np.ndarray | None = None,
) -> MethodTrust:
    """Put one method through the four checks.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    sample : images and mosaics.
    method : a key of ``METHODS``.
    seed : of random weights, random orders and bootstrap.
    chance : what :func:`random_scores` gives for the sample, where it is at hand; it is the same for every method.

    Raises
    ------
    ModelError : a method that does not fit the network.
    """
    pixels, labels = sample.pixels, sample.labels
    chance = random_scores(network, sample, seed=seed) if chance is None else chance
    maps = attribute(network, pixels, labels, method)
    gain = deletion_curves(network, pixels, labels, maps).scores - chance
    drawn = check_by_randomisation(network, pixels, labels, method, seed=seed, maps=maps)
    similar = np.abs(drawn[np.isfinite(drawn)])
    stable = stability(network, pixels, labels, method, maps=maps)
    pointing = None
    if sample.mosaics is not None:
        points = play(
            network, sample.mosaics, method, quarters=np.resize(PAIRS, (len(sample.mosaics.labels), 2))
        )
        pointing = mean_interval(points, seed=seed)
    return MethodTrust(
        method,
        mean_interval(similar, seed=seed),
        mean_interval(gain, seed=seed),
        pointing,
        mean_interval(stable[np.isfinite(stable)], seed=seed),
    )


def random_scores(network: nn.Module, sample: Sample, *, seed: int = 0) -> np.ndarray:
    """Return the area between insertion and deletion for pixels in a random order, ``(n,)``."""
    pixels = sample.pixels
    maps = np.random.default_rng(seed).random((len(pixels), *pixels.shape[2:]))
    return deletion_curves(network, pixels, sample.labels, maps).scores


def centre_gain(network: nn.Module, sample: Sample, *, seed: int = 0) -> Mean:
    """Return the gain of a spot in the middle of every image, which knows nothing of the network, over a random order."""
    pixels = sample.pixels
    maps = np.broadcast_to(spot(*pixels.shape[2:]), (len(pixels), *pixels.shape[2:]))
    scores = deletion_curves(network, pixels, sample.labels, maps).scores
    return mean_interval(scores - random_scores(network, sample, seed=seed), seed=seed)


def judge_methods(
    network: nn.Module,
    sample: Sample,
    *,
    methods: tuple[str, ...] = tuple(METHODS),
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[tuple[MethodTrust, ...], tuple[str, ...]]:
    """Put each method through the checks, several at once where threads allow.

    Parameters
    ----------
    network, sample, seed : as in :func:`judge_method`.
    methods : keys of ``METHODS``.
    progress : called with methods done, all methods, and words.

    Returns
    -------
    tuple : what was found, and a sentence on each method that the network does not allow.
    """
    chance = random_scores(network, sample, seed=seed)

    def judged(method: str) -> MethodTrust | str:
        own = copy.deepcopy(network)
        try:
            return judge_method(own, sample, method, seed=seed, chance=chance)
        except ModelError as problem:
            return f"{METHODS[method].title}: left out, since {problem}."

    def tell(done: int) -> None:
        if progress:
            progress(done, len(methods), "checks of attribution")

    in_turn = sorted(methods, key=lambda method: method not in SLOW)
    with team_of(tasks_at_once(network, len(methods))) as team:
        given = team.do([partial(judged, method) for method in in_turn], done=tell)
    answers = dict(zip(in_turn, given, strict=True))
    found = tuple(answers[method] for method in methods)
    return tuple(x for x in found if isinstance(x, MethodTrust)), tuple(
        x for x in found if isinstance(x, str)
    )


def pointing_baselines(mosaics: Mosaics, *, seed: int = 0) -> dict[str, Mean]:
    """Return what a random map and a spot in the middle of each cell score in the pointing game."""
    m, _, height, width = mosaics.pixels.shape
    noise = np.random.default_rng(seed).random((m, height, width))
    quarters = np.arange(m) % 4
    return {
        "random": mean_interval(pointing_scores(noise, quarters), seed=seed),
        "centre": mean_interval(pointing_scores(centre_maps(m, height, width), quarters), seed=seed),
    }
