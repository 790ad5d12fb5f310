"""A mask is right when covering it hurts more than covering the same shape elsewhere."""

import numpy as np
import pytest

from giemsa.teaching import check_mask, cover

SIZE = 20
NUCLEUS = np.zeros((SIZE, SIZE), dtype=bool)
NUCLEUS[7:13, 8:14] = True


def cell() -> np.ndarray:
    """A dark nucleus on a bright field."""
    image = np.full((SIZE, SIZE, 3), 230, dtype=np.uint8)
    image[NUCLEUS] = (90, 40, 120)
    return image


def darkness(images: np.ndarray) -> np.ndarray:
    """The probability of class 1 is the share of the nucleus that is dark: a network whose eye is known."""
    dark = (images[:, NUCLEUS].mean(axis=2) < 128).mean(axis=1)
    return np.column_stack([1 - dark, dark])


def around(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.mark.parametrize(
    "mask", [NUCLEUS, around(8, 9, 4), NUCLEUS.astype(int), NUCLEUS[:, :, None], around(6, 7, 8)]
)
def test_the_nucleus_is_right(mask: np.ndarray) -> None:
    feedback = check_mask(mask, cell(), 1, darkness)
    assert feedback.passed, feedback


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (around(0, 0, 5), "the network does not rely on these pixels"),
        (around(11, 12, 6), "there are places that matter more"),
        (np.ones((SIZE, SIZE), dtype=bool), "at most 80 (a fifth of the image)"),
        (np.zeros((SIZE, SIZE), dtype=bool), "no pixel is marked"),
        (np.zeros((SIZE, SIZE, 3), dtype=bool), "yours has the shape (20, 20, 3)"),
        (np.full((SIZE, SIZE), 0.5), "true and false are asked for"),
        ("the nucleus", "true or false for each pixel is asked for"),
        ([[True], [True, False]], "true or false for each pixel is asked for"),
        (..., "there is no answer yet"),
    ],
)
def test_what_is_missing_is_said_exactly(answer: object, words: str) -> None:
    feedback = check_mask(answer, cell(), 1, darkness)
    assert not feedback.passed
    assert any(words in line for line in feedback.missing), feedback


def test_rows_and_columns_exchanged_are_found_out() -> None:
    (told,) = check_mask(NUCLEUS.T, cell(), 1, darkness).missing
    assert told.startswith("with rows and columns exchanged, your mask hides more of the cell")


def test_a_mask_that_hides_less_of_the_cell_is_right_where_the_network_looks_there() -> None:
    image = cell()
    image[13, 7:9] = 40

    def spot(images: np.ndarray) -> np.ndarray:
        dark = (images[:, 13, 7:9].mean(axis=2) < 128).mean(axis=1)
        return np.column_stack([1 - dark, dark])

    feedback = check_mask(NUCLEUS.T, image, 1, spot)
    assert feedback.passed, feedback
    assert any("hides more of the cell: draw it" in line for line in feedback.remarks)
    assert not any("exchanged" in line for line in check_mask(NUCLEUS, cell(), 1, darkness).remarks)


def test_a_fall_of_nothing_is_none() -> None:
    def barely(images: np.ndarray) -> np.ndarray:
        sure = 0.999 + 0.001 * darkness(images)[:, 1]
        return np.column_stack([1 - sure, sure])

    feedback = check_mask(NUCLEUS, cell(), 1, barely)
    assert "from 1.00 to 1.00: the network does not rely on these pixels" in feedback.missing[0]


def test_large_images_are_covered_at_a_grid_of_places_few_at_a_time() -> None:
    taken = []

    def light(images: np.ndarray) -> np.ndarray:
        taken.append(len(images))
        dark = (images[:, 50:60, 50:60].mean(axis=(1, 2, 3)) < 128) * 1.0
        return np.column_stack([1 - dark, dark])

    image = np.full((100, 110, 1), 230, dtype=np.uint8)
    image[50:60, 50:60] = 20
    assert check_mask(image[:, :, 0] < 100, image, 1, light)
    assert max(taken) == 128
    assert sum(taken) == 1 + 25 * 28  # every fourth pixel


def test_the_probabilities_are_told() -> None:
    assert "from 1.00 to 0.00" in repr(check_mask(NUCLEUS, cell(), 1, darkness))


def test_cover_paints_with_the_border_and_leaves_the_image_alone() -> None:
    image = cell()
    covered = cover(image, NUCLEUS)
    assert (covered == 230).all() and (image[NUCLEUS] == (90, 40, 120)).all()
