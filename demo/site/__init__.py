"""A careers site made for this project: invented employers, hand-written postings, served on loopback."""

from demo.site.expected import Expected, expected
from demo.site.server import Site

__all__ = ["Expected", "Site", "expected"]
