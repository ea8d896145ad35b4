"""Pay: from the fields of a posting, and from its words."""

import math
import re
from typing import Any

from babel.core import get_global

from pipeline.schema.post import Salary
from pipeline.web.jsonld import text_of

STATED, TEXT = "stated", "text"

_UNITS = {
    "HOUR": r"hours?|hourly|hr|h|hur|stunden?|std|stündlich|heures?|horas?|ore|ora|uur|timme|time|godz\w*",
    "DAY": r"days?|daily|tag|tage|täglich|tagessatz|jours?|jour|días?|dia|giorno|dag|dzień",
    "WEEK": r"weeks?|weekly|wee|woche|wöchentlich|semaines?|semana|settimana|vecka|uge",
    "MONTH": r"months?|monthly|mon|mth|monat|monate|monatlich|mois|mensuels?|mensuel|mes|mese|mensile|maand|månad|måned"
    r"|miesiąc|miesięcznie|mies|meses|mensual(?:es)?|mensal",
    "YEAR": r"years?|yearly|annum|annually|annual|ann|yr|p\.?\s?a\.?|jahr|jahre|jährlich|jahresgehalt|an|ans|annuels?"
    r"|année|año|anual(?:es)?|ano|anno|annuo|annui|jaar|år|rok|rocznie",
}
_UNIT = "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items())
_ONE_UNIT = re.compile(rf"(?:per|pro|par|a|an|/|al|por|je)?\s*(?:{_UNIT})\.?", re.I)
# Symbols that name one currency; the others name one in the countries that have it.
_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "zł": "PLN", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "₴": "UAH",
    "us$": "USD", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "s$": "SGD", "hk$": "HKD",
    "r$": "BRL", "kč": "CZK", "euro": "EUR", "euros": "EUR",
}  # fmt: skip
_BY_COUNTRY = {
    "$": {"US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "MX": "MXN", "HK": "HKD"},
    "¥": {"JP": "JPY", "CN": "CNY"},
    "kr": {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"},
}
_CODES = frozenset(get_global("all_currencies"))
_SIGN = (
    r"(?:(?<![A-Za-z])(?:US|CA|C|AU|A|NZ|S|HK|R)\$|[€£₹₽₺₩₪₴$¥]|zł|Kč|(?<![^\W\d_])kr(?![^\W\d_])"
    r"|(?<![^\W\d_])(?:euros?|[A-Z]{3})(?![^\W\d_]))"
)
_NUMBER = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_AMOUNT = rf"(?P<before#>{_SIGN})?\s?(?P<number#>{_NUMBER})\s?(?P<k#>[kK](?![^\W\d_]))?"
_RANGE = re.compile(
    _AMOUNT.replace("#", "1")
    + rf"\s?(?P<after1>{_SIGN})?"
    + r"(?:\s*(?:-|–|—|to|bis|à|a|and|und|until|til|till|tot|do)\s*"
    + _AMOUNT.replace("#", "2")
    + rf"\s?(?P<after2>{_SIGN})?)?"
)
_MORE = re.compile(r"\s*(?:million|millions|mio|mn|bn|billion|m\b|%)", re.I)
_BETWEEN = r"[\s,(]*(?:gross|brutto|bruto|brut|lordi|before tax)?[\s,(]*(?:per|pro|par|a|an|/|al|por|je|im|in|w|i)?\s*"
_UNIT_AFTER = re.compile(rf"{_BETWEEN}(?:{_UNIT})(?![^\W\d_])", re.I)
_PAY = re.compile(
    r"salar|\bpay(?=\s*(?:is|range|scale|rate|band|:))|(?:base|gross|starting|annual|monthly|hourly)\s+pay\b|wage|compensation|remunerat|stipend|earn|gehalt|verdienst|vergütung|lohn|entgelt|rémunération"
    r"|sueldo|retribu|stipendi|lön|løn|palkka|wynagrodzen|loon",
    re.I,
)
_NO_PAY = re.compile(r"budget|allowance|bonus|voucher|zuschuss|gutschein|prämie|donat|revenue|turnover", re.I)
_UP_TO = re.compile(r"(?:up to|bis zu|jusqu'à|hasta|fino a|tot|maximum|max\.?)\s*$", re.I)


def read_salary(value: Any, currency: str, countries: tuple[str, ...]) -> Salary:
    """What a field says; an empty one where it says nothing. Raises ValueError for what cannot be read.

    Objects of schema.org (MonetaryAmount, QuantitativeValue, PriceSpecification), bare numbers and texts.
    """
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            found = _read_object(one, currency, countries)
        elif isinstance(one, int | float) and not isinstance(one, bool):
            found = _made(one, one, _currency(currency, countries), "", STATED)
        else:
            found = _read_words(text_of(one), currency, countries)
        if found.basis:
            return found
    return Salary()


def _read_object(given: dict[str, Any], currency: str, countries: tuple[str, ...]) -> Salary:
    inner = given.get("value")
    if isinstance(inner, list):
        inner = next((one for one in inner if one not in (None, "")), None)
    both = {**given, **inner} if isinstance(inner, dict) else given
    named = next((text for name in ("currency", "priceCurrency") if (text := text_of(both.get(name)))), currency)
    code = _currency(named, countries)
    unit = _unit(next((text for name in ("unitText", "unitCode") if (text := text_of(both.get(name)))), ""))
    least, most = (
        next((both[name] for name in names if both.get(name) not in (None, "")), None)
        for names in (("minValue", "minPrice"), ("maxValue", "maxPrice"))
    )
    if least is None and most is None:
        plain = both.get("value") if both.get("value") not in (None, "") else both.get("price")
        if isinstance(plain, dict | list) or plain is None:
            return Salary()
        words = text_of(plain)
        if re.search(r"[^\W\d_]{2,}|\d\s*[-–—]", words):
            found = _read_words(words, named, countries)
            return _made(found.minimum, found.maximum, found.currency or code, found.unit or unit, STATED)
        least = most = plain
    return _made(_amount(least), _amount(most), code, unit, STATED)


def _read_words(text: str, currency: str, countries: tuple[str, ...]) -> Salary:
    found = _RANGE.search(text)
    if not found or _MORE.match(text, found.end()):
        if re.search(r"\d", text):
            raise ValueError(text)
        return Salary()  # "competitive", "to be agreed"
    least, most = _bounds(found, text)
    unit = _UNIT_AFTER.match(text, found.end()) or _ONE_UNIT.search(text[found.end() :])
    code = _sign(found, countries) or _currency(currency, countries)
    return _made(least, most, code, _named(unit), STATED)


def find_in_text(text: str, countries: tuple[str, ...]) -> Salary:
    """The pay that a text names with currency and unit, beside a word for pay; empty where it names several or none."""
    if not _PAY.search(text):
        return Salary()
    several: list[Salary] = []
    for line in text.split("\n"):
        if not (word := _PAY.search(line)) or _NO_PAY.search(line):
            continue
        for found in _RANGE.finditer(line):
            unit, code = _UNIT_AFTER.match(line, found.end()), _sign(found, countries)
            if not unit or not code or _MORE.match(line, found.end()) or found.start() - word.end() > 80:
                continue
            least, most = _bounds(found, line)
            if least <= most and (one := _made(least, most, code, _named(unit), TEXT)) not in several:
                several.append(one)
    return several[0] if len(several) == 1 else Salary()


def _bounds(found: re.Match[str], text: str) -> tuple[float, float]:
    first = _number(found["number1"])
    second = _number(found["number2"]) if found["number2"] else first
    if found["k2"] or (found["k1"] and not found["number2"]):
        second *= 1000
    if found["k1"] or (found["k2"] and first < 1000):
        first *= 1000
    return (0.0, second) if not found["number2"] and _UP_TO.search(text[: found.start()]) else (first, second)


def _made(least: float, most: float, currency: str, unit: str, basis: str) -> Salary:
    if least <= 0 and most <= 0:
        return Salary()
    if (most and least > most) or not math.isfinite(least + most) or max(least, most) >= 1e12:
        raise ValueError(f"{least:g} to {most:g}")
    return Salary(max(float(least), 0.0), max(float(most), 0.0), currency, unit, basis)


def _amount(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = _RANGE.fullmatch(text_of(value))
    if not found or found["number2"]:
        raise ValueError(text_of(value) or repr(value))
    return _bounds(found, "")[0]


def _number(text: str) -> float:
    plain = re.sub(r"[\s'’]", "", text)
    last = max(plain.rfind("."), plain.rfind(","))
    decimals = plain[last + 1 :] if last >= 0 else ""
    if last >= 0 and (len(decimals) < 3 or ("." in plain and "," in plain and len(decimals) != 3)):
        return float(re.sub(r"[.,]", "", plain[:last]) + "." + decimals)
    return float(re.sub(r"[.,]", "", plain))


def _sign(found: re.Match[str], countries: tuple[str, ...]) -> str:
    signs = (found[name] for name in ("before1", "after1", "before2", "after2"))
    return next(filter(None, (_currency(sign or "", countries) for sign in signs)), "")


def _currency(named: str, countries: tuple[str, ...]) -> str:
    """ISO 4217; empty where the sign is that of several countries, and which is meant is not known."""
    named = named.strip()
    if named.upper() in _CODES and len(named) == 3:
        return named.upper()
    small = named.lower()
    if small in _SIGNS:
        return _SIGNS[small]
    codes = {_BY_COUNTRY.get(small, {}).get(country, "") for country in countries}
    return codes.pop() if len(codes) == 1 else ""


def _unit(text: str) -> str:
    return _named(_ONE_UNIT.fullmatch(re.sub(r"^(?:https?://)?schema\.org/", "", text.strip())))


def _named(found: re.Match[str] | None) -> str:
    return next((unit for unit in _UNITS if found[unit]), "") if found else ""
