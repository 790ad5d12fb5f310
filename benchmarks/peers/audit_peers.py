"""What imagehash, cleanvision and cleanlab make of the benchmark's data; run by `benchmarks/audit.py` in their own environment.

python audit_peers.py duplicates IN.npz OUT.json     images -> pairs (imagehash) and groups (cleanvision)
python audit_peers.py labels IN.npz OUT.npz          labels, probabilities -> scores by method
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

PHASH_DISTANCES = (0, 4)  # bits of 64


def pictures(images: np.ndarray) -> list[Image.Image]:
    """Return images for PIL."""
    return [Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image) for image in images]


def imagehash_pairs(images: np.ndarray) -> dict:
    """Return the pairs within a few bits of perceptual hash."""
    import imagehash

    start = time.perf_counter()
    bits = np.stack([imagehash.phash(picture).hash.ravel() for picture in pictures(images)]).astype(
        np.float32
    )
    signs = 2 * bits - 1
    pairs: dict[int, list] = {distance: [] for distance in PHASH_DISTANCES}
    for first in range(0, len(signs), 1024):
        distances = (signs.shape[1] - signs[first : first + 1024] @ signs.T) / 2
        for limit in PHASH_DISTANCES:
            left, right = np.nonzero(distances <= limit + 0.5)
            kept = left + first < right
            pairs[limit] += np.stack([left[kept] + first, right[kept]], axis=1).tolist()
    seconds = time.perf_counter() - start
    return {f"imagehash phash, {limit} bits": {"pairs": pairs[limit], "seconds": seconds} for limit in pairs}


def cleanvision_groups(images: np.ndarray) -> dict:
    """Return the pairs of cleanvision's sets, each with the first of its set."""
    from cleanvision import Imagelab

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(pictures(images)):
            picture.save(Path(folder) / f"{number:06d}.png")
        for kind in ("exact_duplicates", "near_duplicates"):
            start = time.perf_counter()
            lab = Imagelab(data_path=folder)
            lab.find_issues({kind: {}}, n_jobs=1, verbose=False)
            seconds = time.perf_counter() - start
            groups = [[int(Path(path).stem) for path in group] for group in lab.info[kind]["sets"]]
            pairs = [[group[0], other] for group in groups for other in group[1:]]
            found[f"cleanvision {kind}"] = {"pairs": pairs, "seconds": seconds}
    return found


def cleanlab_scores(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Return cleanlab's label scores, higher is better, by method."""
    from cleanlab.rank import get_label_quality_scores

    methods = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
    return {
        method: get_label_quality_scores(labels, probabilities, method=method, adjust_pred_probs=False)
        for method in methods
    } | {
        f"{method}, adjusted": get_label_quality_scores(
            labels, probabilities, method=method, adjust_pred_probs=True
        )
        for method in methods[:2]
    }


if __name__ == "__main__":
    what, source, target = sys.argv[1:]
    given = np.load(source)
    if what == "duplicates":
        result = imagehash_pairs(given["images"]) | cleanvision_groups(given["images"])
        Path(target).write_text(json.dumps(result), encoding="utf-8")
    else:
        np.savez(target, **cleanlab_scores(given["labels"], given["probabilities"]))
