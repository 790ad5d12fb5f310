"""The opening of the page: three sentences to quote and the numbers behind them."""

from __future__ import annotations

from dataclasses import dataclass

from giemsa.evaluation.words import NO_MISTAKE
from giemsa.reporting.chapters.training import kept_epoch, seconds_of_training
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Number
from giemsa.reporting.scores import headline_numbers
from giemsa.reporting.words import count, duration, interval, percent, sentence
from giemsa.wording import count_words


@dataclass(frozen=True)
class Headline:
    """What a reader takes away who reads nothing else."""

    title: str
    subtitle: str
    sentences: tuple[str, ...]
    numbers: tuple[Number, ...]


def headline(material: Material) -> Headline:
    """Say what was tested on what, how good it is, and where it fails."""
    recipe = material.config.get("recipe", {})
    name = str(material.config.get("data", {}).get("name", "these images"))
    title = str(material.config.get("data", {}).get("title") or name)
    told = (material.evaluation or {}).get("sentences", ())
    network = material.config.get("model") or recipe.get("model", "")
    subtitle = (
        f"{name}: recipe {recipe.get('name', '')}, network {network}, seed {material.config.get('seed')}"
    )
    return Headline(
        title=title,
        subtitle=subtitle,
        sentences=tuple(sentence(text) for text in told[:3]) or _own_sentences(material, title),
        numbers=headline_numbers(material.metrics.get("test", {})),
    )


def _own_sentences(material: Material, title: str) -> tuple[str, ...]:
    """Return what can be said without the evaluation's own sentences."""
    took = seconds_of_training(material)
    trained = f"A network was trained on {title}"
    if took is not None and (kept := kept_epoch(material)):
        trained += f" in {duration(took)}; the weights of epoch {kept} were kept"
    scores = material.metrics.get("test", {})
    if "accuracy" not in scores:
        return (f"{trained}.", "It has not been tested on unseen images yet.")
    accuracy = scores["accuracy"]
    tested = f"On {count_words(accuracy['n'], 'test image')} it named {percent(accuracy['value'])} rightly"
    bounds = interval(accuracy, as_percent=True)
    return (f"{trained}.", tested + (f" (95 % interval {bounds})." if bounds else "."), *_failure(material))


def _failure(material: Material) -> tuple[str, ...]:
    """Name the class that is found least often."""
    if material.test is None:
        return ()
    labels, probabilities = material.test
    right = probabilities.argmax(axis=1) == labels
    shares = {
        label: float(right[labels == label].mean())
        for label in range(probabilities.shape[1])
        if (labels == label).any()
    }
    worst = min(shares, key=lambda label: shares[label])
    number = int((labels == worst).sum())
    if shares[worst] == 1:
        return (NO_MISTAKE,)
    return (
        f"It fails most often on {material.class_names[worst]}: {percent(shares[worst])} of {count(number)} are found.",
    )
