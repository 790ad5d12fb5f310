"""An extension of griffe, which reads the docstrings for the site.

The package writes a parameter in one line, ``name : what it is``, since its type stands in the signature. The numpydoc parser
takes what follows the colon for a type; here it is moved to the line below, where descriptions stand. Of a role of Sphinx, such
as ``:func:``, the name alone is kept, since the site is Markdown.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

SECTIONS = ("Parameters", "Returns", "Raises", "Yields", "Attributes")
_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_ITEM = re.compile(r"^(\S[^:\n]*?) : (.*)$", re.MULTILINE)
_ROLE = re.compile(r":(?:func|class|meth|mod|data|attr):(?=`)")


class OneLineDescriptions(griffe.Extension):
    """Move the description of each parameter, result and error to a line of its own; drop roles."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of each object as it is read."""
        if obj.docstring is not None:
            obj.docstring.value = with_descriptions_below(_ROLE.sub("", obj.docstring.value))


def with_descriptions_below(text: str) -> str:
    r"""Return a docstring with ``name : words`` as a name and, below it and indented, its words.

    Examples
    --------
    >>> with_descriptions_below("Do it.\n\nParameters\n----------\nn : how often.\n\nNotes\n-----\nA : b.")
    'Do it.\n\nParameters\n----------\nn\n    how often.\n\nNotes\n-----\nA : b.'
    """
    parts = _HEADING.split(text)
    result = parts[0]
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        moved = _ITEM.sub(r"\1\n    \2", body) if heading in SECTIONS else body
        result += f"{heading}\n{'-' * len(heading)}{moved}"
    return result
