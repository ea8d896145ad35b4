"""Pages as careers sites write them, made for these tests."""

import json
from typing import Any

WORDS = (
    "We are looking for a careful person who repairs clocks and watches in our workshop by the harbour. You will talk"
    " with customers, write down what they tell you, and order parts from our suppliers."
)


def job(**fields: Any) -> dict[str, Any]:
    value = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": "Clockmaker",
        "description": f"<p>{WORDS}</p>",
        "identifier": {"@type": "PropertyValue", "name": "Harbour Clocks", "value": "HC-2026-0001"},
        "hiringOrganization": {"@type": "Organization", "name": "Harbour Clocks"},
        "datePosted": "2026-03-01",
    }
    return {name: field for name, field in (value | fields).items() if field is not None}


def ld(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>Jobs</title>{head}</head><body>{body}</body></html>"


def posting(number: int, **fields: Any) -> str:
    identifier = {"@type": "PropertyValue", "name": "Harbour Clocks", "value": f"HC-2026-{number:04}"}
    return page(
        f"<h1>Job {number}</h1>", ld(job(**({"identifier": identifier, "title": f"Clockmaker {number}"} | fields)))
    )


def listing(*paths: str, more: str = "") -> str:
    return page("<ul>" + "".join(f'<li><a href="{path}">A job</a></li>' for path in paths) + f"</ul>{more}")
