"""The data cards of the twelve two-dimensional MedMNIST sets, and where their files are published.

Names, labels, counts, addresses and check sums are the publisher's (MedMNIST 3.0.2 and its Zenodo record 10519652; Yang et al.,
"MedMNIST v2", Scientific Data 10 (2023) 41); the descriptions are our own. A literal table: nothing is fetched or made on import.
"""

from __future__ import annotations

from dataclasses import dataclass

from giemsa.data.dataset import DataCard, SourceGeometry, Symmetry
from giemsa.errors import DataError, nearest_names

SIZES = (28, 64, 128, 224)
_CITATION = 'Yang et al., "MedMNIST v2", Scientific Data 10 (2023) 41'
_CC_BY = "CC BY 4.0"
_TURNS: Symmetry = "mirror and quarter turns"


@dataclass(frozen=True)
class PublishedFile:
    """One file of a set: its size in pixels, its address and its MD5, as MedMNIST publishes them."""

    size: int
    file_name: str
    url: str
    md5: str


def published_file(name: str, size: int = 28) -> PublishedFile:
    """Return where the file of a MedMNIST set lies at ``size`` pixels.

    Raises
    ------
    DataError : the set or the size is not published.

    Examples
    --------
    >>> published_file("breastmnist", 64).file_name
    'breastmnist_64.npz'
    """
    card_of(name)
    if size not in SIZES:
        sizes = ", ".join(map(str, SIZES))
        raise DataError(f"{name} is published at {sizes} pixels, not at {size}; choose one of these sizes")
    file_name = f"{name}.npz" if size == 28 else f"{name}_{size}.npz"
    url = f"https://zenodo.org/records/10519652/files/{file_name}?download=1"
    return PublishedFile(size, file_name, url, _MD5[name][SIZES.index(size)])


def card_of(name: str) -> DataCard:
    """Return the card of a MedMNIST set.

    Raises
    ------
    DataError : no such set; the text names the nearest ones.

    Examples
    --------
    >>> card_of("bloodmnist").class_names[6]
    'neutrophil'
    """
    if name not in CARDS:
        raise DataError(f"there is no data set named '{name}'; {nearest_names(name, tuple(CARDS))}")
    return CARDS[name]


_ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)
_ORGANS_SHORT = (
    "bladder",
    "femur L",
    "femur R",
    "heart",
    "kidney L",
    "kidney R",
    "liver",
    "lung L",
    "lung R",
    "pancreas",
    "spleen",
)


def _organ_card(letter: str, plane: str, train: int, val: int, test: int) -> DataCard:
    """Return the card of one of the three organ sets, which differ in the plane alone."""
    return DataCard(
        name=f"organ{letter}mnist",
        title=f"Organs on abdominal CT, {plane} plane",
        description=f"The middle {plane} slice of each organ's bounding box in the CT scans of the liver tumour "
        "benchmark LiTS, in an abdominal window. The splits are by scan: 115, 16 and 70 of them.",
        task="multi-class",
        class_names=_ORGANS,
        short_names=_ORGANS_SHORT,
        channels=1,
        counts={"train": train, "val": val, "test": test},
        licence=_CC_BY,
        citation=f"{_CITATION}; Bilic et al., Medical Image Analysis 84 (2023) 102680",
        homepage="https://medmnist.com",
        symmetry="none",
    )


