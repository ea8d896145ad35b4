"""A posting as schema.org JobPosting JSON-LD, in the shapes that employers' sites really use."""

import json
from collections.abc import Callable
from typing import Any

from demo.site import markup
from demo.site.content import Posting

Json = dict[str, Any]


def value(posting: Posting, url: str) -> Json | list[Json]:
    """The JSON-LD value for the page at `url`, in its employer's shape."""
    return SHAPES[posting.employer.shape](posting, url)


def script(posting: Posting, url: str) -> str:
    """The `<script>` element that carries it. No `<` is left in it, so no text can end the element early."""
    body = json.dumps(value(posting, url), ensure_ascii=False, indent=1).replace("<", "\\u003c")
    return f'<script type="application/ld+json">\n{body}\n</script>'


def _common(posting: Posting, url: str) -> Json:
    employer = posting.employer
    place = {
        "@type": "Place",
        "address": {"@type": "PostalAddress", "addressLocality": posting.place, "addressCountry": posting.country},
    }
    fields: Json = {
        "@type": "JobPosting",
        "title": posting.title,
        "description": markup.html(posting.text, employer.entities),
        "url": url,
        "datePosted": posting.posted.isoformat(),
        "employmentType": posting.hours[0] if len(posting.hours) == 1 else list(posting.hours),
        "hiringOrganization": {"@type": "Organization", "name": employer.name},
        "jobLocation": place,
        "industry": employer.industry,
    }
    if posting.until:
        fields["validThrough"] = posting.until.isoformat() + "T23:59:00+00:00"
    if posting.remote:
        fields["jobLocationType"] = "TELECOMMUTE"
        fields["applicantLocationRequirements"] = {"@type": "Country", "name": posting.country}
    if pay := posting.pay:
        amount: Json = {"@type": "QuantitativeValue", "unitText": pay.unit}
        amount |= {"value": pay.low} if pay.low == pay.high else {"minValue": pay.low, "maxValue": pay.high}
        fields["baseSalary"] = {"@type": "MonetaryAmount", "currency": pay.currency, "value": amount}
    return fields


def _property_value(posting: Posting, url: str) -> Json:
    identifier = {"@type": "PropertyValue", "name": posting.employer.name, "value": posting.id}
    return {"@context": "https://schema.org/", **_common(posting, url), "identifier": identifier}


def _plain(posting: Posting, url: str) -> Json:
    return {"@context": "http://schema.org", **_common(posting, url), "identifier": posting.id}


def _number(posting: Posting, url: str) -> Json:
    """The identifier as a number, the place in a list, the employer by its name alone."""
    fields = {"@context": "https://schema.org", **_common(posting, url), "identifier": int(posting.id)}
    return fields | {"jobLocation": [fields["jobLocation"]], "hiringOrganization": posting.employer.name}


def _graph(posting: Posting, url: str) -> Json:
    """One `@graph` in which the posting names its employer by `@id`."""
    root = url.split(posting.employer.slug)[0] + posting.employer.slug + "/"
    organisation = {"@type": "Organization", "@id": root + "#employer", "name": posting.employer.name}
    page = {"@type": "WebPage", "@id": url, "name": posting.title, "inLanguage": posting.employer.language}
    job = _common(posting, url) | {
        "@id": url + "#job",
        "identifier": {"@type": "PropertyValue", "value": posting.id},
        "hiringOrganization": {"@id": organisation["@id"]},
    }
    return {"@context": "https://schema.org", "@graph": [organisation, page, job]}


def _array(posting: Posting, url: str) -> list[Json]:
    """A list of two values, and more than one type on the posting."""
    crumb = {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [{"@type": "ListItem", "position": 1, "name": posting.employer.name}],
    }
    return [crumb, _property_value(posting, url) | {"@type": ["JobPosting"]}]


def _without_identifier(posting: Posting, url: str) -> Json:
    """No identifier at all: the address is all that names the posting."""
    return {"@context": "https://schema.org/", **_common(posting, url)}


SHAPES: dict[str, Callable[[Posting, str], Json | list[Json]]] = {
    "property-value": _property_value,
    "plain": _plain,
    "number": _number,
    "graph": _graph,
    "array": _array,
    "without-identifier": _without_identifier,
}
