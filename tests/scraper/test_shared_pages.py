"""Real pages and feeds: what the fitting source reads from each of them, or why it reads none."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.web.page import Page
from scraper.scraped_post import Made, make_post
from tests.scraper.sources.saved import AT, config, read, reasons

BODY = "PositionProfile.UserArea.GOVT_XMLJobBody."
APEC = {
    "item": "Offre_emploi", "external_id": "Reference_apec", "title": "Intitule", "description": "Texte_offre",
    "date_posted": "Date_parution",
}  # fmt: skip
EDF = {
    "item": "offer", "external_id": "reference", "title": "jobDescription.title", "url": "directUrl",
    "description": "jobDescription.missionDescriptionFormatted+jobDescription.applicantProfileFormatted",
}  # fmt: skip
TEASER = {
    "item": "job", "external_id": "id", "title": "job_details.title", "description": "job_details.description",
    "company": "company.company_name", "location": "job_locations.location_city", "url": "job_details.url",
}  # fmt: skip
DECATHLON = {
    "item": "ads", "external_id": "reference", "title": "title", "description": "description+profile",
    "company": "brand.name", "url": "apply_url",
}  # fmt: skip
CEGID = {
    "external_id": "reference", "title": "title", "description": "description1Formatted+description2Formatted",
    "url": "offerUrl",
}  # fmt: skip
BONCOIN = {
    "external_id": "identifiant", "title": "titre", "company": "entreprise", "location": "ville", "url": "redirection",
}  # fmt: skip
JOBTECH = {
    "item": "testannonser", "external_id": "annonsId", "title": "annonsrubrik", "description": "annonstextFormaterad",
}  # fmt: skip
USAJOBS = {
    "item": "PositionOpening", "external_id": "DocumentID", "title": "PositionProfile.PositionTitle",
    "description": f"{BODY}Overview.JobSummary+{BODY}Duties.MajorDuties"
    f"+{BODY}QualificationsAndEvaluation.Qualifications",
    "company": "PositionProfile.PositionOrganization.OrganizationIdentifiers.OrganizationName",
}  # fmt: skip
PERSONIO = {"item": "position", "external_id": "id", "title": "name", "description": "jobDescriptions"}
WORKDAY = {"item": "jobPostings", "external_id": "bulletFields.0", "title": "title"}
ORACLE = {
    "item": "items.0.requisitionList", "external_id": "Id", "title": "Title", "description": "ShortDescriptionStr",
}  # fmt: skip
ORACLE_ONE = {
    "external_id": "Id", "title": "Title", "location": "PrimaryLocation",
    "description": "ExternalDescriptionStr+ExternalResponsibilitiesStr+ExternalQualificationsStr",
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """Of one file: the source that fits, how many posts, the first one, the reasons for what is left out."""

    kind: str
    posts: int = 0
    id: str = ""
    title: str = ""
    language: str = ""
    chars: int = 0
    begins: str = ""
    reasons: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    links: int = 0
    url: str = ""  # the address it was fetched from, where that matters


EXPECTED: dict[str, Expected] = {
    "18f/contract-specialist.html": Expected(
        "page",
        1,
        "example.org/contract-specialist.html",
        "Office of Acquisition - Contract Specialist",
        "en",
        12518,
        "Office of Acquisition - ",
    ),
    "18f/data.gov-open-data-specialist.html": Expected(
        "page",
        1,
        "example.org/data.gov-open-data-specialist.html",
        "Data.gov - Open Data Specialist",
        "en",
        14425,
        "Data.gov - Open Data Spe",
    ),
    "18f/login-director.html": Expected(
        "page", 1, "example.org/login-director.html", "Login.gov - Director", "en", 11500, "Login.gov - Director\n\nTh"
    ),
    "18f/performance-profiles__18f-design-director.html": Expected(
        "page",
        1,
        "example.org/performance-profiles__18f-design-director.html",
        "18F Design director — Supervisory IT Specialist (SYSANALYSIS)",
        "en",
        6245,
        "18F Design director — Su",
    ),
    "18f/pif-2024-cohort.html": Expected("page", reasons=["no-main-text"]),
    "18f/strategist.html": Expected(
        "page", 1, "example.org/strategist.html", "18F - Strategist", "en", 12881, "18F - Strategist\n\nThis j"
    ),
    "18f/tts-engineer.html": Expected(
        "page",
        1,
        "example.org/tts-engineer.html",
        "Technology Transformation Services Engineer (IT Specialist)",
        "en",
        14887,
        "Technology Transformatio",
    ),
    "18f/usdc-director.html": Expected(
        "page",
        1,
        "example.org/usdc-director.html",
        "U.S. Digital Corps - Director",
        "en",
        10902,
        "U.S. Digital Corps - Dir",
    ),
    "ats/greenhouse.json": Expected(
        "greenhouse",
        2,
        "8636903002",
        "Customer Data Scientist - Experimentation",
        "en",
        5616,
        "Amplitude is the leading",
    ),
    "ats/icims.html": Expected("jobposting", links=2, url="https://careers-wipfli.icims.com/jobs/search"),
    "ats/oracle_orc.json": Expected("feed", reasons=["no-description", "no-description"], fields=ORACLE),
    "ats/oracle_orc_detail.json": Expected(
        "feed",
        1,
        "2026001760",
        "Technology and Communications Sector Leader",
        "en",
        108,
        "Lead enterprise systems ",
        fields=ORACLE_ONE,
    ),
    "ats/personio.xml": Expected("feed", reasons=["no-description", "no-description"], fields=PERSONIO),
    "ats/teamtailor.json": Expected("feed", reasons=["no-description", "no-description"]),
    "ats/workday.json": Expected("feed", reasons=["no-description", "no-description"], fields=WORKDAY),
    "broken-jsonld/JSONLD_with_control_characters.html": Expected("jobposting"),
    "broken-jsonld/JoinAction.001.html": Expected("jobposting"),
    "cds-md/en-009af27c.md": Expected(
        "page",
        1,
        "009af27c-525c-47ea-8161-850273915cb6",
        "Head of Product Management",
        "en",
        3996,
        "The Canadian Digital Ser",
        fields={"external_id": "leverId"},
    ),
    "cds-md/en-0beaa08a.md": Expected(
        "page",
        1,
        "0beaa08a-9393-4852-bdb6-c25b95b53cfc",
        "Senior Procurement Advisor",
        "en",
        3014,
        "We’re transforming gover",
        fields={"external_id": "leverId"},
    ),
    "cds-md/en-191b5e60.md": Expected(
        "page",
        1,
        "191b5e60-a9d8-4c60-89e5-263aa4347771",
        "Senior or Principal Content Designer",
        "en",
        6772,
        "The Canadian Digital Ser",
        fields={"external_id": "leverId"},
    ),
    "cds-md/en-220f78c1.md": Expected(
        "page",
        1,
        "220f78c1-4504-4c4e-8dc7-93bec226d18a",
        "Visual Storyteller",
        "en",
        3354,
        "We’re transforming gover",
        fields={"external_id": "leverId"},
    ),
    "cds-md/en-27342ded.md": Expected(
        "page",
        1,
        "27342ded-7532-417e-940a-3bfdfe260043",
        "Technical Operations Analyst",
        "en",
        4414,
        "## About CDS \n\nWe believ",
        fields={"external_id": "leverId"},
    ),
    "cds-md/fr-272a1ae2.md": Expected(
        "page",
        1,
        "272a1ae2-b8ca-4fec-b954-2da30b0f24a7",
        "Coordonnateur/Coordonnatrice des opérations du personnel",
        "fr",
        3113,
        "Le Service numérique can",
        fields={"external_id": "leverId"},
    ),
    "feeds-fr/decathlon.json": Expected(
        "feed",
        3,
        "KWYLVLYSRRKVGO513",
        "ALTERNANCE Manager Commerce (H/F)",
        "fr",
        3782,
        "Chez Decathlon l’alterna",
        fields=DECATHLON,
    ),
    "feeds-fr/import-apec.xml": Expected(
        "feed",
        5,
        "177777865W",
        "Ingénieur d'études en génie électrique F/H",
        "fr",
        1938,
        "Contexte :\n\nAu sein de l",
        fields=APEC,
    ),
    "feeds-fr/import-edf.xml": Expected(
        "feed",
        3,
        "2026-100001",
        "Alternance - Développeur Web F/H",
        "fr",
        220,
        "Missions :\n\n• Développer",
        fields=EDF,
    ),
    "feeds-fr/import-france-travail-cegid.json": Expected(
        "feed",
        4,
        "2025-82802",
        "CONSEILLER(E) RELATION ENTREPRISE - 78",
        "fr",
        2109,
        "Les conseillers forment ",
        fields=CEGID,
    ),
    "feeds-fr/import-jobteaser.xml": Expected(
        "feed",
        2,
        "ab3c7310-98eb-4541-9a91-438dafddfae3",
        "Alternance - webmarketing specialist - Bac+4/5 - (38 - Grenoble) - H/F",
        "fr",
        6463,
        "Missions :\n\nAu sein du s",
        fields=TEASER,
    ),
    "feeds-fr/import-leboncoin.csv": Expected(
        "csv", 2, "2999583187", "ALTERNANCE - Boucher F/H", "fr", 2738, "Résumé\nALTERNANCE - Bouc", fields=BONCOIN
    ),
    "feeds-fr/import-pass.rss": Expected(
        "feed",
        7,
        "8760e23b-b22d-4fe6-ab21-3327480cd0b1",
        "Contrat d'Apprentissage - financements H/F",
        "fr",
        466,
        "Au sein du service, l’al",
    ),
    "gov/neogov_sample.rss": Expected(
        "feed",
        5,
        "http://agency.governmentjobs.com/michigan/default.cfm?action=viewjob&jobid=634789",
        "Professional Development and Training Intern-DHS",
        "en",
        484,
        "The Department of Human ",
    ),
    "gov/usajobs_recruiting_sample.xml": Expected(
        "feed", 1, "327358300", "General Administrators", "en", 4700, "The Department of Vetera", fields=USAJOBS
    ),
    "jobtech-sv/platsannonser_source.json": Expected(
        "feed",
        2,
        "23483261",
        "Drivna pedagoger sökes till Norlandia förskolor Lilla Alsike",
        "sv",
        2881,
        "Vi söker framtidens prof",
        fields=JOBTECH,
    ),
    "la-txt/COMMUNICATIONS_ELECTRICIAN_SUPERVISOR_3689_012717.txt": Expected(
        "page",
        1,
        "example.org/COMMUNICATIONS_ELECTRICIAN_SUPERVISOR_3689_012717.txt",
        "COMMUNICATIONS ELECTRICIAN SUPERVISOR",
        "en",
        8573,
        "COMMUNICATIONS ELECTRICI",
    ),
    "la-txt/EMS_ADVANCED_PROVIDER_2341_111618_REV_122018.txt": Expected(
        "page",
        1,
        "example.org/EMS_ADVANCED_PROVIDER_2341_111618_REV_122018.txt",
        "EMS ADVANCED PROVIDER",
        "en",
        10891,
        "EMS ADVANCED PROVIDER\n\nC",
    ),
    "la-txt/LEGISLATIVE_ASSISTANT_1182_091815.txt": Expected(
        "page",
        1,
        "example.org/LEGISLATIVE_ASSISTANT_1182_091815.txt",
        "LEGISLATIVE ASSISTANT",
        "en",
        7069,
        "LEGISLATIVE ASSISTANT\nCl",
    ),
    "la-txt/SENIOR_ANIMAL_KEEPER_4305_022616.txt": Expected(
        "page",
        1,
        "example.org/SENIOR_ANIMAL_KEEPER_4305_022616.txt",
        "SENIOR ANIMAL KEEPER",
        "en",
        8175,
        "SENIOR ANIMAL KEEPER\n\nCl",
    ),
    "schemaorg/eg-0028-jsonld.html": Expected(
        "jobposting", 1, "example.org/eg-0028-jsonld.html", "Software Engineer", "en", 716, "Description: ABC Company"
    ),
    "schemaorg/eg-0028-microdata.html": Expected(
        "jobposting",
        1,
        "example.org/eg-0028-microdata.html",
        "Software Engineer",
        "en",
        734,
        "Description: ABC Company",
    ),
    "schemaorg/eg-0213-jsonld.html": Expected(
        "jobposting",
        1,
        "example.org/eg-0213-jsonld.html",
        "Junior software developer",
        "en",
        44,
        "Knowledge of computer pr",
    ),
    "schemaorg/eg-0251-jsonld.html": Expected("jobposting", reasons=["no-description"]),
    "schemaorg/eg-0268-jsonld.html": Expected("jobposting", reasons=["no-description"]),
    "schemaorg/eg-0280-pre.html": Expected("jobposting"),
    "schemaorg/eg-0287-jsonld.html": Expected("jobposting", reasons=["no-description"]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_page(name: str, data: Path) -> None:
    expected = EXPECTED[name]
    reading = read(expected.kind, data / "pages" / name, expected.fields, expected.url or _page(name).url)

    made = [make_post(one, _page(name), config(expected.kind), "p", "t") for one in reading.postings]
    found = [one.post for one in made if isinstance(one, Made)]
    assert (len(found), sorted(reasons(reading))) == (expected.posts, sorted(expected.reasons))
    assert len(reading.links) == expected.links
    if found:
        first = found[0]
        got = (first.external_id, first.title, first.language, len(first.text), first.text[:24])
        assert got == (expected.id, expected.title, expected.language, expected.chars, expected.begins)


def test_every_real_page_has_its_line(data: Path) -> None:
    files = {str(path.relative_to(data / "pages")) for path in (data / "pages").rglob("*") if path.is_file()}
    # Beside the broken pages lies what another extractor made of them.
    assert {name for name in files if not name.endswith(".jsonld")} == set(EXPECTED)


def _page(name: str) -> Page:
    return Page(f"https://example.org/{Path(name).name}", b"", fetched_at=AT)
