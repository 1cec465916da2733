"""Pixels for games: a smooth canvas, and text drawn as it stands.

Pillow is imported on first use, since few runs draw anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Point = tuple[float, float]

INK: Colour = (32, 36, 44)
PAPER: Colour = (250, 250, 247)
MUTED: Colour = (120, 126, 138)
LINE: Colour = (205, 208, 214)
WHITE: Colour = (255, 255, 255)
GOLD: Colour = (232, 170, 52)
GREEN: Colour = (72, 150, 96)
RED: Colour = (196, 78, 70)
WOOD: Colour = (150, 104, 66)
SEAT_COLOURS: tuple[Colour, ...] = (
    (62, 110, 176),
    (206, 108, 62),
    (86, 148, 96),
    (150, 92, 160),
    (192, 150, 50),
    (72, 150, 160),
    (178, 78, 104),
    (112, 112, 124),
)


class Canvas:
    """A picture drawn at twice its size and halved at the end, so that edges are smooth."""

    def __init__(self, width: int, height: int, fill: Colour = PAPER) -> None:
        from PIL import Image, ImageDraw

        self._image = Image.new("RGB", (2 * width, 2 * height), fill)
        self._draw = ImageDraw.Draw(self._image)
        self.width, self.height = width, height

    def box(
        self,
        corner: Point,
        opposite: Point,
        fill: Colour | None = None,
        *,
        outline: Colour | None = None,
        radius: float = 0,
    ) -> None:
        """Draw a rectangle between two corners."""
        self._draw.rounded_rectangle(
            [_doubled(corner), _doubled(opposite)],
            2 * radius,
            fill,
            outline,
            width=3,
        )

    def disc(self, centre: Point, radius: float, fill: Colour) -> None:
        """Draw a filled circle."""
        x, y = centre
        corner = (x - radius, y - radius)
        opposite = (x + radius, y + radius)
        self._draw.ellipse([_doubled(corner), _doubled(opposite)], fill)

    def line(
        self, points: Sequence[Point], fill: Colour = INK, *, wide: float = 2
    ) -> None:
        """Draw a line through points."""
        self._draw.line(
            [_doubled(point) for point in points],
            fill,
            width=round(2 * wide),
            joint="curve",
        )

    def area(self, points: Sequence[Point], fill: Colour) -> None:
        """Draw a filled polygon."""
        self._draw.polygon([_doubled(point) for point in points], fill)

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: int = 14,
        fill: Colour = INK,
        anchor: str = "mm",
    ) -> None:
        """Write one line of text. `anchor` is Pillow's, and `mm` centres the text."""
        from PIL import ImageFont

        font = ImageFont.load_default(2 * size)
        self._draw.text(_doubled(at), text, fill, font=font, anchor=anchor)

    def pixels(self) -> NDArray[np.uint8]:
        """Return the picture as an array (height, width, 3)."""
        from PIL import Image

        size = (self.width, self.height)
        small = self._image.resize(size, Image.Resampling.LANCZOS)
        # Pillow's own array cannot be written to, and some consumers draw on frames.
        return np.asarray(small, dtype=np.uint8).copy()


def _doubled(point: Point) -> Point:
    x, y = point
    return 2 * x, 2 * y


def data_url(pixels: NDArray[np.uint8]) -> str:
    """Return pixels (height, width, 3) as a PNG in a data URL. Equal pixels give equal text."""
    from base64 import b64encode
    from io import BytesIO

    from PIL import Image

    png = BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    return "data:image/png;base64," + b64encode(png.getvalue()).decode()


def text_frame(text: str, *, size: int = 16, margin: int = 12) -> NDArray[np.uint8]:
    """Return `text` drawn as pixels (height, width, 3)."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    # The size of a text is known only by drawing it, here on a scrap.
    scrap = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    _, _, right, bottom = scrap.multiline_textbbox((0, 0), text, font=font)
    width = int(right) + 2 * margin
    height = int(bottom) + 2 * margin
    image = Image.new("RGB", (width, height), PAPER)
    ImageDraw.Draw(image).multiline_text((margin, margin), text, font=font, fill=INK)
    return np.asarray(image, dtype=np.uint8).copy()
