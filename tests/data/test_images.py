"""Reading image files: every depth and mode, the published geometry, and what cannot be read."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from giemsa.data import images, opening
from giemsa.data.cards import card_of
from giemsa.data.dataset import SourceGeometry
from giemsa.data.depth import tell_coarse
from giemsa.data.embedded import embedded_arrays
from giemsa.data.images import ImageForm, count_channels, fit_arrays, read_image, read_images
from giemsa.data.load import load
from giemsa.errors import ImageFileError

FORM = ImageForm(8, 8, 3)
GREY = ImageForm(8, 8, 1)
# originals of pbc_sample that are in BloodMNIST, with their places in train, val and test laid end to end
KNOWN = {
    "erythroblast/ERB_133329.jpg": 6644,
    "immature granulocyte/MY_461295.jpg": 12519,
    "monocyte/MO_820929.jpg": 7188,
    "neutrophil/SNE_13626.jpg": 12918,
    "erythroblast/ERB_129181.jpg": 5137,
}


def save(path, array, **how):
    Image.fromarray(np.asarray(array)).save(path, **how)
    return path


@pytest.mark.parametrize("ending", ["png", "tif", "tiff", "bmp", "webp", "jpg", "jpeg", "PNG"])
def test_every_format_keeps_a_flat_colour(tmp_path, ending):
    lossless = {"lossless": True} if ending == "webp" else {}
    path = save(
        tmp_path / f"zellkern-äöü-細胞.{ending}", np.full((8, 8, 3), (200, 100, 50), np.uint8), **lossless
    )
    image = read_image(path, FORM)
    assert image.shape == (8, 8, 3)
    assert image.dtype == np.uint8
    np.testing.assert_allclose(image.mean((0, 1)), (200, 100, 50), atol=2)


@pytest.mark.parametrize(
    ("array", "ending", "expected"),
    [
        (np.full((8, 8), 257 * 100, np.uint16), "png", 100),  # 16 bits
        (np.full((8, 8), 65535, np.uint16), "tif", 255),
        (np.full((8, 8), 70, np.uint8), "png", 70),
        (np.full((8, 8), True), "png", 255),
        (np.full((8, 8, 4), (10, 10, 10, 255), np.uint8), "png", 10),
        (np.full((8, 8, 4), (0, 0, 0, 0), np.uint8), "png", 255),  # what is transparent lies on white
        (np.full((8, 8, 2), (40, 255), np.uint8), "png", 40),  # grey with alpha
        (np.full((8, 8), 25.0, np.float32), "tif", 25),
    ],
)
def test_depths_and_modes(tmp_path, array, ending, expected):
    path = save(tmp_path / f"a.{ending}", array)
    assert (read_image(path, FORM) == expected).all()
    assert (read_image(path, GREY) == expected).all()


def test_sixteen_bits_cover_the_range(tmp_path):
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    image = read_image(save(tmp_path / "ramp.png", ramp), ImageForm(16, 16, 1))
    assert image[..., 0].reshape(-1).tolist() == list(range(256))


def test_palette(tmp_path):
    colours = np.zeros((8, 8, 3), np.uint8)
    colours[:4] = (250, 0, 0)
    path = tmp_path / "palette.png"
    Image.fromarray(colours).quantize(4).save(path)
    with Image.open(path) as stored:
        assert stored.mode == "P"
    np.testing.assert_array_equal(read_image(path, FORM), colours)


def test_exif_orientation_is_followed(tmp_path):
    upper_white = np.zeros((8, 8), np.uint8)
    upper_white[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    path = save(tmp_path / "turned.png", upper_white, exif=exif)
    np.testing.assert_array_equal(read_image(path, GREY)[..., 0], upper_white[::-1])


def test_antialiasing_averages_instead_of_picking(tmp_path):
    board = np.indices((64, 64)).sum(0) % 2 * 255
    image = read_image(save(tmp_path / "board.png", board.astype(np.uint8)), GREY)
    assert abs(image.astype(int) - 128).max() <= 3


@pytest.mark.parametrize(("fit", "columns"), [("crop", (90, 90)), ("stretch", (10, 170)), ("pad", (10, 170))])
def test_fits(tmp_path, fit, columns):
    """A strip 8x24 of three greys: crop keeps the middle, stretch all, pad adds rows."""
    strip = np.repeat(np.array([10, 90, 170], np.uint8), 8)[None].repeat(8, 0)
    image = read_image(save(tmp_path / "strip.png", strip), ImageForm(24, 24, 1, fit))[..., 0]
    assert (image[12, 1], image[12, -2]) == columns
    if fit == "pad":
        assert len(set(image[0].tolist())) == 1
        np.testing.assert_array_equal(image[8:16], strip)


def test_source_geometry_crops_before_it_resizes(tmp_path):
    photograph = np.zeros((36, 40), np.uint8)
    photograph[8:28, 10:30] = 200
    form = ImageForm(8, 8, 1, geometry=SourceGeometry(height=36, width=40, crop=20))
    assert (read_image(save(tmp_path / "a.png", photograph), form) == 200).all()
    other = read_image(save(tmp_path / "b.png", photograph[:, :36]), form)
    assert other.min() == 0
    assert read_images([tmp_path / "a.png", tmp_path / "b.png"], form).cropped == 1


def test_originals_become_bloodmnist(shared_data):
    arrays = embedded_arrays()
    published = np.concatenate([arrays[f"{split}_images"] for split in ("train", "val", "test")])
    form = ImageForm(28, 28, 3, geometry=card_of("bloodmnist").source_geometry)
    distances = []
    for name, place in KNOWN.items():
        image = read_image(shared_data / "pbc_sample" / name, form).astype(float)
        distances.append(np.sqrt(((image - published[place]) ** 2).mean()))
    assert np.median(distances) < 2.5
    assert max(distances) < 5


def test_facts_of_files(tmp_path):
    path = save(tmp_path / "a.png", np.zeros((10, 12), np.uint8))
    facts = read_images([path], FORM).facts
    assert {name: column.tolist() for name, column in facts.items()} == {
        "bytes": [path.stat().st_size],
        "format": ["PNG"],
        "height": [10],
        "width": [12],
    }


def test_channels_are_counted(tmp_path):
    grey = save(tmp_path / "a.png", np.zeros((8, 8), np.uint16))
    colour = save(tmp_path / "b.png", np.zeros((8, 8, 3), np.uint8))
    assert count_channels([grey]) == 1
    assert count_channels([grey, colour]) == 3


def test_arrays_are_fitted_like_files(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    from_file = read_image(save(tmp_path / "a.png", image), FORM)
    np.testing.assert_array_equal(fit_arrays(image[None], FORM)[0], from_file)


# Bad input


def bad_file(tmp_path, kind):
    path = tmp_path / "bad.png"
    if kind == "missing":
        return path
    save(path, np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "truncated": whole[: len(whole) // 2], "text": b"this is no image"}[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "does not exist"),
        ("empty", "is empty"),
        ("truncated", "cut short"),
        ("text", "not an image"),
    ],
)
def test_a_bad_file_is_named_in_one_line(tmp_path, kind, words):
    with pytest.raises(ImageFileError, match=words) as caught:
        read_image(bad_file(tmp_path, kind), FORM)
    assert "bad.png" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_program_with_an_images_name_is_not_run(tmp_path):
    """PostScript is one, which Pillow hands to Ghostscript where that is installed."""
    path = tmp_path / "cell.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n")
    with pytest.raises(ImageFileError, match="is not an image that can be read"):
        read_image(path, FORM)


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "LARGEST_PIXELS", 99)
    with pytest.raises(ImageFileError, match="decompression bomb"):
        read_image(save(tmp_path / "bomb.png", np.zeros((10, 10), np.uint8)), FORM)


def test_a_real_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.png"
    Image.new("1", (14_000, 14_000)).save(path)
    assert path.stat().st_size < 100_000
    with pytest.raises(ImageFileError, match="decompression bomb"):
        read_image(path, FORM)


def test_colour_is_refused_where_the_form_is_grey(tmp_path):
    """Three equal channels are grey, as many programs save it."""
    levels = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    grey = save(tmp_path / "grey.png", np.repeat(levels[..., None], 3, axis=-1))
    np.testing.assert_array_equal(read_image(grey, GREY)[..., 0], levels)
    colour = save(tmp_path / "colour.png", np.full((8, 8, 3), (200, 100, 50), np.uint8))
    read = read_images([colour, grey], GREY, skip_bad=True)
    assert read.paths == (grey,)
    assert "is in colour: expected greyscale" in read.skipped[0][1]
    with pytest.raises(ImageFileError, match=r"colour\.png is in colour"):
        read_images([grey, colour], GREY)


def save_deep_colour(path, values):
    """Write a PNG of 16 bits a channel, which Pillow cannot; ``values`` ``(height, width, 3)``."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def test_twelve_bits_in_colour_are_refused_since_sixteen_greys_would_be_left(tmp_path):
    ramp = np.arange(0, 65536, 1024).reshape(8, 8, 1).repeat(3, axis=-1)
    full = save_deep_colour(tmp_path / "full.png", ramp)
    np.testing.assert_array_equal(read_image(full, FORM), ramp // 256)
    twelve = save_deep_colour(tmp_path / "twelve.png", ramp // 16)
    with pytest.raises(ImageFileError, match=r"16 bits a channel in colour, .* uses the lower 12 alone"):
        read_image(twelve, FORM)
    assert read_images([twelve, full], FORM, skip_bad=True).paths == (full,)


def test_fourteen_bits_in_colour_are_told_of(tmp_path):
    ramp = np.arange(0, 65536, 1024).reshape(8, 8, 1).repeat(3, axis=-1)
    paths = [
        save_deep_colour(tmp_path / "dark.png", ramp // 8),
        save_deep_colour(tmp_path / "fourteen.png", ramp // 4),
        save(tmp_path / "plain.png", np.full((8, 8, 3), 250, np.uint8)),
    ]
    read = read_images(paths, FORM)
    assert read.coarse == (31, 63)
    assert tell_coarse(read.coarse).startswith("2 files in colour have 16 bits a channel")
    full = save_deep_colour(tmp_path / "full.png", ramp)
    assert read_images([full], FORM).coarse == (252,)
    assert tell_coarse([31, 252]) == tell_coarse([]) == ""
    for name in ("a", "b"):
        for number in range(5):
            (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
            save_deep_colour(tmp_path / "set" / name / f"{number}.png", np.roll(ramp // 4, number, axis=0))
    assert "10 files in colour have 16 bits a channel" in load(tmp_path / "set").notes[1]


def test_several_pages_are_refused(tmp_path):
    page = Image.fromarray(np.zeros((8, 8), np.uint8))
    page.save(tmp_path / "stack.tif", save_all=True, append_images=[page, page])
    page.save(tmp_path / "film.png", save_all=True, append_images=[Image.new("L", (8, 8), 9)])
    good = save(tmp_path / "good.tif", np.zeros((8, 8), np.uint8))
    with pytest.raises(ImageFileError, match=r"stack\.tif holds 3 images: expected one"):
        read_image(tmp_path / "stack.tif", FORM)
    read = read_images([tmp_path / "stack.tif", tmp_path / "film.png", good], FORM, skip_bad=True)
    assert read.paths == (good,)


def test_previews_are_no_pages(tmp_path):
    image, preview = Image.new("RGB", (8, 8), (90, 80, 70)), Image.new("RGB", (4, 4))
    image.save(
        tmp_path / "telephone.jpg", "MPO", save_all=True, append_images=[preview], quality=100, subsampling=0
    )
    image.copy().save(
        tmp_path / "scanner.tif", save_all=True, append_images=[preview.copy()], tiffinfo={254: 1}
    )
    for name in ("telephone.jpg", "scanner.tif"):
        with Image.open(tmp_path / name) as stored:
            assert stored.n_frames == 2
        np.testing.assert_allclose(read_image(tmp_path / name, FORM), np.asarray(image), atol=2)


def test_skip_bad_goes_on_and_says_which(tmp_path):
    good = save(tmp_path / "good.png", np.zeros((8, 8, 3), np.uint8))
    bad = bad_file(tmp_path, "truncated")
    calls = []
    read = read_images([bad, good], FORM, skip_bad=True, progress=lambda *call: calls.append(call))
    assert read.places.tolist() == [1]
    assert [address for address, _ in read.skipped] == [str(bad)]
    assert calls[-1][:2] == (2, 2)
    with pytest.raises(ImageFileError, match=r"bad\.png"):
        read_images([bad, good], FORM)


@pytest.fixture
def opened(monkeypatch):
    """The files that are opened, in any order."""
    seen = []
    open_one = images.open_image
    monkeypatch.setattr(images, "open_image", lambda path: seen.append(path) or open_one(path))
    return seen


def test_a_file_is_opened_once_and_a_deep_one_twice(tmp_path, opened):
    paths = []
    for number in range(6):
        deep = number == 2
        pixels = np.full((8, 8) if deep else (8, 8, 3), 100, np.uint16 if deep else np.uint8)
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels).save(paths[-1])
    told = []
    read = read_images(paths, ImageForm(8, 8, 3), progress=lambda *step: told.append(step[:2]))
    assert sorted(opened) == sorted([*paths, paths[2]])
    assert [image.max() for image in read.images] == [100] * 6
    assert read.facts["format"].tolist() == ["PNG"] * 6
    assert told[-1] == (7, 7)


def test_nobody_waits_for_the_files_that_are_left_when_it_is_interrupted(tmp_path, opened):
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((600, 600, 3), np.uint8)).save(path)

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_images([path] * 400, ImageForm(8, 8, 3), progress=interrupt)
    assert len(opened) < 200


def test_a_large_image_is_in_memory_once(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", np.full((300, 300, 3), 80, np.uint8))
    tall = save(tmp_path / "tall.png", np.full((300, 200, 3), 80, np.uint8))
    copies = []
    for name in ("copy", "crop"):
        monkeypatch.setattr(Image.Image, name, _noting(copies, name, getattr(Image.Image, name)))
    assert read_image(path, FORM).max() == 80
    assert copies == []
    read_image(tall, FORM)
    assert copies == ["crop"]


def _noting(names, name, method):
    def noted(*words):
        names.append(name)
        return method(*words)

    return noted
