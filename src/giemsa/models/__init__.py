"""The networks, each on a page, and the way to build one by name."""

from giemsa.models.build import MODELS, build_model

__all__ = ["MODELS", "build_model"]
