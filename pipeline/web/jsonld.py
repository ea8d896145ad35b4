"""JSON-LD of a page, read as leniently as is safe, and its values.

Real pages hold raw newlines in strings, HTML and JavaScript comments around the value, trailing commas and semicolons.
Those are mended. A block that ends in the middle is not: half a description would look like a whole one.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import orjson
from json_repair import repair_json
from lxml import html

MAX_DEPTH = 100  # of nested brackets; real postings stay under 12
MAX_BLOCK = 2_000_000  # characters of one block

LEAST_KEPT = 0.8  # of a block's letters and digits; mending it may lose its comments, not its words

_QUOTED = re.compile(r"[\[{]\s*(?:\{\s*)?&(?:quot|#34|#x22);")
_BETWEEN = re.compile(r"[\s,;]*")
# Possessive and bounded: what a page holds must not decide how long these take.
_BEFORE = re.compile(r"(?:\s+|<!--.*?-->|/\*.*?\*/|//[^\n]*\n|<!\[CDATA\[|<!--|;|\ufeff){0,50}+", re.S)
_AFTER = re.compile(r"(?:\s+|<!--.*?-->|/\*.*?\*/|//[^\n]*|\]\]>|-->|;){0,50}+", re.S)
_BEFORE_NAME = re.compile(r"^.*[/#:]")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.S)


@dataclass(slots=True)
class Blocks:
    """The values of all blocks that could be read, whether any had to be mended, and why others could not be."""

    values: list[Any] = field(default_factory=list)
    repaired: int = 0
    refused: list[str] = field(default_factory=list)  # jsonld-broken, jsonld-too-deep, jsonld-too-large


def read_blocks(tree: html.HtmlElement) -> Blocks:
    """All JSON-LD of a parsed page."""
    found = Blocks()
    for script in tree.iter("script"):
        kind = (script.get("type") or "").split(";")[0].strip().lower()
        if kind == "application/ld+json" and (script.text or "").strip():
            _read_block(script.text, found)
    return found


def _read_block(text: str, found: Blocks) -> None:
    if len(text) > MAX_BLOCK:
        found.refused.append("jsonld-too-large")
        return
    # Before any parser sees it: the C parsers count depth, the repairing one recurses.
    if _measure_depth(text) > MAX_DEPTH:
        found.refused.append("jsonld-too-deep")
        return
    try:
        found.values.append(orjson.loads(text))
        return
    except orjson.JSONDecodeError:
        pass
    inner = _strip_comments(text)
    if _QUOTED.match(inner):  # the whole block was escaped
        inner = unescape(inner)
    try:
        found.values.extend(_decode(inner))
    except ValueError:
        # It must end as it began, or its end is missing.
        if not inner or {"{": "}", "[": "]"}.get(inner[0]) != inner[-1]:
            found.refused.append("jsonld-broken")
            return
        try:
            value = repair_json(inner, return_objects=True, skip_json_loads=True)
        except RecursionError:  # its strings end elsewhere than ours
            found.refused.append("jsonld-too-deep")
            return
        if not isinstance(value, dict | list) or not value or _is_lost(inner, value):
            found.refused.append("jsonld-broken")
            return
        found.values.append(value)
    found.repaired += 1


def _decode(text: str) -> list[Any]:
    """The values of a block, which should be one and are several where somebody left out the brackets around them."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    at = 0
    while at < len(text) or not values:
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # matches nothing, too
    return values


def _is_lost(text: str, value: Any) -> bool:
    """True where mending left out what the block said: too many of its letters, or that it is a posting."""
    kept = json.dumps(value, ensure_ascii=False)
    if "JobPosting" in text and "JobPosting" not in kept:
        return True
    return sum(map(str.isalnum, kept)) < LEAST_KEPT * sum(map(str.isalnum, text))


def _strip_comments(text: str) -> str:
    """The value without the comments around it: up to a closing bracket after which there are only comments."""
    begin = _BEFORE.match(text).end()  # type: ignore[union-attr]  # matches nothing, too
    end = len(text)
    for _ in range(50):  # a comment may hold brackets as well
        end = max(text.rfind("}", begin, end), text.rfind("]", begin, end))
        if end < 0:
            break
        if _AFTER.match(text, end + 1).end() == len(text):  # type: ignore[union-attr]
            return text[begin : end + 1]
    return ""


def _measure_depth(text: str) -> int:
    deepest = depth = 0
    # Counting is enough for nearly every block, and ten times as fast as walking it.
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return 0
    for match in _BRACKETS.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def walk_nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON-LD value, outermost first, in the order of the page."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, dict):
            yield top
            stack.extend(reversed([inner for inner in top.values() if isinstance(inner, dict | list)]))
        elif isinstance(top, list):
            stack.extend(reversed(top))


def has_type(node: dict[str, Any], name: str) -> bool:
    """True for a node of that type, written plainly, as an address or with a prefix."""
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _BEFORE_NAME.sub("", kind) == name for kind in kinds)


def text_of(value: Any) -> str:
    """A plain value as text; JSON-LD's `{"@value": …}` too; the first of several."""
    if isinstance(value, list):
        value = next((item for item in value if text_of(item)), None)
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        # NaN and Infinity are in JavaScript, not in JSON, and name nothing.
        value = (int(value) if value.is_integer() else value) if math.isfinite(value) else None
    return str(value).strip() if isinstance(value, str | int | float) else ""
