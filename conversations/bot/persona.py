"""Turns a bot's one colour into the shades of its page, each readable in light and dark."""

import math
from dataclasses import dataclass

READABLE = 4.5
"""WCAG 2.2 AA: the least contrast of text with what is behind it."""
_STEP = 0.005
_SRGB_LINEAR_BELOW = 0.04045
_LINEAR_SRGB_BELOW = 0.0031308
_ROUNDING = 1e-4
_WHITE = "#ffffff"
Lab = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of one appearance, as `#rrggbb`. `adjusted`: the picked one was hard to read."""

    accent: str
    hover: str
    pressed: str
    tint: str
    on_accent: str
    adjusted: bool


@dataclass(frozen=True, slots=True)
class Palette:
    """Everything derived from a bot's colour; `hue` in degrees, for the tint of the neutrals.

    `adjusted` is true when the colour itself could not be used on light pages. Dark pages always
    get a lighter shade, so that alone is not worth a word to staff.
    """

    hue: int
    light: Shades
    dark: Shades

    @property
    def adjusted(self) -> bool:
        return self.light.adjusted

    def css(self) -> str:
        """The custom properties that `static/css/tokens.css` expects from a bot."""
        lines = [f"--bot-hue:{self.hue}"]
        for appearance, shades in (("light", self.light), ("dark", self.dark)):
            named = {
                "accent": shades.accent,
                "hover": shades.hover,
                "pressed": shades.pressed,
                "tint": shades.tint,
                "on": shades.on_accent,
            }
            lines += [f"--bot-{name}-{appearance}:{value}" for name, value in named.items()]
        return ":root{" + ";".join(lines) + "}"


def palette(colour: str) -> Palette:
    """The palette of `#rrggbb`; raises `ValueError` for anything else."""
    lightness, chroma, hue = _oklch(_channels(colour))
    light = _shades(colour, chroma, hue, lightness, dark=False)
    dark = _shades(colour, chroma, hue, lightness, dark=True)
    return Palette(round(hue) % 360, light, dark)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _shades(colour: str, chroma: float, hue: float, lightness: float, *, dark: bool) -> Shades:
    # The tint is the surface nearest to the accent, so what is readable there is readable anywhere.
    tint = _hex(0.3 if dark else 0.955, min(chroma, 0.024), hue)
    on_accent = _hex(0.2, min(chroma, 0.03), hue) if dark else _WHITE
    accent, step = colour.lower(), _STEP if dark else -_STEP
    while contrast(accent, tint) < READABLE or contrast(accent, on_accent) < READABLE:
        lightness += step
        accent = _hex(lightness, chroma, hue)
    away = 0.055 if dark else -0.055
    return Shades(
        accent=accent,
        hover=_hex(lightness + away, chroma, hue),
        pressed=_hex(lightness + 2 * away, chroma, hue),
        tint=tint,
        on_accent=on_accent,
        adjusted=accent != colour.lower(),
    )


def _channels(colour: str) -> Lab:
    if len(colour) != len(_WHITE) or not colour.startswith("#"):
        raise ValueError(colour)
    red, green, blue = bytes.fromhex(colour[1:])
    return red / 255, green / 255, blue / 255


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= _SRGB_LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(channel: float) -> float:
    if channel <= _LINEAR_SRGB_BELOW:
        return channel * 12.92
    return float(1.055 * channel ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    red, green, blue = (_to_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklch(channels: Lab) -> Lab:
    """Lightness 0 to 1, chroma, hue in degrees. Matrices: Björn Ottosson, 2020."""
    red, green, blue = (_to_linear(channel) for channel in channels)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _linear(lightness: float, chroma: float, hue: float) -> Lab:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """The nearest colour that a screen can show: chroma gives way, lightness and hue stay."""
    lightness = min(max(lightness, 0.0), 1.0)
    linear = _linear(lightness, chroma, hue)
    while chroma > 0 and not all(-_ROUNDING <= channel <= 1 + _ROUNDING for channel in linear):
        chroma = max(chroma - 0.004, 0.0)
        linear = _linear(lightness, chroma, hue)
    channels = (_from_linear(min(max(channel, 0.0), 1.0)) for channel in linear)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
