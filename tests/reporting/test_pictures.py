"""Figures keep what can be seen in them, in few bytes."""

import base64
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from giemsa.errors import RunError
from giemsa.reporting.pictures import illustrations, smallest_form, with_palette


def _decode(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB"))


def _save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def test_few_colours_come_back_exactly(tmp_path: Path) -> None:
    pixels = np.full((60, 90, 3), 255, dtype=np.uint8)
    pixels[20:40, 10:80] = [0, 114, 178]
    address, width, height = smallest_form(_save(tmp_path / "bars.png", pixels))
    np.testing.assert_array_equal(_decode(address), pixels)
    assert (width, height) == (60, 40)


def test_a_photograph_is_not_forced_into_a_palette(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert with_palette(Image.fromarray(pixels)) is None
    address, _, _ = smallest_form(_save(tmp_path / "noise.png", pixels))
    np.testing.assert_array_equal(_decode(address), pixels)


def test_a_small_drawing_is_taken_as_svg_unless_it_holds_a_photograph(tmp_path: Path) -> None:
    path = _save(tmp_path / "line.png", np.zeros((30, 30, 3), dtype=np.uint8))
    svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
    path.with_suffix(".svg").write_text(svg, encoding="utf-8")
    assert smallest_form(path)[0].startswith("data:image/svg+xml;base64,")
    path.with_suffix(".svg").write_text(svg.replace("<path", "<image"), encoding="utf-8")
    assert not smallest_form(path)[0].startswith("data:image/svg")


def test_a_broken_figure_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "evaluate-x.png").write_bytes(b"no picture")
    with pytest.raises(RunError, match="cannot read the figure"):
        illustrations(tmp_path, {"evaluate-x": {}}, "evaluate")


def test_a_program_with_a_figures_name_is_not_run(tmp_path: Path) -> None:
    """PostScript is one, which Pillow hands to Ghostscript where that is installed."""
    (tmp_path / "x.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"
    )
    with pytest.raises(RunError, match="cannot identify image file"):
        smallest_form(tmp_path / "x.png")


def test_a_huge_figure_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _save(tmp_path / "x.png", np.zeros((30, 30, 3), dtype=np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(RunError, match="decompression bomb"):
        smallest_form(path)


def test_no_figure_is_taken_from_outside_its_folder(tmp_path: Path) -> None:
    _save(tmp_path / "evaluate-secret.png", np.zeros((3, 3, 3), dtype=np.uint8))
    (tmp_path / "figures" / "evaluate-x").mkdir(parents=True)
    outside = "evaluate-x/../../evaluate-secret"
    assert illustrations(tmp_path / "figures", {outside: {}}, "evaluate") == ()


def test_figures_are_found_by_stage_and_missing_files_left_out(tmp_path: Path) -> None:
    for name in ("audit-a", "evaluate-b", "evaluate-told"):
        _save(tmp_path / f"{name}.png", np.zeros((3, 3, 3), dtype=np.uint8))
    index = {name: {"title": name} for name in ("evaluate-b", "audit-a", "evaluate-gone", "evaluate-told")}
    found = illustrations(tmp_path, index, "evaluate", without=frozenset({"evaluate-told"}))
    assert [picture.title for picture in found] == ["evaluate-b"]


def test_a_claim_of_too_many_pixels_takes_no_memory(tmp_path: Path) -> None:
    """The head alone says 144 million; Pillow itself refuses from 179 on."""
    path = _save(tmp_path / "huge.png", np.zeros((8, 8), dtype=np.uint8))
    content = path.read_bytes()
    head = b"IHDR" + struct.pack(">II", 12_000, 12_000) + content[24:29]
    path.write_bytes(content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:])
    with pytest.raises(
        RunError, match=r"huge\.png: 12000x12000 pixels are more than any figure has; run the stage"
    ):
        smallest_form(path)
