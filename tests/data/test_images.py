"""Reading image files: every depth and mode, the published geometry, and what cannot be read."""

import pickle
import struct
import threading
import time
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from giemsa.data import images, opening
from giemsa.data.cards import card_of
from giemsa.data.dataset import SourceGeometry
from giemsa.data.depth import tell_coarse
from giemsa.data.embedded import embedded_arrays
from giemsa.data.fitting import ImageForm, fit_arrays
from giemsa.data.images import count_channels, read_image, read_images
from giemsa.data.load import load
from giemsa.errors import DataError, ImageFileError

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
    told = []
    assert count_channels([grey] * 3, lambda *step: told.append(step)) == 1
    assert told == [(done, 3, "looking for colour") for done in (1, 2, 3)]
    assert count_channels([grey, colour]) == count_channels([colour, grey]) == 3


def test_arrays_are_fitted_like_files(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    from_file = read_image(save(tmp_path / "a.png", image), FORM)
    np.testing.assert_array_equal(fit_arrays(image[None], FORM)[0], from_file)


# Bad input


def bad_file(tmp_path, kind):
    path = tmp_path / "bad.png"
    if kind == "missing":
        return path
    if kind == "folder":
        path.mkdir()
        return path
    save(path, np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "truncated": whole[: len(whole) // 2], "text": b"this is no image"}[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "does not exist"),
        ("folder", "is a folder: expected an image file"),
        ("empty", "is empty"),
        ("truncated", "cut short"),
        ("text", "not an image"),
    ],
)
def test_a_bad_file_is_named_in_one_line(tmp_path, kind, words):
    bad = bad_file(tmp_path, kind)
    with pytest.raises(ImageFileError, match=words) as caught:
        read_image(bad, FORM)
    assert "bad.png" in str(caught.value)
    assert "\n" not in str(caught.value)
    left_out = read_images([bad], FORM, skip_bad=True).skipped
    assert left_out == ((str(bad), caught.value.reason),)
    assert (
        str(caught.value)
        == f"{caught.value.reason}, or go on without it: --skip-bad, skip_bad=True in Python"
    )


def test_an_error_of_a_file_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(ImageFileError("cell.png is empty", "replace it")))
    assert error.reason == "cell.png is empty; replace it"


def test_a_tiff_of_a_kind_that_is_not_read_is_called_one(tmp_path):
    """Of 64-bit floating-point numbers, say, or of two channels of 16 bits."""
    Image.new("F", (8, 8)).save(tmp_path / "double.tif")
    whole = (tmp_path / "double.tif").read_bytes()
    bits = struct.pack("<HHII", 258, 3, 1, 32)  # the tag of the bits a channel
    assert whole.count(bits) == 1
    (tmp_path / "double.tif").write_bytes(whole.replace(bits, struct.pack("<HHII", 258, 3, 1, 64)))
    with pytest.raises(
        ImageFileError, match=r"double\.tif is a TIFF of a kind that is not read, or damaged: expected grey"
    ):
        read_image(tmp_path / "double.tif", FORM)


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


def save_deep(path, brightest):
    Image.fromarray(np.linspace(0, brightest, 64).reshape(8, 8).astype(np.uint16)).save(path)
    return path


def test_a_file_is_opened_once_and_a_deep_one_twice_if_others_are_brighter(tmp_path, opened):
    paths = [save(tmp_path / "plain.png", np.full((8, 8, 3), 100, np.uint8))]
    paths += [save_deep(tmp_path / f"{brightest}.png", brightest) for brightest in (4000, 900, 4095, 255)]
    told = []
    read = read_images(paths, FORM, progress=lambda *step: told.append(step[:2]))
    assert sorted(opened) == sorted([*paths, paths[2], paths[4]])
    assert [image.max() for image in read.images] == [100, 249, 56, 255, 16]
    assert read.facts["format"].tolist() == ["PNG"] * 5
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5), (6, 7), (7, 7)]
    opened.clear()
    assert read_images([paths[1], paths[3]], FORM).white.whole == 4095
    assert len(opened) == 2


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


def test_threads_silence_pillow_and_leave_the_filters_of_warnings_as_they_were(tmp_path, monkeypatch):
    """Two that silence them side by side, the first to begin the first to end, would leave them silenced for good."""
    path = save(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    before, begun, both, open_one = list(warnings.filters), [], threading.Barrier(2, timeout=30), Image.open

    def one_after_the_other(*words, **how):
        begun.append(path)
        last = len(begun) == 2
        both.wait()
        time.sleep(0.1 * last)
        return open_one(*words, **how)

    monkeypatch.setattr(Image, "open", one_after_the_other)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)  # Pillow warns of more
    read_images([path, path], FORM)
    assert warnings.filters == before


