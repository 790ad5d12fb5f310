"""The result of all looks: as plain values, as sentences, as pictures."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from giemsa.interpretation.filters import LayerFilters
from giemsa.interpretation.layers import Layer
from giemsa.interpretation.looks import AttributionLook, MadeLook, MapsLook, SpaceLook
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.symmetry_response import SymmetryResponse
from giemsa.models.layers import count_parameters
from giemsa.plots.gallery import Picture

# of the checks too: before 2 one network with random weights, and pointing above chance was enough
VERSION = 2
NOTHING = "Nothing is to be said of it."


@dataclass(frozen=True, eq=False)
class Interpretation:
    """What was seen in a network; a look that it did not allow is ``None`` (or empty), with a note.

    Parameters
    ----------
    subject : the networks and the data.
    layers : the network's summary.
    filters, maps, made, attribution, space, symmetry : the looks.
    notes : what was left out, and why.
    """

    subject: Subject
    layers: tuple[Layer, ...]
    filters: tuple[LayerFilters, ...]
    maps: MapsLook | None
    made: MadeLook | None
    attribution: AttributionLook | None
    space: SpaceLook | None
    symmetry: SymmetryResponse | None
    notes: tuple[str, ...] = ()

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should take away."""
        from giemsa.interpretation.words import sentences_of

        return sentences_of(self)

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict; NaN is None."""
        names = self.subject.data.class_names
        return {
            "version": VERSION,
            "sentences": list(self.sentences),
            "notes": list(self.notes),
            "split": self.subject.split_name,
            "seed": self.subject.seed,
            "layers": [_layer_row(layer) for layer in self.layers],
            "parameters": count_parameters(self.subject.network),
            "filters": [
                _filter_row(filters, compared=self.subject.untrained is not None) for filters in self.filters
            ],
            "maximisation": _made_rows(self.made, names) if self.made else None,
            "trust": [row.to_json() for row in self.attribution.trust] if self.attribution else None,
            "pointing_baselines": _baselines(self.attribution),
            "gain_of_centre": self._gain_of_centre(),
            "symmetry": _symmetry(self.symmetry) if self.symmetry else None,
            "examples": _examples(self.space, names) if self.space else None,
            "map": self._map() if self.space else None,
        }

    def _gain_of_centre(self) -> dict[str, Any] | None:
        middle = self.attribution.centre_gain if self.attribution else None
        return middle.to_json() if middle else None

    def _map(self) -> dict[str, Any]:
        assert self.space is not None
        return {
            "title": "Images as the network sees them",
            "split": self.subject.split_name,
            "indices": self.space.places.tolist(),
            "labels": self.subject.looked_at.labels[self.space.places].tolist(),
            "predicted": self.space.predicted.tolist(),
            "positions": np.round(self.space.space.tsne, 3).tolist(),
            "pca": np.round(self.space.space.pca, 5).tolist(),
            "explained": np.round(self.space.space.explained, 5).tolist(),
        }

    def pictures(self) -> tuple[Picture, ...]:
        """Draw all figures."""
        from giemsa.interpretation.pictures import pictures_of

        return pictures_of(self)

    def __repr__(self) -> str:
        first = (*self.sentences, *self.notes, NOTHING)[0]
        return f"<Interpretation of {self.subject.data.name}, {len(self.layers)} layers: {first}>"

    def __str__(self) -> str:
        return "\n".join((*self.sentences, *self.notes)) or NOTHING

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in str(self).splitlines())
        return f"<p><b>What the network has learnt</b></p><ul>{items}</ul>"


def _layer_row(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "output_shape": list(layer.output_shape),
        "parameters": layer.parameters,
    }


def _filter_row(filters: LayerFilters, *, compared: bool) -> dict[str, Any]:
    """Shape of a layer's filters and how far they moved, which nobody knows where the untrained network is not at hand."""
    return {
        "layer": filters.layer,
        "shape": list(filters.after.shape),
        "distance": _number(np.median(filters.distances)) if compared else None,
        "cosine": _number(np.median(filters.similarities)) if compared else None,
    }


def _made_rows(look: MadeLook, names: tuple[str, ...]) -> list[dict[str, Any]]:
    judged = look.judged
    return [
        {
            "class": name,
            "probability": _number(judged.own[label]),
            "probability_moved": _number(judged.moved[label]),
            "distance_to_nearest_real": _number(judged.distance[label]),
            "distance_among_real": _number(judged.typical[label]),
        }
        for label, name in enumerate(names)
    ]


def _baselines(look: AttributionLook | None) -> dict[str, Any] | None:
    return {name: mean.to_json() for name, mean in look.baselines.items()} if look else None


def _symmetry(found: SymmetryResponse) -> dict[str, Any]:
    return {
        "images": len(found.labels),
        "degrees": found.degrees.tolist(),
        "median_probability": np.round(np.median(found.turned, axis=0), 6).tolist(),
        "changed_by_turn": np.round(found.changed_by_turn, 6).tolist(),
        "changed": {move: _number(part) for move, part in zip(found.moves, found.changed, strict=True)},
    }


def _examples(look: SpaceLook, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "class": names[found.label],
            "prototypes": look.train_places[found.prototypes].tolist(),
            "oddest": look.train_places[found.oddest].tolist(),
        }
        for found in look.classes
    ]


def _number(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
