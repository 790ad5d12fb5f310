"""`giemsa interpret`: all looks into a network, or one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse
from giemsa.cli.loading import open_aloud
from giemsa.cli.session import Session

if TYPE_CHECKING:
    from giemsa.interpretation.subject import Subject

Layer = Annotated[
    str | None, typer.Option("--layer", help="Only the feature maps of this layer, for --image.")
]
Image = Annotated[
    str | None,
    typer.Option("--image", help="An image as split/number, such as train/20.", show_default="train/20"),
]
Maximise = Annotated[
    str | None,
    typer.Option(
        "--maximise", help="Only an image made for this class, or for LAYER:CHANNEL, such as conv2:4."
    ),
]
Settings = Annotated[str, typer.Option("--settings", help="Of --maximise: default, or tutorial.")]
Summary = Annotated[bool, typer.Option("--summary", help="Only list the layers: output shape, parameters.")]
Quick = Annotated[
    bool, typer.Option("--quick", help="All looks, on the small samples that `giemsa run` takes.")
]


@options.with_groups
def interpret(
    context: typer.Context,
    run: options.RunFolder,
    layer: Layer = None,
    image: Image = None,
    maximise: Maximise = None,
    settings: Settings = "default",
    summary: Summary = False,
    quick: Quick = False,
    data: options.RunData = None,
    seed: options.Seed = 0,
    *,
    talk: options.Talk,
) -> None:
    """Look into a trained network and check what is seen.

    Figures and findings go into the run folder.
    """
    from giemsa.interpretation.interpret import interpret as interpret_run
    from giemsa.interpretation.subject import open_subject
    from giemsa.plots.gallery import save_pictures

    with Session(talk) as session:
        if layer is None:
            refuse(context, {"image"}, "without --layer: name the layer whose maps are wanted")
        if maximise is None:
            refuse(
                context, {"settings"}, "without --maximise: name the class or channel to make an image for"
            )
        if layer or maximise or summary:
            refuse(context, {"quick"}, "beside --summary, --layer or --maximise")
        if (layer or summary) and not maximise:
            refuse(context, {"seed"}, "beside --summary or --layer, without --maximise")
        opened = open_aloud(session, run, data)
        if not (layer or maximise or summary):
            found = interpret_run(opened, thorough=not quick, seed=seed, progress=session.progress)
            session.show(found.to_json(), f"{found}\n\nwritten into {run}")
            return
        subject = open_subject(opened, thorough=not quick, seed=seed)
        value, lines = _summary(subject) if summary else ({}, [])
        for name, look in _looks(session, subject, layer, image, maximise, settings):
            value[name] = look.to_json()
            lines += [str(path) for path in save_pictures(opened.folder / "figures", [look.picture])]
        session.show(value, "\n".join(lines))


def _looks(session: Session, subject: Subject, layer, image, maximise, settings):  # type: ignore[no-untyped-def]
    """Take the looks that were asked for, with the key that each has in the JSON."""
    from giemsa.interpretation.single_looks import look_at_layer, look_at_maximum

    if layer:
        yield "feature_maps", look_at_layer(subject, layer, image or "train/20")
    if maximise:
        look = look_at_maximum(subject, maximise, settings=settings, progress=session.progress)
        yield "maximisation", look


def _summary(subject: Subject) -> tuple[dict[str, Any], list[str]]:
    """Return the layers as values and as lines."""
    from giemsa.interpretation.layers import list_layers
    from giemsa.models.layers import count_parameters

    layers = list_layers(subject.network, subject.network.image_shape)
    rows = [
        {"name": x.name, "kind": x.kind, "output_shape": list(x.output_shape), "parameters": x.parameters}
        for x in layers
    ]
    wide = max(len(x.name) for x in layers)
    lines = [
        f"{x.name:<{wide}}  {x.kind:<18} {' x '.join(map(str, x.output_shape)):<14} {x.parameters:>9,}"
        for x in layers
    ]
    total = count_parameters(subject.network)
    return {"layers": rows, "parameters": total}, [*lines, f"{total:,} parameters"]