CARDS: dict[str, DataCard] = {
    "pathmnist": DataCard(
        name="pathmnist",
        title="Tissue of the colon and its cancers",
        description="Patches of colorectal cancer slides stained with haematoxylin and eosin, in nine tissue types. "
        "Train and val come from 100,000 patches of one collection, test from 7,180 patches of another clinic.",
        task="multi-class",
        class_names=(
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
        short_names=(
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "muscle",
            "mucosa",
            "stroma",
            "epithelium",
        ),
        channels=3,
        counts={"train": 89996, "val": 10004, "test": 7180},
        licence=_CC_BY,
        citation=f"{_CITATION}; Kather et al., PLOS Medicine 16 (2019) e1002730",
        homepage="https://medmnist.com",
        symmetry=_TURNS,
    ),
    "chestmnist": DataCard(
        name="chestmnist",
        title="Findings on chest X-rays",
        description="Frontal chest X-rays of 30,805 patients (NIH ChestX-ray14), each with none, one or several of "
        "fourteen findings that were read from the reports by software.",
        task="multi-label",
        class_names=(
            "atelectasis",
            "cardiomegaly",
            "effusion",
            "infiltration",
            "mass",
            "nodule",
            "pneumonia",
            "pneumothorax",
            "consolidation",
            "edema",
            "emphysema",
            "fibrosis",
            "pleural",
            "hernia",
        ),
        channels=1,
        counts={"train": 78468, "val": 11219, "test": 22433},
        licence=_CC_BY,
        citation=f"{_CITATION}; Wang et al., CVPR (2017) 3462",
        homepage="https://medmnist.com",
        symmetry="none",
    ),
    "dermamnist": DataCard(
        name="dermamnist",
        title="Pigmented lesions of the skin",
        description="Dermatoscopic pictures of pigmented skin lesions from several sources (HAM10000), in seven "
        "diagnoses, two thirds of them naevi. Not for commercial use.",
        task="multi-class",
        class_names=(
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
        short_names=(
            "actinic",
            "basal cell",
            "keratosis",
            "dermatofib.",
            "melanoma",
            "nevi",
            "vascular",
        ),
        channels=3,
        counts={"train": 7007, "val": 1003, "test": 2005},
        licence="CC BY-NC 4.0",
        citation=f"{_CITATION}; Tschandl et al., Scientific Data 5 (2018) 180161",
        homepage="https://medmnist.com",
        symmetry=_TURNS,
    ),
    "octmnist": DataCard(
        name="octmnist",
        title="Layers of the retina (OCT)",
        description="Optical coherence tomograms of the retina, healthy or with one of three diseases, centre-cropped. "
        "Test is small and balanced, train is neither.",
        task="multi-class",
        class_names=("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
        short_names=("CNV", "DME", "drusen", "normal"),
        channels=1,
        counts={"train": 97477, "val": 10832, "test": 1000},
        licence=_CC_BY,
        citation=f"{_CITATION}; Kermany et al., Cell 172 (2018) 1122",
        homepage="https://medmnist.com",
        symmetry="mirror",
    ),
    "pneumoniamnist": DataCard(
        name="pneumoniamnist",
        title="Pneumonia on chest X-rays of children",
        description="Chest X-rays of children, with pneumonia or without, centre-cropped. Test is the validation set "
        "of the source and holds more healthy children than train.",
        task="binary-class",
        class_names=("normal", "pneumonia"),
        channels=1,
        counts={"train": 4708, "val": 524, "test": 624},
        licence=_CC_BY,
        citation=f"{_CITATION}; Kermany et al., Cell 172 (2018) 1122",
        homepage="https://medmnist.com",
        symmetry="none",
    ),
    "retinamnist": DataCard(
        name="retinamnist",
        title="Grades of diabetic retinopathy",
        description="Photographs of the back of the eye (DeepDRiD), graded 0 to 4 for diabetic retinopathy, "
        "centre-cropped. The grades have an order.",
        task="ordinal-regression",
        class_names=("0", "1", "2", "3", "4"),
        short_names=("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"),
        channels=3,
        counts={"train": 1080, "val": 120, "test": 400},
        licence=_CC_BY,
        citation=f"{_CITATION}; Liu et al., Patterns 3 (2022) 100512",
        homepage="https://medmnist.com",
        symmetry="mirror",
    ),
    "breastmnist": DataCard(
        name="breastmnist",
        title="Ultrasound of the breast",
        description="Ultrasound pictures of breasts, malignant against everything else: normal and benign were merged "
        "because so small a picture cannot show more.",
        task="binary-class",
        class_names=("malignant", "normal, benign"),
        short_names=("malignant", "normal/benign"),
        channels=1,
        counts={"train": 546, "val": 78, "test": 156},
        licence=_CC_BY,
        citation=f"{_CITATION}; Al-Dhabyani et al., Data in Brief 28 (2020) 104863",
        homepage="https://medmnist.com",
        symmetry="mirror",
    ),
    "bloodmnist": DataCard(
        name="bloodmnist",
        title="Cells of the peripheral blood",
        description="Single blood cells of people without infection, blood disease or cancer and without medication at "
        "the time, photographed on May-Gruenwald-Giemsa stained smears in one hospital and sorted by pathologists. "
        "The centre 200x200 pixels of each 360x363 photograph were kept and resized.",
        task="multi-class",
        class_names=(
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        short_names=(
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature gran.",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        channels=3,
        counts={"train": 11959, "val": 1712, "test": 3421},
        licence=_CC_BY,
        citation=f"{_CITATION}; Acevedo et al., Data in Brief 30 (2020) 105474",
        homepage="https://medmnist.com",
        symmetry=_TURNS,
        source_geometry=SourceGeometry(height=363, width=360, crop=200, jpeg_quality=75),
    ),
    "tissuemnist": DataCard(
        name="tissuemnist",
        title="Cells of the kidney's cortex",
        description="Single cells of the human kidney's cortex, cut from three specimens under the fluorescence "
        "microscope (BBBC051); of seven slices the brightest value of each pixel was kept.",
        task="multi-class",
        class_names=(
            "Collecting Duct, Connecting Tubule",
            "Distal Convoluted Tubule",
            "Glomerular endothelial cells",
            "Interstitial endothelial cells",
            "Leukocytes",
            "Podocytes",
            "Proximal Tubule Segments",
            "Thick Ascending Limb",
        ),
        short_names=(
            "collecting",
            "distal",
            "glomerular",
            "interstitial",
            "leukocytes",
            "podocytes",
            "proximal",
            "ascending",
        ),
        channels=1,
        counts={"train": 165466, "val": 23640, "test": 47280},
        licence=_CC_BY,
        citation=f"{_CITATION}; Ljosa et al., Nature Methods 9 (2012) 637",
        homepage="https://medmnist.com",
        symmetry=_TURNS,
    ),
    "organamnist": _organ_card("a", "axial", 34561, 6491, 17778),
    "organcmnist": _organ_card("c", "coronal", 12975, 2392, 8216),
    "organsmnist": _organ_card("s", "sagittal", 13932, 2452, 8827),
}

# MD5 of the files of 28, 64, 128 and 224 pixels.
_MD5 = {
    "pathmnist": (
        "a8b06965200029087d5bd730944a56c1",
        "55aa9c1e0525abe5a6b9d8343a507616",
        "ac42d08fb904d92c244187169d1fd1d9",
        "2c51a510bcdc9cf8ddb2af93af1eadec",
    ),
    "chestmnist": (
        "02c8a6516a18b556561a56cbdd36c4a8",
        "9de6cd0b934ebb5b7426cfba5efbae16",
        "db107e5590b27930b62dbaf558aebee3",
        "45bd33e6f06c3e8cdb481c74a89152aa",
    ),
    "dermamnist": (
        "0744692d530f8e62ec473284d019b0c7",
        "b70a2f5635c6199aeaa28c31d7202e1f",
        "2defd784463fa5243564e855ed717de1",
        "8974907d8e169bef5f5b96bc506ae45d",
    ),
    "octmnist": (
        "c68d92d5b585d8d81f7112f81e2d0842",
        "e229e9440236b774d9f0dfef9d07bdaf",
        "0a97e76651ace45c5d943ee3f65b63ae",
        "abc493b6d529d5de7569faaef2773ba3",
    ),
    "pneumoniamnist": (
        "28209eda62fecd6e6a2d98b1501bb15f",
        "8f4eceb4ccffa70c672198ea285246c6",
        "05b46931834c231683c68f40c47b2971",
        "d6a3c71de1b945ea11211b03746c1fe1",
    ),
    "retinamnist": (
        "bd4c0672f1bba3e3a89f0e4e876791e4",
        "afda852cc34dcda56f86ad2b2457dbcc",
        "e48e916a24454daf90583d4e6efb1a18",
        "eae7e3b6f3fcbda4ae613ebdcbe35348",
    ),
    "breastmnist": (
        "750601b1f35ba3300ea97c75c52ff8f6",
        "742edef2a1fd1524b2efff4bd7ba9364",
        "363e4b3f8d712e9b5de15470a2aaadf1",
        "b56378a6eefa9fed602bb16d192d4c8b",
    ),
    "bloodmnist": (
        "7053d0359d879ad8a5505303e11de1dc",
        "2b94928a2ae4916078ca51e05b6b800b",
        "adace1e0ed228fccda1f39692059dd4c",
        "b718ff6835fcbdb22ba9eacccd7b2601",
    ),
    "tissuemnist": (
        "ebe78ee8b05294063de985d821c1c34b",
        "123ece2eba09d0aa5d698fda57103344",
        "61b955355d7425a89687b06cca3ce0c2",
        "b077128c4a949f0a4eb01517f9037b9c",
    ),
    "organamnist": (
        "68e3f8846a6bd62f0c9bf841c0d9eacc",
        "2dcccc29b88e6da5a01161ef20cda288",
        "eeae80d0a227a8d099027e1b3cfd3b60",
        "50747347e05c87dd3aaf92c49f9f3170",
    ),
    "organcmnist": (
        "b9ceb9546e10131b32923c5bbeaea2b1",
        "3ce34a8724ea6f548e6db4744d03b6a9",
        "773c1f009daa3fe5d9a2a201b2a7ed94",
        "050f5e875dc056f6768abf94ec9995d1",
    ),
    "organsmnist": (
        "9ab87b696fb54e2a387ebe992d6ed5f1",
        "53a6d115339d874c25e309a994ff46d3",
        "ded0c5fa01a95dc4978b956f613e9b8e",
        "b354719e553fbbb2513d5533f52a4cb1",
    ),
}
