"""The words around the postings, in the languages of the site."""

from dataclasses import dataclass

from demo.site.content import Pay


@dataclass(frozen=True, slots=True)
class Words:
    home: str
    openings: str
    one_opening: str
    back: str
    place: str
    posted: str
    until: str
    reference: str
    hours: str
    pay: str
    remote: str
    apply: str
    newer: str
    older: str
    loading: str
    needs_script: str
    kinds: dict[str, str]
    units: dict[str, str]
    date: str  # strftime
    thousands: str
    decimal: str

    def count(self, number: int) -> str:
        return f"{number} {self.one_opening if number == 1 else self.openings}"

    def sum(self, pay: Pay) -> str:
        """`€3,400–4,100 a month`, as the language writes it."""
        ends = [self._amount(pay.low)] + ([self._amount(pay.high)] if pay.high != pay.low else [])
        return f"{'–'.join(ends)} {pay.currency} {self.units[pay.unit]}"

    def _amount(self, amount: float) -> str:
        text = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})


WORDS = {
    "en": Words(
        home="All employers",
        openings="openings",
        one_opening="opening",
        back="All openings at",
        place="Place",
        posted="Posted",
        until="Closes",
        reference="Reference",
        hours="Hours",
        pay="Pay",
        remote="remote possible",
        apply="Apply for this job",
        newer="Newer",
        older="Older",
        loading="Loading …",
        needs_script="This page needs JavaScript.",
        kinds={
            "FULL_TIME": "full time",
            "PART_TIME": "part time",
            "TEMPORARY": "temporary",
            "CONTRACTOR": "freelance",
            "INTERN": "internship",
            "OTHER": "apprenticeship",
        },
        units={"HOUR": "an hour", "MONTH": "a month", "YEAR": "a year"},
        date="%-d %B %Y",
        thousands=",",
        decimal=".",
    ),
    "de": Words(
        home="Alle Arbeitgeber",
        openings="offene Stellen",
        one_opening="offene Stelle",
        back="Alle Stellen bei",
        place="Ort",
        posted="Veröffentlicht",
        until="Bewerbung bis",
        reference="Kennziffer",
        hours="Umfang",
        pay="Vergütung",
        remote="auch im Homeoffice",
        apply="Jetzt bewerben",
        newer="Neuere",
        older="Ältere",
        loading="Wird geladen …",
        needs_script="Diese Seite braucht JavaScript.",
        kinds={
            "FULL_TIME": "Vollzeit",
            "PART_TIME": "Teilzeit",
            "TEMPORARY": "befristet",
            "CONTRACTOR": "freiberuflich",
            "INTERN": "Praktikum",
            "OTHER": "Ausbildung",
        },
        units={"HOUR": "pro Stunde", "MONTH": "im Monat", "YEAR": "im Jahr"},
        date="%d.%m.%Y",
        thousands=".",
        decimal=",",
    ),
    "fr": Words(
        home="Tous les employeurs",
        openings="offres",
        one_opening="offre",
        back="Toutes les offres de",
        place="Lieu",
        posted="Publiée le",
        until="Candidature avant le",
        reference="Référence",
        hours="Contrat",
        pay="Rémunération",
        remote="télétravail possible",
        apply="Postuler",
        newer="Plus récentes",
        older="Plus anciennes",
        loading="Chargement …",
        needs_script="Cette page a besoin de JavaScript.",
        kinds={
            "FULL_TIME": "temps plein",
            "PART_TIME": "temps partiel",
            "TEMPORARY": "CDD",
            "CONTRACTOR": "indépendant",
            "INTERN": "stage",
            "OTHER": "apprentissage",
        },
        units={"HOUR": "de l’heure", "MONTH": "par mois", "YEAR": "par an"},
        date="%d/%m/%Y",
        thousands="\N{NARROW NO-BREAK SPACE}",
        decimal=",",
    ),
}
