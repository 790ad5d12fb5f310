"""`giemsa predict`: a class and its probability for each image file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse_overwrite_without
from giemsa.cli.session import Session
from giemsa.cli.targets import target_file
from giemsa.writing import replacing

if TYPE_CHECKING:
    from giemsa.training.predict import Predictions

Images = Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Image files, or folders of them.")]


@options.with_groups
def predict(
    context: typer.Context,
    run: options.RunFolder,
    images: Images,
    views: options.Views = 1,
    skip_bad: options.SkipBad = False,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    *,
    talk: options.Talk,
) -> None:
    """Print a class and its probability for each image.

    As CSV or JSON; --out writes them to a file, JSON if it ends in .json.
    """
    from giemsa.training.predict import predict_files

    with Session(talk) as session:
        refuse_overwrite_without(context, out=out)
        path = target_file(out, overwrite=overwrite)
        predictions = predict_files(run, images, views=views, skip_bad=skip_bad, progress=session.progress)
        for sentence in _remarks(predictions):
            session.say(sentence)
        value = {"predictions": _rows(predictions)} | _facts(predictions)
        words = _as_csv(predictions)
        if path:
            text = json.dumps(value, indent=2) + "\n" if path.suffix.lower() == ".json" else words
            with replacing(path) as beside:
                beside.write_text(text, encoding="utf-8", errors="backslashreplace")  # names may be any bytes
            value, words = {"out": str(path)} | _facts(predictions), str(path)
        session.show(value, words)


def _facts(predictions: Predictions) -> dict[str, Any]:
    """Return what the user should know besides the answers."""
    skipped = [{"path": path, "reason": reason} for path, reason in predictions.skipped]
    return {"notes": list(predictions.notes), "skipped": skipped}


def _remarks(predictions: Predictions) -> Iterator[str]:
    """Yield the same as lines."""
    yield from predictions.notes
    if predictions.skipped:
        count = len(predictions.skipped)
        yield "1 image was left out:" if count == 1 else f"{count} images were left out:"
        yield from (f"  {reason}" for _, reason in predictions.skipped)


def _rows(predictions: Predictions) -> list[dict[str, Any]]:
    names = predictions.class_names
    return [
        {
            "path": path,
            "class": names[int(row.argmax())],
            "probability": float(row.max()),
            "probabilities": dict(zip(names, row.tolist(), strict=True)),
        }
        for path, row in zip(predictions.paths, predictions.probabilities, strict=True)
    ]


def _as_csv(predictions: Predictions) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "class", "probability", *predictions.class_names])
    for row in _rows(predictions):
        probabilities = [f"{value:.6f}" for value in row["probabilities"].values()]
        writer.writerow([row["path"], row["class"], f"{row['probability']:.6f}", *probabilities])
    return text.getvalue()
