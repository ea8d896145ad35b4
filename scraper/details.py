"""What a posting says beside its text, from the fields of any source to the words of schema.org. No I/O.

A source hands over what it has under schema.org's own names (`employmentType`, `baseSalary`, …), whatever its form.
What is not said stays empty; what is said and cannot be read is named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from pipeline.schema.post import Details, Salary
from pipeline.web.jsonld import text_of
from scraper import dates, salaries

MOST = 50  # of places, countries
LONGEST = 300  # characters of each


# Our word → how sites write it, letters alone. Of words that say nothing about these (permanent, regular), none.
_EMPLOYMENT = {
    "FULL_TIME": "fulltime fulltimejob ft vollzeit tempsplein tempscomplet tiempocompleto jornadacompleta tempopieno"
    " tempointegral periodointegral voltijd fulltid heltid pelnyetat pełnyetat plnyuvazek kokoaikainen täystyö 正社員",
    "PART_TIME": "parttime parttimejob pt teilzeit tempspartiel tiempoparcial mediajornada tempoparziale parttimework"
    " tempoparcial meioperiodo deeltijd deltid niepelnyetat niepełnyetat osaaikainen minijob geringfügig",
    "CONTRACTOR": "contractor contract freelance freelancer independentcontractor selfemployed freiberuflich"
    " freiemitarbeit indépendant autonomo autónomo partitaiva zzp b2b contracttohire",
    "TEMPORARY": "temporary temp fixedterm fixedtermcontract limitedterm befristet cdd interim seasonal saisonal"
    " temporal temporaire tempodeterminato temporario temporário tijdelijk visstid zeitarbeit",
    "INTERN": "intern internship interns praktikum praktikant stage stagiaire prácticas practicas tirocinio estágio"
    " estagio stagiair praktik staż",
    "VOLUNTEER": "volunteer voluntary ehrenamt ehrenamtlich bénévole bénévolat voluntario volontario vrijwilliger",
    "PER_DIEM": "perdiem",
    "OTHER": "other sonstige autre otro altro overig",
}
_NO_EMPLOYMENT = frozenset(
    re.findall(
        r"\w+",
        "permanent regular indefinite unlimited unbefristet festanstellung employee employees employed employment cdi"
        " indefinido indeterminato vast staff position job unspecified notapplicable na none salaried",
    )
)
_WORKPLACE = {
    "TELECOMMUTE": "telecommute remote fullyremote fully remoteonly remotework remotefirst remoto telework homeoffice"
    " workfromhome wfh télétravail teletrabajo anywhere distance distans oraremote",
    "HYBRID": "hybrid hybride híbrido hibrido ibrido hybridwork hybridremote partlyremote partiallyremote"
    " optionalremote temporary orahybrid",
    "ON_SITE": "onsite inoffice office inperson presential presencial vorort oraonsite officebased sursite",
}
_SENIORITY = {
    "INTERNSHIP": "internship intern student",
    "ENTRY_LEVEL": "entry entrylevel junior graduate",
    "ASSOCIATE": "associate",
    "MID_LEVEL": "mid midlevel intermediate",
    "SENIOR_LEVEL": "senior seniorlevel midseniorlevel experienced",
    "LEAD": "lead leadlevel principal staff manager",
    "DIRECTOR": "director",
    "EXECUTIVE": "executive clevel vp",
}
_UNSAID = frozenset(("unspecified", "notspecified", "notapplicable", "na", "none", "null", "any", "unknown", ""))
_PREFIX = re.compile(r"^(?:https?://)?schema\.org/", re.I)
_PARTS = re.compile(r"[,;|/&+\n]|\s(?:or|and|oder|und|et|ou|o|e|y|of)\s", re.I)
_LETTERS = re.compile(r"[\W\d_]+")
_AMERICAN = frozenset(("Georgia",))  # a country, and more often a state


def _words(table: Mapping[str, str]) -> dict[str, str]:
    return {spelt: word for word, spellings in table.items() for spelt in spellings.split()}


EMPLOYMENT, WORKPLACE, SENIORITY = _words(_EMPLOYMENT), _words(_WORKPLACE), _words(_SENIORITY)


@dataclass(slots=True)
class _Found:
    """The details, and what could not be read of them, by its field."""

    unread: list[str] = field(default_factory=list)

    def note(self, name: str, value: object) -> None:
        self.unread.append(f"{name} {value!r:.60}")


def read_details(said: Mapping[str, Any], location: str, text: str, language: str) -> tuple[Details, list[str]]:
    """The details that fields of a source say, and those that cannot be read, each by name and value.

    `location`: the places as they are shown, parted by `; `. `language`: that of the page, for dates. Pay that no field
    says is looked for in the `text`, where only an amount with its currency and its unit beside a word for pay counts.
    """
    found = _Found()
    countries = tuple(dict.fromkeys(_countries(said, location, language, found)))[:MOST]
    employment = tuple(dict.fromkeys(_employment(said.get("employmentType"), found)))
    salary = _salary(said, countries, found)
    valid_through = _date(said.get("validThrough"), language, found)
    made = Details(
        employment=employment,
        workplace=_workplace(said.get("jobLocationType"), found),
        countries=countries,
        locations=tuple(place for part in location.split("; ") if (place := _line(part)))[:MOST],
        department=_line(next(_names(said.get("department")), "")),
        salary=salary if salary.basis else salaries.find_in_text(text, countries),
        seniority=_seniority(said.get("experienceLevel"), found),
        valid_through=valid_through,
    )
    return made, found.unread


def _line(value: str) -> str:
    return " ".join(value.split())[:LONGEST]


def _several(value: Any) -> Iterator[Any]:
    for one in value if isinstance(value, list | tuple) else [value]:
        if one not in (None, "", {}):
            yield one


def _names(value: Any) -> Iterator[str]:
    """Texts, or the names of objects."""
    for one in _several(value):
        if isinstance(one, dict):
            one = next((one[name] for name in ("name", "label", "text", "id") if text_of(one.get(name))), None)
        if text := text_of(one):
            yield text


def _key(text: str) -> str:
    return _LETTERS.sub("", text.casefold())


def _employment(value: Any, found: _Found) -> Iterator[str]:
    for text in _names(value):
        plain = _PREFIX.sub("", text)
        beside = [part for inner in re.findall(r"\((.*?)\)", plain) for part in _PARTS.split(inner)]
        plain = re.sub(r"\(.*?\)", "", plain)
        if _key(plain) == "fullorparttime":
            yield from ("FULL_TIME", "PART_TIME")
            continue
        words, rest = [], []
        for part in [plain] if _key(plain) in EMPLOYMENT else _PARTS.split(plain):
            key = _key(part)
            spoken = [key, "".join(word for one in re.split(r"\s+", part) if (word := _key(one)) not in _NO_EMPLOYMENT)]
            word = next((EMPLOYMENT[one] for one in spoken if one in EMPLOYMENT), "")
            if word:
                words.append(word)
            elif key not in _UNSAID and spoken[1]:
                rest.append(part)
        yield from words
        yield from (EMPLOYMENT[_key(part)] for part in beside if _key(part) in EMPLOYMENT)
        if rest:
            found.note("employmentType", text)


def _workplace(value: Any, found: _Found) -> str:
    """Of several, the freest that is not all: a site that names both says hybrid."""
    words: list[str] = []
    for one in _several(value):
        for text in _names(one):
            key = _key(_PREFIX.sub("", text))
            if key in WORKPLACE:
                words.append(WORKPLACE[key])
            elif key not in _UNSAID:
                found.note("jobLocationType", text)
    if len(set(words)) > 1:
        return "HYBRID" if "HYBRID" in words or "ON_SITE" in words else words[0]
    return words[0] if words else ""


def _seniority(value: Any, found: _Found) -> str:
    for text in _names(value):
        key = _key(text)
        if key in SENIORITY:
            return SENIORITY[key]
        if key not in _UNSAID:
            found.note("experienceLevel", text)
    return ""


def _date(value: Any, language: str, found: _Found) -> str:
    for one in _several(value):
        plain = text_of(one)
        if day := dates.to_iso(plain, language):
            return day
        if plain and not re.match(r"(?:9999|0001|0000)\b", plain):  # how systems write that there is no end
            found.note("validThrough", plain)
    return ""


def _countries(said: Mapping[str, Any], location: str, language: str, found: _Found) -> Iterator[str]:
    """Where one may live, of work that is done from anywhere; else where the work is."""
    named = list(_names(said.get("applicantLocationRequirements"))) or list(_names(said.get("countries")))
    for name in named:
        if code := read_country(name, language):
            yield code
    if not named:
        for place in location.split("; "):
            last = place.rpartition(", ")[2].strip()
            if len(last) > 3 and last not in _AMERICAN and (code := read_country(last, language)):
                yield code


def read_country(name: str, language: str = "") -> str:
    """ISO 3166-1 code of a country by its code or name, in English or in this language; empty for what is none."""
    name = name.strip()
    if re.fullmatch(r"[A-Za-z]{2,3}", name):
        code = name.upper()
        alias = get_global("territory_aliases").get(code)
        if code in Locale("en").territories and len(code) == 2 and code not in ("EU", "UN", "XK", "ZZ", "UK"):
            return code
        if alias and len(alias) == 1:
            return str(alias[0])
    for known in ("en", language.split("-")[0].lower()):
        if code := _territories(known).get(_key(name), ""):
            return code
    return ""


@cache
def _territories(language: str) -> dict[str, str]:
    """Countries by the letters of their names in a language."""
    try:
        names = Locale(language).territories if language else {}
    except (UnknownLocaleError, ValueError):
        return {}
    found = {_key(name): code for code, name in names.items() if re.fullmatch(r"[A-Z]{2}", code) and code != "EU"}
    if language == "en":
        found |= {"usa": "US", "unitedstatesofamerica": "US", "greatbritain": "GB", "england": "GB", "holland": "NL"}
    return found


def _salary(said: Mapping[str, Any], countries: Iterable[str], found: _Found) -> Salary:
    given = said.get("baseSalary")
    try:
        return salaries.read_salary(given, text_of(said.get("salaryCurrency")), tuple(countries))
    except ValueError as error:
        found.note("baseSalary", str(error))
        return Salary()