# Large images


def test_large_files_wait_for_room(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", np.full((8, 8, 3), 80, np.uint8))
    read_one, lock, at_once, most = images._read, threading.Lock(), [0], [0]

    def slow(*words):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        with lock:
            at_once[0] -= 1
        return read_one(*words)

    monkeypatch.setattr(images, "_read", slow)
    monkeypatch.setattr(images, "LARGEST_PIXELS", 2 * 8 * 8)
    assert (read_images([path] * 20, FORM).images == 80).all()
    assert most == [2]
    monkeypatch.setattr(images, "LARGEST_PIXELS", 10)  # one that does not fit is read alone
    most[0] = 0
    assert (read_images([path] * 5, FORM).images == 80).all()
    assert most == [1]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_transparency_of_a_large_image_is_laid_on_white_as_of_a_small_one(tmp_path, mode):
    """Each strip of it; the whole at once is the oracle."""
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (1100, 900, 4), np.uint8)).convert(
        mode if mode != "P" else "L"
    )
    if mode == "P":
        image = image.convert("P")
    image.save(tmp_path / "a.png", **({} if "A" in mode else {"transparency": _transparent(mode)}))
    with Image.open(tmp_path / "a.png") as stored:
        whole = Image.alpha_composite(Image.new("RGBA", stored.size, "white"), stored.convert("RGBA"))
    form = ImageForm(1100, 900, 1 if mode in ("LA", "L") else 3)
    expected = np.asarray(whole.convert(form.mode)).reshape(1100, 900, form.channels)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", form), expected)


def _transparent(mode):
    return {"P": bytes(range(256)), "RGB": (7, 7, 7), "L": 7}[mode]


def test_colour_in_the_last_row_of_a_large_image_is_found(tmp_path):
    pixels = np.full((1100, 900, 3), 90, np.uint8)
    grey = save(tmp_path / "grey.png", pixels)
    assert (read_image(grey, GREY) == 90).all()
    pixels[-1, -1, 0] = 91
    with pytest.raises(ImageFileError, match="is in colour"):
        read_image(save(tmp_path / "colour.png", pixels), GREY)


def test_a_large_deep_image_is_rounded_like_a_small_one(tmp_path):
    values = np.random.default_rng(0).integers(0, 4096, (1100, 900), np.uint16)
    values[0, 0] = 4095
    read = read_image(save(tmp_path / "a.tif", values), ImageForm(1100, 900, 1))
    np.testing.assert_array_equal(read[..., 0], np.rint(values * (255 / 4095)))


def test_a_padded_image_lies_on_the_mean_of_its_edge(tmp_path):
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1] = (90, 0, 0), (0, 90, 0), (0, 0, 90), (0, 0, 90)
    image = read_image(save(tmp_path / "a.png", pixels), ImageForm(8, 8, 3, "pad"))
    assert image[0, 3].tolist() == image[7, 5].tolist() == [22, 22, 45]
    np.testing.assert_array_equal(image[2:6], pixels)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_very_large_jpeg_is_decoded_to_what_is_needed(tmp_path, monkeypatch, fit):
    """Smooth spots, as a photograph has them: no pixel may tell the two ways apart by more than a grey or two."""
    spots = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    path, form = tmp_path / "a.jpg", ImageForm(40, 40, 3, fit)
    Image.fromarray(spots).resize((1280, 960), Image.Resampling.BICUBIC).save(path, quality=95)
    decoded, load_one = [], images.load_image
    monkeypatch.setattr(
        images, "load_image", lambda image, path: decoded.append(image.size) or load_one(image, path)
    )
    whole = read_images([path], form)
    monkeypatch.setattr(images, "VERY_LARGE", 1280 * 960 - 1)
    part = read_images([path], form)
    assert decoded == [(1280, 960), (160, 120)]
    assert part.facts == whole.facts
    assert abs(part.images.astype(int) - whole.images).max() <= 3


def test_images_that_no_memory_holds_are_told_in_one_line(monkeypatch, tmp_path):
    path = save(tmp_path / "a.png", np.zeros((8, 8), np.uint8))

    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr(images.np, "empty", full)
    with pytest.raises(DataError, match=r"^1 images of 40000x40000 pixels take 4\.8 GB of memory"):
        read_image(path, ImageForm(40_000, 40_000, 3))
