"""Small images keep every pixel; large ones become small."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from giemsa.reporting.thumbnails import LARGEST_SIDE, sheet, thumbnail_address


def _decode(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB"))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_small_image_keeps_every_pixel(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, channels), dtype=np.uint8)
    np.testing.assert_array_equal(_decode(thumbnail_address(pixels)), np.broadcast_to(pixels, (28, 28, 3)))


def test_a_large_image_becomes_small_and_keeps_its_shape() -> None:
    pixels = np.full((448, 224, 3), 120, dtype=np.uint8)
    small = _decode(thumbnail_address(pixels))
    assert small.shape == (LARGEST_SIDE, LARGEST_SIDE // 2, 3)
    assert abs(int(small.mean()) - 120) <= 2


def test_a_sheet_holds_its_images_row_by_row() -> None:
    images = [np.full((8, 8, 1), value, dtype=np.uint8) for value in (0, 60, 120, 180, 240)]
    address, columns = sheet(images, 16)
    picture = _decode(address)
    assert columns == 3
    assert picture.shape == (32, 48, 3)
    for place, value in enumerate((0, 60, 120, 180, 240)):
        row, column = divmod(place, columns)
        assert abs(int(picture[row * 16 + 4, column * 16 + 4, 0]) - value) <= 4
