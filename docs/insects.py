"""Draw insects, the photographs of docs/labelling.md: python docs/insects.py FOLDER COUNT."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

#: Pixels of a photograph's side, and of the square that an insect is drawn in.
SIDE, DRAWN = 320, 480

#: The classes, and how many in a hundred photographs show them.
SHARES = {"ant": 45, "bee": 30, "beetle": 18, "spider": 7}

#: The colours of what insects sit on: leaf, sand, bark, stone.
GROUNDS = ((96, 138, 70), (201, 178, 136), (104, 82, 62), (150, 148, 142))

#: The colours of insects.
BODIES = {
    "ant": ((38, 24, 20), (96, 44, 26), (20, 20, 22)),
    "bee": ((222, 164, 40), (196, 138, 52), (232, 186, 72)),
    "beetle": ((24, 74, 58), (140, 30, 26), (36, 44, 96), (60, 40, 28)),
    "spider": ((70, 58, 46), (120, 104, 84), (44, 40, 40)),
}


def main() -> None:
    """Write the photographs, called IMG_0001.jpg and so on, and truth.csv beside their folder."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["source,label"]
    for number in range(1, count + 1):
        name, picture = photograph(number)
        picture.save(folder / f"IMG_{number:04d}.jpg", quality=85)
        lines.append(f"IMG_{number:04d}.jpg,{name}")
    (folder.parent / "truth.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def photograph(number: int) -> tuple[str, Image.Image]:
    """Return the class and the picture of a number."""
    random = np.random.default_rng(number)
    shares = np.array(list(SHARES.values())) / sum(SHARES.values())
    name = str(random.choice(list(SHARES), p=shares))
    side = int(SIDE * random.uniform(0.55, 0.95))
    body = insect(name, random).rotate(random.uniform(0, 360), Image.Resampling.BICUBIC)
    body = body.resize((side, side), Image.Resampling.LANCZOS)
    place = tuple(int(random.uniform(0, SIDE - side)) for _ in range(2))
    picture = ground(random)
    shadow = Image.new("RGBA", body.size, (0, 0, 0, 0))
    shadow.putalpha(body.getchannel("A").point(lambda alpha: alpha // 3))
    picture.paste(shadow, (place[0] + 5, place[1] + 7), shadow.filter(ImageFilter.GaussianBlur(4)))
    picture.paste(body, place, body)
    pixels = np.asarray(picture, dtype=np.float64) * random.uniform(0.75, 1.2)
    noisy = pixels + random.normal(0, 5, pixels.shape)
    return name, Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def ground(random: np.random.Generator) -> Image.Image:
    """Return what an insect sits on."""
    colour = np.array(GROUNDS[random.integers(len(GROUNDS))], dtype=np.float64)
    texture = np.zeros((SIDE, SIDE))
    for cells, strength in ((5, 26), (20, 14), (80, 10)):
        values = random.normal(128, 45, (cells, cells)).clip(0, 255).astype(np.uint8)
        grown = Image.fromarray(values).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        texture += (np.asarray(grown, dtype=np.float64) - 128) / 64 * strength
    return Image.fromarray((colour + texture[..., None]).clip(0, 255).astype(np.uint8))


def insect(name: str, random: np.random.Generator) -> Image.Image:
    """Return an insect that looks up, on a transparent ground."""
    picture = Image.new("RGBA", (DRAWN, DRAWN), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    colour = tuple(int(part) for part in BODIES[name][random.integers(len(BODIES[name]))])
    dark = tuple(part // 3 for part in colour)
    legs = 8 if name == "spider" else 6
    for leg in range(legs):
        draw_leg(draw, leg, legs, dark, random)
    {"ant": draw_ant, "bee": draw_bee, "beetle": draw_beetle, "spider": draw_spider}[name](draw, colour, dark)
    return picture


def draw_leg(
    draw: ImageDraw.ImageDraw, leg: int, legs: int, colour: tuple[int, ...], random: np.random.Generator
) -> None:
    """Draw one of the legs, half of them on each side."""
    side, place = 1 if leg % 2 else -1, leg // 2 / (legs // 2 - 1) - 0.5
    x, y = 240 + side * 20, 230 + 90 * place
    reach = random.uniform(0.9, 1.1) * (190 if legs == 8 else 140)
    knee = (x + side * reach * 0.55, y + 110 * place - 25)
    draw.line([(x, y), knee, (x + side * reach, y + 300 * place)], fill=colour, width=9, joint="curve")


def oval(draw: ImageDraw.ImageDraw, x: float, y: float, wide: float, high: float, colour: object) -> None:
    """Draw an oval around a point."""
    draw.ellipse((x - wide, y - high, x + wide, y + high), fill=colour)


def draw_ant(draw: ImageDraw.ImageDraw, colour: tuple[int, ...], dark: tuple[int, ...]) -> None:
    """Draw the body of an ant: three parts with narrow waists."""
    for side in (-1, 1):
        draw.line([(240, 130), (240 + side * 45, 80), (240 + side * 80, 95)], fill=dark, width=7)
    for y, wide, high in ((140, 36, 38), (220, 24, 44), (320, 46, 66)):
        oval(draw, 240, y, wide, high, colour)


def draw_bee(draw: ImageDraw.ImageDraw, colour: tuple[int, ...], dark: tuple[int, ...]) -> None:
    """Draw the body of a bee: stripes and wings."""
    oval(draw, 240, 300, 66, 100, colour)
    for y in (250, 300, 350):
        draw.rectangle((240 - 58, y - 10, 240 + 58, y + 10), fill=(36, 26, 18))
    oval(draw, 240, 200, 60, 52, (120, 88, 40))
    oval(draw, 240, 135, 42, 32, (36, 26, 18))
    for side in (-1, 1):
        oval(draw, 240 + side * 100, 240, 80, 36, (226, 232, 240, 170))


def draw_beetle(draw: ImageDraw.ImageDraw, colour: tuple[int, ...], dark: tuple[int, ...]) -> None:
    """Draw the body of a beetle: two wing cases with a seam."""
    oval(draw, 240, 128, 46, 36, dark)
    oval(draw, 240, 180, 84, 50, tuple(part * 2 // 3 for part in colour))
    oval(draw, 240, 280, 108, 134, colour)
    draw.line([(240, 160), (240, 410)], fill=dark, width=6)
    oval(draw, 205, 235, 18, 46, tuple(min(255, part + 80) for part in colour))


def draw_spider(draw: ImageDraw.ImageDraw, colour: tuple[int, ...], dark: tuple[int, ...]) -> None:
    """Draw the body of a spider: two parts."""
    oval(draw, 240, 290, 76, 90, colour)
    oval(draw, 240, 185, 48, 46, dark)
    for y in (260, 300, 340):
        oval(draw, 240, y, 14, 10, dark)


if __name__ == "__main__":
    main()
