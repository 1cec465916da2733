"""Pixels for games: a smooth canvas, text and tables on it; Pillow is imported on first use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Point = tuple[float, float]

INK, PAPER, MUTED, LINE = (
    (32, 36, 44),
    (250, 250, 247),
    (120, 126, 138),
    (205, 208, 214),
)
GOLD, GREEN, RED, WOOD = (232, 170, 52), (72, 150, 96), (196, 78, 70), (150, 104, 66)
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
            [2 * corner[0], 2 * corner[1], 2 * opposite[0], 2 * opposite[1]],
            2 * radius,
            fill,
            outline,
            width=3,
        )

    def disc(self, centre: Point, radius: float, fill: Colour) -> None:
        """Draw a filled circle."""
        x, y, r = 2 * centre[0], 2 * centre[1], 2 * radius
        self._draw.ellipse([x - r, y - r, x + r, y + r], fill)

    def line(
        self, points: Sequence[Point], fill: Colour = INK, *, wide: float = 2
    ) -> None:
        """Draw a line through points."""
        self._draw.line(
            [(2 * x, 2 * y) for x, y in points],
            fill,
            width=round(2 * wide),
            joint="curve",
        )

    def area(self, points: Sequence[Point], fill: Colour) -> None:
        """Draw a filled polygon."""
        self._draw.polygon([(2 * x, 2 * y) for x, y in points], fill)

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: int = 14,
        fill: Colour = INK,
        anchor: str = "mm",
    ) -> None:
        """Write one line of text; `anchor` is Pillow's, `mm` centres it."""
        from PIL import ImageFont

        font = ImageFont.load_default(2 * size)
        self._draw.text((2 * at[0], 2 * at[1]), text, fill, font=font, anchor=anchor)

    def pixels(self) -> NDArray[np.uint8]:
        """Return the picture as an array (height, width, 3)."""
        from PIL import Image

        small = self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        return np.asarray(small, dtype=np.uint8).copy()


def data_url(pixels: NDArray[np.uint8]) -> str:
    """Return pixels (height, width, 3) as a PNG in a data URL; equal pixels give equal text."""
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
    box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox(
        (0, 0), text, font=font
    )
    shape = (int(box[2]) + 2 * margin, int(box[3]) + 2 * margin)
    image = Image.new("RGB", shape, PAPER)
    ImageDraw.Draw(image).multiline_text((margin, margin), text, font=font, fill=INK)
    return np.asarray(image, dtype=np.uint8).copy()


def table_frame(
    players: Sequence[str],
    actions: Sequence[str],
    cells: Sequence[Sequence[str]],
    lit: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Return a two-seat payoff table drawn as pixels, the cell of profile `lit` marked."""
    wide, high, left, top = 132, 60, 150, 92
    size = len(actions)
    canvas = Canvas(left + size * wide + 28, top + size * high + 28)
    canvas.text((left + size * wide / 2, 26), players[1], size=16, fill=SEAT_COLOURS[1])
    canvas.text((28, top - 18), players[0], size=16, fill=SEAT_COLOURS[0], anchor="lm")
    for number, action in enumerate(actions):
        canvas.text((left + (number + 0.5) * wide, top - 22), action, fill=MUTED)
        canvas.text(
            (left - 14, top + (number + 0.5) * high), action, fill=MUTED, anchor="rm"
        )
    for row in range(size):
        for column in range(size):
            x, y = left + column * wide, top + row * high
            marked = lit is not None and tuple(lit) == (row, column)
            canvas.box(
                (x + 3, y + 3),
                (x + wide - 3, y + high - 3),
                GOLD if marked else (255, 255, 255),
                outline=LINE,
                radius=8,
            )
            canvas.text((x + wide / 2, y + high / 2), cells[row][column], size=18)
    return canvas.pixels()
