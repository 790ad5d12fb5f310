"""Everything that giemsa raises on purpose.

A user's mistake is a :class:`GiemsaError`: one line that says what was wrong, what was expected, what came and what to do. The
command line prints that line and exits with status 2; anything else is a bug and keeps its traceback. The tree::

    GiemsaError
    |-- DataError            a data set, manifest, archive or folder cannot be used as it is
    |   |-- ImageFileError   one image file cannot be read
    |   `-- DownloadError    a file could not be fetched, or is not the file that was promised
    |-- RecipeError          a field of a recipe is unknown or out of range
    |-- ModelError           a network is unknown, or does not fit the images or the classes
    |-- RunError             a run folder is incomplete, of a newer version, tampered with, or in the way
    |-- PredictionError      probabilities or labels that cannot be scored
    `-- DependencyError      an optional package is needed and missing
"""


class GiemsaError(Exception):
    """A mistake that the user can mend; its text is one line."""


class DataError(GiemsaError):
    """A data set, manifest, archive or folder cannot be used as it is."""


class ImageFileError(DataError):
    """One image file cannot be read.

    Parameters
    ----------
    fault : what is wrong with it, and what was expected.
    mend : what its owner can do about it.

    Examples
    --------
    >>> error = ImageFileError("cell.png is empty: expected an image", "replace it")
    >>> print(error)
    cell.png is empty: expected an image; replace it, or go on without it: --skip-bad, skip_bad=True in Python
    >>> error.reason
    'cell.png is empty: expected an image; replace it'
    """

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(fault, mend)

    @property
    def reason(self) -> str:
        """Both, without the word that the file may be left out: for where it is, or must not be."""
        return "; ".join(self.args)

    def __str__(self) -> str:
        return f"{self.reason}, or go on without it: --skip-bad, skip_bad=True in Python"


class DownloadError(DataError):
    """A file could not be fetched, or is not the file that was promised."""


class RecipeError(GiemsaError):
    """A field of a recipe is unknown or out of range."""


class ModelError(GiemsaError):
    """A network is unknown, or does not fit the images or the classes."""


class RunError(GiemsaError):
    """A run folder is incomplete, of a newer version, tampered with, or in the way."""


class PredictionError(GiemsaError):
    """Probabilities or labels that cannot be scored."""


class DependencyError(GiemsaError):
    """An optional package is needed and missing."""


def nearest_names(name: str, known: tuple[str, ...] | list[str]) -> str:
    """Return the known names that resemble ``name``, as words for an error's text; all of them if none does."""
    import difflib

    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return "did you mean " + " or ".join(close) + "?" if close else "known: " + ", ".join(known)
