"""Exercises that check themselves: each says at once what is right and what is missing, and gives nothing away."""

from giemsa.teaching.counts import check_class_counts
from giemsa.teaching.experiment import check_change, check_guess
from giemsa.teaching.feedback import Feedback
from giemsa.teaching.looking import check_mask, cover
from giemsa.teaching.network import check_network
from giemsa.teaching.predictions import check_predictions
from giemsa.teaching.variants import show_augmentation

__all__ = [
    "Feedback",
    "check_change",
    "check_class_counts",
    "check_guess",
    "check_mask",
    "check_network",
    "check_predictions",
    "cover",
    "show_augmentation",
]
