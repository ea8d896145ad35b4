"""What a new project starts with: labels for job posts, short guidelines, and the tokenizer that ships."""

import json
from pathlib import Path

from pipeline.ports import ObjectExists, ObjectStore
from pipeline.schema import Gates, Label, ProjectSettings, TokenizerId

MODELS = Path(__file__).resolve().parents[2] / "pipeline" / "models"

LABELS = (
    Label("Skill", "1", 1, "Requirements", "Something the person can do.", ("lead a team", "read technical drawings")),
    Label("Knowledge", "2", 2, "Requirements", "A field the person knows.", ("food hygiene", "labour law")),
    Label("Tool", "3", 3, "Requirements", "Software, machine or equipment.", ("Excel", "forklift")),
    Label("Experience", "4", 4, "Requirements", "How long, or at what.", ("three years in retail",)),
    Label("Education", "5", 5, "Requirements", "Degree, certificate, licence.", ("nursing degree", "driving licence")),
    Label("Language", "6", 6, "Requirements", "A language, with its level.", ("fluent German", "English B2")),
    Label("Role", "7", 7, "Position", "What the person will be.", ("shift supervisor",)),
    Label("Company", "8", 8, "Position", "Who hires."),
    Label("Place", "9", 9, "Position", "Where the work is done.", ("Lyon", "our northern depot")),
    Label("Pay", "q", 10, "Offer", "Wage, salary, bonus.", ("18.50 an hour",)),
    Label("Work mode", "w", 11, "Offer", "Hours, contract, remote or on site.", ("part-time", "two days from home")),
    Label("Benefit", "r", 12, "Offer", "What else is given.", ("30 days of leave",)),
)

GUIDELINES = """\
# How to label

Label what the text says, not what you know.

- **Shortest phrase that means it**: *forklift licence*, not *a valid forklift licence is needed*.
- Leave out articles and full stops at the ends.
- Spans may lie inside each other where both are true: *Python developer* is a Role, *Python* in it a Tool.
- In a list, label each item by itself.
- Nothing to label is an answer: submit without spans. Skip what is no job post.
"""


def tokenizer() -> TokenizerId:
    """The id of the model that ships."""
    return TokenizerId.from_json(json.loads((MODELS / "default.json").read_text()))


def publish_tokenizer(posts: ObjectStore) -> None:
    """Puts the shipped model where the pipeline looks for it; nothing when it is there."""
    try:
        posts.put_new(tokenizer().key, (MODELS / "default.model").read_bytes(), "application/octet-stream")
    except ObjectExists:
        return


def settings(slug: str, name: str, by: str, at: str) -> ProjectSettings:
    return ProjectSettings(
        project=slug,
        name=name,
        n=1,
        kind="created",
        at=at,
        by=by,
        labels=LABELS,
        guidelines=GUIDELINES,
        guideline_version=1,
        tokenizer=tokenizer(),
        gates=Gates(),
    )
