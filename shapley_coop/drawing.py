"""Pixels for games: text as a picture, drawn by Pillow, which is imported on first use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

INK, PAPER = (32, 36, 44), (250, 250, 247)


def text_frame(text: str, *, size: int = 16, margin: int = 12) -> NDArray[np.uint8]:
    """Return `text` drawn as pixels (height, width, 3)."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), text, font=font)
    shape = (int(box[2]) + 2 * margin, int(box[3]) + 2 * margin)
    image = Image.new("RGB", shape, PAPER)
    ImageDraw.Draw(image).multiline_text((margin, margin), text, font=font, fill=INK)
    return np.asarray(image, dtype=np.uint8).copy()
