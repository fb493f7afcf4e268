"""Draws the demo's photograph with the Pillow that the function ships: python draw.py FILE WIDTH HEIGHT MAX_BYTES

Run with the function's package directory on PYTHONPATH, by the interpreter that it was built for.
"""

import io
import math
import sys

from PIL import Image, ImageDraw, ImageFilter, ImageFont


def landscape(width, height):
    """A sunset over hills, in RGB."""
    ramp = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge(
        "RGB",
        [
            ramp.point([min(255, lift + share * level // 256) for level in range(256)])
            for lift, share in ((40, 230), (30, 140), (110, 60))
        ],
    )
    draw = ImageDraw.Draw(picture)
    radius = height // 7
    middle = (width * 2 // 3, height // 2)
    for ring in range(12, -1, -1):
        reach = radius + ring * height // 60
        draw.ellipse(
            [middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach],
            fill=(255, 215 - 8 * ring, 120 - 6 * ring),
        )
    for hill in range(5):
        crest = [
            (
                x,
                height * (0.52 + 0.1 * hill)
                + height * 0.05 * math.sin(x * (3 + hill) / width * math.pi + 2 * hill)
                + height * 0.008 * math.sin(x * 90 / width + hill),
            )
            for x in range(0, width + 8, 8)
        ]
        draw.polygon([(0, height), *crest, (width, height)], fill=(70 - 12 * hill, 60 - 8 * hill, 90 - 13 * hill))
    grain = Image.effect_noise((width, height), 24).filter(ImageFilter.GaussianBlur(0.5))
    picture = Image.blend(picture, Image.merge("RGB", [grain] * 3), 0.08)
    draw = ImageDraw.Draw(picture)
    draw.text(
        (width // 20, height // 14),
        f"Lambent\n{width} x {height}",
        font=ImageFont.load_default(height // 11),
        fill=(255, 248, 225),
    )
    return picture


def main(target, width, height, most):
    """Write the JPEG, as good as fits into `most` bytes; say how large it became."""
    picture = landscape(width, height)
    for quality in (92, 85, 75, 60, 40):
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=quality)
        if jpeg.tell() <= most:
            break
    with open(target, "wb") as file:
        file.write(jpeg.getvalue())
    print(f"quality {quality}, {jpeg.tell()} bytes")


if __name__ == "__main__":
    main(sys.argv[1], *(int(value) for value in sys.argv[2:5]))
