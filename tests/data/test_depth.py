"""Files of more than 8 bits: the whole set says what white is, and no file is made lighter or darker than its neighbours."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from giemsa.data.dataset import WhiteLevels
from giemsa.data.depth import WHITES, common_levels, is_deep, own_levels, tell_levels, to_eight_bits
from giemsa.data.fitting import ImageForm
from giemsa.data.images import read_image, read_images
from giemsa.data.load import load
from giemsa.errors import ImageFileError

GREY = ImageForm(16, 16, 1)


def save(path, values, dtype):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, dtype=dtype)).save(path)
    return path


def flat(value):
    return np.full((16, 16), value)


def one_pixel(value):
    return np.where(np.arange(256).reshape(16, 16) == 40, value, 1)


@pytest.mark.parametrize("white", WHITES)
def test_every_value_of_every_depth_is_rounded(tmp_path, white):
    """Rounding in whole numbers: no value lies between two greys, since all whites are odd."""
    values = np.arange(white + 1)
    image = Image.fromarray(values[None].astype(np.uint16))
    assert is_deep(image.mode)
    eight = np.asarray(to_eight_bits(np.asarray(image), white, tmp_path))
    np.testing.assert_array_equal(eight[0], (2 * 255 * values + white) // (2 * white))


@pytest.mark.parametrize(
    ("brightest", "white"),
    [(0, 255), (255, 255), (256, 1023), (1023, 1023), (1024, 4095), (4096, 16383), (16384, 65535)],
)
def test_white_is_the_least_depth_that_holds_the_brightest(brightest, white):
    assert own_levels(np.array([0, brightest])) == WhiteLevels(whole=white)


def test_a_set_takes_the_highest_level_of_each_kind():
    files = [WhiteLevels(whole=255), WhiteLevels(), WhiteLevels(fraction=1), WhiteLevels(whole=4095)]
    assert common_levels(files) == WhiteLevels(whole=4095, fraction=1)
    assert common_levels([]) == WhiteLevels()


@pytest.mark.parametrize(("ending", "dtype"), [("png", np.uint16), ("tif", np.uint16), ("tif", np.int32)])
def test_twelve_bits_keep_their_greys_and_dark_images_stay_dark(tmp_path, ending, dtype):
    ramp = save(tmp_path / f"ramp.{ending}", np.arange(0, 4096, 16).reshape(16, 16), dtype)
    dark = save(tmp_path / f"dark.{ending}", flat(200), dtype)
    read = read_images([dark, ramp], GREY)
    assert read.white == WhiteLevels(whole=4095)
    assert (read.images[0] == round(200 * 255 / 4095)).all()
    assert len(np.unique(read.images[1])) >= 250


@pytest.mark.parametrize(("scale", "white"), [(1.0, 1), (1.02, 1), (255.0, 255)])
def test_floating_point_runs_to_1_or_to_255(tmp_path, scale, white):
    grey = save(tmp_path / "grey.tif", flat(0.4 * white), np.float32)
    black = save(tmp_path / "black.tif", flat(0.0), np.float32)
    full = save(tmp_path / "full.tif", flat(scale), np.float32)
    read = read_images([black, grey, full], GREY, skip_bad=True)
    assert read.white == WhiteLevels(fraction=white)
    assert read.images[:, 0, 0, 0].tolist()[:2] == [0, 102]
    # a set that ends at 1 does not turn black for one value above it; that file alone is refused
    assert len(read.skipped) == (scale > white)


def test_a_known_level_holds_for_other_files(tmp_path):
    form = ImageForm(16, 16, 1, white=WhiteLevels(whole=4095))
    assert (read_image(save(tmp_path / "a.png", flat(100), np.uint16), form) == 6).all()
    assert (read_image(save(tmp_path / "b.tif", flat(0.2), np.float32), form) == 51).all()
    with pytest.raises(ImageFileError, match="values up to 4096, and 4095 is white in the other images"):
        read_image(save(tmp_path / "c.png", one_pixel(4096), np.uint16), form)


@pytest.mark.parametrize(
    ("value", "dtype", "words"),
    [
        (np.nan, np.float32, "0 to 1, or from 0 to 255"),
        (np.inf, np.float32, "0 to 1, or from 0 to 255"),
        (-0.1, np.float32, "from -0.1 to 1"),
        (255.5, np.float32, "0 to 1, or from 0 to 255"),
        (-1, np.int32, "0 to 65535"),
        (65536, np.int32, "0 to 65535"),
    ],
)
def test_values_of_no_depth_are_refused(tmp_path, value, dtype, words):
    bad = save(tmp_path / "bad.tif", one_pixel(value), dtype)
    good = save(tmp_path / "good.tif", flat(1), dtype)
    with pytest.raises(ImageFileError, match=words):
        read_image(bad, GREY)
    read = read_images([bad, good], GREY, skip_bad=True)
    assert read.paths == (good,)


def test_a_data_set_tells_and_keeps_its_level(tmp_path):
    for name, brightest in (("dark", 900), ("light", 4000)):
        for value in range(brightest - 200, brightest, 40):
            save(tmp_path / name / f"{value}.tif", flat(value), np.uint16)
    data = load(tmp_path, size=16)
    assert data.card.white == WhiteLevels(whole=4095)
    assert any("4095 was taken for white" in note for note in data.notes)
    for split in data.splits.values():
        values = [int(Path(address).stem) for address in split.addresses]
        assert split.images[:, 0, 0, 0].tolist() == [round(value * 255 / 4095) for value in values]


def test_what_is_told():
    assert tell_levels(WhiteLevels()) == ""
    both = tell_levels(WhiteLevels(whole=1023, fraction=255))
    assert "1023 (whole numbers) and 255 (floating point) was taken for white" in both
