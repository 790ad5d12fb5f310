"""The figures of an evaluation, each with its words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from giemsa.evaluation import curves
from giemsa.evaluation.corruptions import corrupt
from giemsa.evaluation.failures import is_tied
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.result import Evaluation
from giemsa.plots.certainty import plot_coverage, plot_reliability, plot_risk_coverage
from giemsa.plots.evaluation import Intervals, plot_class_scores, plot_confusion
from giemsa.plots.failures import plot_mistakes, plot_subgroups
from giemsa.plots.gallery import Picture
from giemsa.plots.ranking import plot_precision_recall, plot_roc
from giemsa.plots.resilience import plot_novelty, plot_robustness
from giemsa.plots.style import classes_to_name
from giemsa.wording import count_words, decimal, percent, percent_range

MOST_MISTAKES = 12


def draw(evaluation: Evaluation) -> tuple[Picture, ...]:
    """Return every figure that the evaluation has the numbers for, in the order of the chapter."""
    makers = (
        _confusion,
        _class_scores,
        _mistakes,
        _reliability,
        _risk,
        _sets,
        _novelty,
        _robustness,
        _subgroups,
        _roc,
        _precision_recall,
    )
    drawn = (maker(evaluation) for maker in makers)
    return tuple(picture for picture in drawn if picture is not None)


def _confusion(evaluation: Evaluation) -> Picture:
    pairs = evaluation.failures.pairs
    names = evaluation.class_names
    most = "There is no mistake."
    if pairs:
        which = "One of the most frequent mistakes" if is_tied(pairs) else "The most frequent mistake"
        taken = f"{names[pairs[0].true]} taken for {names[pairs[0].predicted]}"
        most = f"{which}: {taken}, {count_words(pairs[0].count, 'time')}."
    return Picture(
        name="evaluate-confusion",
        figure=plot_confusion(evaluation.card.confusion, evaluation.short_names),
        title="What is taken for what",
        alt=f"Confusion matrix of {len(evaluation.predictions):,} images and {len(names)} classes. {most}",
        shows="Each row is a true class, each column an answer; numbers are images, shades are shares of the row.",
        caution="Rare classes have few images: a pale cell may be chance.",
    )


def _class_scores(evaluation: Evaluation) -> Picture:
    by_class = evaluation.card.by_class
    panels = {
        "recall (sensitivity): of the class, the share found": "recall",
        "precision: of the finds, the share that is right": "precision",
        "F1: both in one number": "f1",
    }
    recalls = [scores["recall"].value for scores in by_class]
    return Picture(
        name="evaluate-classes",
        figure=plot_class_scores(
            {title: _columns([scores[key] for scores in by_class]) for title, key in panels.items()},
            evaluation.short_names,
            evaluation.card.support.tolist(),
        ),
        title="How well each class is recognised",
        alt=f"Recall, precision and F1 of each class with intervals. Recall{_named(evaluation, recalls, percent)}.",
        shows="Points are scores on the test images, bars their 95 % intervals: short bars rest on many images.",
        caution="Intervals tell what chance does in drawing test images, not what another laboratory's images would do.",
    )


def _columns(scores: list[Score]) -> Intervals:
    table = np.array([[score.value, *_limits(score)] for score in scores])
    return table[:, 0], table[:, 1], table[:, 2]


def _limits(score: Score) -> tuple[float, float]:
    """Return the interval, or, where there is none, the value twice: a point without a bar."""
    return (score.value, score.value) if np.isnan(score.low) else (score.low, score.high)


def _mistakes(evaluation: Evaluation) -> Picture | None:
    mistakes = evaluation.failures.mistakes[:MOST_MISTAKES]
    if evaluation.images is None or not mistakes:
        return None
    names = evaluation.short_names
    images = np.stack([np.asarray(evaluation.images[mistake.index]) for mistake in mistakes])
    words = [(names[one.true], names[one.predicted], one.probability) for one in mistakes]
    return Picture(
        name="evaluate-mistakes",
        figure=plot_mistakes(images, words),
        title="The worst mistakes",
        alt="Wrongly named test images: "
        + "; ".join(
            f"{true} taken for {said} with {probability:.2f}" for true, said, probability in words[:6]
        )
        + ".",
        shows="Images whose true class got the least probability, worst first: true class, arrow, answer, its probability.",
        caution="Some of them may be labelled wrongly: look before you blame the network.",
    )


def _reliability(evaluation: Evaluation) -> Picture:
    from giemsa.evaluation.calibration import reliability

    calibration = evaluation.calibration
    after = reliability(evaluation.predictions.confidence, evaluation.predictions.correct)
    curves_drawn = [("as the network gives it", after)]
    if calibration is not None and calibration.temperature != 1:
        curves_drawn = [
            (f"with temperature {calibration.temperature:.2f}", calibration.after),
            ("without it", calibration.before),
        ]
    error = evaluation.card.whole["ece"]
    return Picture(
        name="evaluate-reliability",
        figure=plot_reliability(
            after.edges, [(name, one.confidence, one.accuracy, one.counts) for name, one in curves_drawn]
        ),
        title="Does certainty mean what it says?",
        alt=f"Share that is right against stated certainty in 15 bins. Expected calibration error {percent(error.value, 2)}.",
        shows="On the dotted line, images named with 80 % certainty are right in 80 of 100 cases; below it the network "
        "claims too much, above it too little. "
        f"Expected calibration error {percent(error.value, 2)} (15 bins of equal width, n = {error.n:,}).",
        caution="Hollow points rest on fewer than ten images and jump by chance.",
    )


def _risk(evaluation: Evaluation) -> Picture:
    selective = evaluation.selective
    marks = []
    for share in (0.05, 0.1, 0.2):
        _, accuracy = selective.keep(share)
        if accuracy.n:
            handed_over = 1 - accuracy.n / selective.n
            mistakes = 1 - accuracy.value
            marks.append(
                (
                    handed_over,
                    mistakes,
                    f"{100 * handed_over:.0f} % handed over: {percent(mistakes)} mistakes",
                )
            )
    told = "; ".join(words for _, _, words in marks)
    return Picture(
        name="evaluate-risk",
        figure=plot_risk_coverage(selective.coverage, selective.risk, marks),
        title="What is gained by handing the least certain to a human",
        alt=f"Mistakes among the images kept, falling as more are handed over. {told}.",
        shows="From left to right more and more of the least certain images go to a human; the curve is the share of mistakes "
        "among the rest.",
        caution="It counts on images like the test images; for strange ones certainty means little.",
    )


def _sets(evaluation: Evaluation) -> Picture | None:
    chosen = [one for one in evaluation.sets if one.target == evaluation.target]
    if not chosen:
        return None
    sets = chosen[0]
    low, high = sets.expected
    place = "within" if sets.held else "below" if sets.coverage.value < low else "above"
    empty = "An empty set says: none of the classes is likely enough."
    too_few = "Every set holds every class: val has too few images to leave any out."
    chance = f"{place} the {percent_range(low, high)} that chance explains where {100 * sets.target:g} % are promised"
    return Picture(
        name="evaluate-sets",
        figure=plot_coverage(
            _columns([sets.coverage, *sets.by_class]),
            ["all images", *evaluation.short_names],
            sets.target,
            np.bincount(sets.sizes, minlength=len(evaluation.class_names) + 1),
        ),
        title=f"Sets of classes that hold the right one in {100 * sets.target:g} of 100 images",
        alt=f"Coverage {percent(sets.coverage.value)}, {chance}; "
        f"sets hold {sets.sizes.mean():.2f} classes on average.",
        shows=f"{percent(sets.coverage.value)} of {sets.coverage.n:,} test images have their class in the set, {chance}. "
        + (too_few if math.isinf(sets.threshold) else empty),
        caution="The promise is about all images together; classes whose bar lies left of the line get less than promised.",
    )


def _novelty(evaluation: Evaluation) -> Picture | None:
    novelty = evaluation.novelty
    if novelty is None:
        return None
    told = "; ".join(f"{test.name} AUROC {decimal(test.auroc.value, 3)}" for test in novelty.tests)
    surest = max(novelty.tests, key=lambda test: test.mean_confidence)
    return Picture(
        name="evaluate-novelty",
        figure=plot_novelty(novelty.test_scores, novelty.foreign_scores, novelty.threshold),
        title="Does it notice images unlike its training data?",
        alt=f"Histograms of the distance to the training data. {told}.",
        shows="Images right of the dashed line are called unlike the training data; the line lets 99 of 100 val images pass. "
        f"The probabilities alone would not do: of {surest.name} the network is {percent(surest.mean_confidence)} certain.",
        caution="Made images and other organs are easy; a cell type that was never seen is harder and is not tested here.",
    )


def _robustness(evaluation: Evaluation) -> Picture | None:
    robustness = evaluation.robustness
    if robustness is None:
        return None
    examples = None
    if evaluation.images is not None and len(evaluation.images):
        first = np.asarray(evaluation.images[:1])
        generator = np.random.default_rng(0)
        examples = np.concatenate([corrupt(first, name, 5, generator=generator) for name in robustness.names])
    return Picture(
        name="evaluate-robustness",
        figure=plot_robustness(robustness.scores, robustness.names, robustness.clean, examples),
        title="What worse images do to it",
        alt=f"Balanced accuracy under {len(robustness.names)} corruptions: {percent(robustness.clean)} on clean images, "
        f"{percent(robustness.mean)} on average, weakest under {robustness.weakest}.",
        shows=f"Balanced accuracy as {robustness.n:,} test images get worse in five steps, the weakest side first. "
        f"Mean over all: {percent(robustness.mean)}.",
        caution="giemsa's own suite, scaled to the image size: not comparable with MedMNIST-C. Against other light and stains a "
        "training with --colour-jitter 0.05 to 0.15 helps, against other light alone --standardize image.",
    )


def _subgroups(evaluation: Evaluation) -> Picture | None:
    groups = [
        (kind, group.name, group.accuracy.value, *_limits(group.accuracy), group.accuracy.n)
        for kind, members in evaluation.failures.subgroups.items()
        for group in members
        if group.accuracy.n
    ]
    if not groups:
        return None
    overall = evaluation.card.whole["accuracy"].value
    lowest = min(groups, key=lambda group: group[2])
    return Picture(
        name="evaluate-subgroups",
        figure=plot_subgroups(groups, overall),
        title="Where it does better and worse",
        alt=f"Accuracy of groups of images. Lowest: {lowest[1]} by {lowest[0]}, {percent(lowest[2])} of {lowest[5]:,}.",
        shows="Accuracy of groups of test images with 95 % intervals; the dotted line is all images together, "
        f"{percent(overall)}.",
        caution="Groups differ in their classes too: a blurred quarter may hold more of a difficult class.",
    )


def _roc(evaluation: Evaluation) -> Picture:
    drawn = _each_class(evaluation, curves.roc_curve)
    areas = [scores["auc"].value for scores in evaluation.card.by_class]
    return Picture(
        name="evaluate-roc",
        figure=plot_roc(drawn, evaluation.short_names, areas),
        title="Each class told from the rest: ROC",
        alt=f"ROC curves, one a class. Areas{_named(evaluation, areas)}.",
        shows="The nearer to the upper left corner, the better; numbers are areas under the curves (AUC).",
        caution="An area near 1 is easy to reach where a class is rare: see precision and recall too.",
    )


def _precision_recall(evaluation: Evaluation) -> Picture:
    drawn = _each_class(evaluation, curves.precision_recall_curve)
    values = [scores["average_precision"].value for scores in evaluation.card.by_class]
    return Picture(
        name="evaluate-precision",
        figure=plot_precision_recall(drawn, evaluation.short_names, values),
        title="Precision against recall",
        alt=f"Precision-recall curves, one a class. Average precision{_named(evaluation, values)}.",
        shows="The nearer to the upper right corner, the better; numbers are average precisions.",
    )


def _each_class(
    evaluation: Evaluation, curve: Callable[[np.ndarray, np.ndarray], curves.Curve]
) -> list[curves.Curve]:
    """Return each class's curve against the rest."""
    predictions = evaluation.predictions
    labels = range(predictions.n_classes)
    return [curve(predictions.probabilities[:, label], predictions.labels == label) for label in labels]


def _named(
    evaluation: Evaluation, values: Sequence[float], write: Callable[[float], str] = "{:.3f}".format
) -> str:
    """Write the value of each class, or of many classes the lowest."""
    named = classes_to_name(values)
    of = "" if len(named) == len(values) else f", the lowest {len(named)} of {len(values)} classes"
    return f"{of}: " + ", ".join(f"{evaluation.class_names[place]} {write(values[place])}" for place in named)
