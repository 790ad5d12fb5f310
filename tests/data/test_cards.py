import pytest

from giemsa.data.cards import CARDS, SIZES, card_of, published_file
from giemsa.data.dataset import SPLITS
from giemsa.errors import DataError


def test_the_twelve_sets():
    assert len(CARDS) == 12
    assert all(name == card.name for name, card in CARDS.items())


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_whole(name):
    card = CARDS[name]
    assert set(card.counts) == set(SPLITS)
    assert card.channels in (1, 3)
    assert card.symmetry in ("none", "mirror", "mirror and quarter turns")
    assert card.licence.startswith("CC BY")
    assert all((card.title, card.description, card.task, card.citation, card.homepage))
    assert len(set(card.class_names)) == len(card.class_names) >= 2
    short = card.short_names or card.class_names
    assert len(set(short)) == len(card.class_names)
    assert max(map(len, short)) <= 14


@pytest.mark.parametrize(
    ("name", "total", "classes"),
    [  # the totals of MedMNIST's own table
        ("pathmnist", 107180, 9),
        ("chestmnist", 112120, 14),
        ("dermamnist", 10015, 7),
        ("octmnist", 109309, 4),
        ("pneumoniamnist", 5856, 2),
        ("retinamnist", 1600, 5),
        ("breastmnist", 780, 2),
        ("bloodmnist", 17092, 8),
        ("tissuemnist", 236386, 8),
        ("organamnist", 58830, 11),
        ("organcmnist", 23583, 11),
        ("organsmnist", 25211, 11),
    ],
)
def test_totals_and_classes(name, total, classes):
    assert sum(CARDS[name].counts.values()) == total
    assert len(CARDS[name].class_names) == classes


def test_published_files():
    files = [published_file(name, size) for name in CARDS for size in SIZES]
    assert len({file.md5 for file in files}) == len({file.url for file in files}) == 48
    assert all(len(file.md5) == 32 and set(file.md5) <= set("0123456789abcdef") for file in files)
    blood = published_file("bloodmnist")
    assert blood.md5 == "7053d0359d879ad8a5505303e11de1dc"
    assert blood.url == "https://zenodo.org/records/10519652/files/bloodmnist.npz?download=1"


def test_md5_of_real_files(shared_data):
    import hashlib

    for name in ("bloodmnist", "breastmnist", "pneumoniamnist"):
        found = hashlib.md5((shared_data / f"{name}.npz").read_bytes()).hexdigest()
        assert found == published_file(name).md5


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(DataError, match="'bloodmist'; did you mean bloodmnist"):
        card_of("bloodmist")


def test_an_unknown_size_gives_those_that_exist():
    with pytest.raises(DataError, match="28, 64, 128, 224 pixels, not at 32"):
        published_file("pathmnist", 32)
