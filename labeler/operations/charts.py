"""Small charts as SVG, drawn on the server: no script, sized by their style sheet, read out as words."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, ROOM = 320.0, 72.0, 14.0  # ROOM: for the labels below
LEVEL, NAMES, SPAN = 18.0, 100.0, 170.0  # of lying bars: height of one, room for names, longest bar


def bars(values: Sequence[tuple[str, float]], unit: str) -> SafeString:
    """A bar for each (name, value); the first and last are named, each value is its title."""
    most = max((value for _, value in values), default=0) or 1
    step = WIDTH / max(len(values), 1)
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {} {}</title></rect>',
        (
            (
                f"{at * step + 1:.1f}",
                f"{(HEIGHT - ROOM) * (1 - value / most):.1f}",
                f"{max(step - 2, 1):.1f}",
                f"{(HEIGHT - ROOM) * value / most:.1f}",
                name,
                f"{value:g}",
                unit,
            )
            for at, (name, value) in enumerate(values)
        ),
    )
    words = f"{unit}, at most {most:g}: " + ", ".join(f"{name} {value:g}" for name, value in values[-7:])
    return _chart(drawn, words, values[0][0] if values else "", values[-1][0] if values else "", f"{most:g}")


def line(values: Sequence[tuple[str, float | None]], unit: str) -> SafeString:
    """A line from 0 to 1 over (name, value); a value that says nothing leaves a gap."""
    step = WIDTH / max(len(values) - 1, 1)
    height = HEIGHT - ROOM
    points = [
        (f"{at * step:.1f}", f"{height * (1 - min(max(value, 0), 1)):.1f}", name, value)
        for at, (name, value) in enumerate(values)
        if value is not None
    ]
    path = format_html('<polyline points="{}"/>', " ".join(f"{x},{y}" for x, y, _, _ in points))
    dots = format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="2.5"><title>{}: {} {}</title></circle>',
        ((x, y, name, f"{value:.2f}", unit) for x, y, name, value in points),
    )
    words = f"{unit}: " + ", ".join(f"{name} {value:.2f}" for _, _, name, value in points[-7:])
    return _chart(path + dots, words, values[0][0] if values else "", values[-1][0] if values else "", "1")


def levels(values: Sequence[tuple[str, float]], unit: str) -> SafeString:
    """A lying bar for each (name, value), named and with its number: for a few things of a kind."""
    most = max((value for _, value in values), default=0) or 1
    height = LEVEL * len(values)
    drawn = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="end">{}</text><rect x="{}" y="{}" width="{}" height="{}"><title>{}: {} {}'
        '</title></rect><text x="{}" y="{}">{}</text>',
        (
            (
                *(f"{NAMES - 6:g}", f"{at * LEVEL + LEVEL - 5:g}", name),
                *(f"{NAMES:g}", f"{at * LEVEL + 3:g}", f"{max((SPAN * value) / most, 1):.1f}", f"{LEVEL - 6:g}"),
                *(name, f"{value:g}", unit),
                *(f"{NAMES + SPAN * value / most + 5:.1f}", f"{at * LEVEL + LEVEL - 5:g}", f"{value:g}"),
            )
            for at, (name, value) in enumerate(values)
        ),
    )
    words = f"{unit}: " + ", ".join(f"{name} {value:g}" for name, value in values)
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        *(f"{WIDTH:g}", f"{max(height, LEVEL):g}", words, drawn),
    )


def _chart(drawn: SafeString, words: str, first: str, last: str, top: str) -> SafeString:
    base = HEIGHT - ROOM
    return format_html(
        '<svg class="plot" viewBox="0 -8 {} {}" role="img" aria-label="{}"><path d="M0 {}H{}"/>{}'
        '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text><text x="0" y="2">{}</text></svg>',
        *(f"{WIDTH:g}", f"{HEIGHT + 10:g}", words, f"{base:g}", f"{WIDTH:g}", drawn, f"{HEIGHT - 2:g}", first),
        *(f"{WIDTH:g}", f"{HEIGHT - 2:g}", last, top),
    )
