"""Pages for people to look at: made from the raw ones on demand, with nothing in them that could act."""

import nh3

from scraper.reading import Page


def page(raw: Page) -> str:
    """The page's HTML without scripts, styles, forms, frames, images and handlers; links say where they lead."""
    tags = nh3.ALLOWED_TAGS - {"img", "area", "map"}
    return nh3.clean(
        raw.text, tags=tags, link_rel="noopener noreferrer nofollow", url_schemes={"http", "https", "mailto"}
    )
