"""Augmentation, recipes, the loop, and the run folder that a training leaves."""
