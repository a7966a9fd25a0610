"""What the engine finds, as Python has it, and its picture in a notebook."""

from __future__ import annotations

import base64
import html
import json
from typing import Any


class Result(dict[str, Any]):
    """What a study or a fit has found: a dictionary, which a notebook shows as a figure."""

    text: str
    """The result as text for people, with its final line break."""
    svg: str | None
    """The result as an SVG file; ``None`` without a picture. A study has one if it has a
    sweep."""

    @classmethod
    def of(cls, found: tuple[str, str, str | None]) -> Result:
        """From JSON text, text for people, and an SVG file."""
        as_json, text, svg = found
        result = cls(json.loads(as_json))
        result.text = text
        result.svg = svg
        return result

    def _repr_html_(self) -> str:
        picture = "" if self.svg is None else figure("the curve of the table", self.svg)
        return picture + figure(self.text)


def figure(text: str, svg: str | None = None) -> str:
    """The figure of a result in a notebook: its picture, or its text.

    A picture is an image, so that neither its styles nor anything in it reaches the notebook.
    """
    said = html.escape(text)
    if svg is None:
        return f'<pre style="line-height: 1.2">{said}</pre>'
    data = base64.b64encode(svg.encode()).decode()
    return f'<img style="max-width: 100%" src="data:image/svg+xml;base64,{data}" alt="{said}">'
