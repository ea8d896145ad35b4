"""What a release is asked to be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from labeler.datasets.releases.selection import Filters
from labeler.datasets.releases.splits import SHARES
from pipeline.errors import InvalidInput
from pipeline.formats.catalog import FORMATS, WRITTEN
from pipeline.formats.units import UNITS, WORD

DEFAULT_FORMATS = ("jsonl", "conll", "docbin", "parquet")


@dataclass(frozen=True, slots=True)
class Options:
    """`unit`: of tags; `shares`: of the splits, which add up to 1; `licence`: an SPDX name or words."""

    formats: tuple[str, ...] = DEFAULT_FORMATS
    unit: str = WORD
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    seed: int = 1
    licence: str = "unknown"
    filters: Filters = field(default_factory=Filters)

    def check(self) -> "Options":
        """Itself. Raises `InvalidInput`."""
        for name in self.formats:
            if name not in FORMATS or name not in WRITTEN:
                raise InvalidInput("formats", name, ", ".join(WRITTEN))
        if "jsonl" not in self.formats:
            raise InvalidInput("formats", list(self.formats), "jsonl among them: it is what a release is read from")
        if self.unit not in UNITS:
            raise InvalidInput("unit", self.unit, ", ".join(UNITS))
        if not self.shares or any(share <= 0 for share in self.shares.values()) or not _is_one(self.shares):
            raise InvalidInput("shares", dict(self.shares), "shares above 0 that add up to 1")
        if not all(name.isalnum() for name in self.shares):
            raise InvalidInput("shares", list(self.shares), "names of letters and digits")
        return self

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> "Options":
        filters = {name: tuple(held) if isinstance(held, list) else held for name, held in value["filters"].items()}  # type: ignore[attr-defined]
        given = {**value, "formats": tuple(value["formats"]), "filters": Filters(**filters)}  # type: ignore[arg-type]
        return cls(**given)  # type: ignore[arg-type]


def _is_one(shares: Mapping[str, float]) -> bool:
    return abs(sum(shares.values()) - 1) < 1e-6


def shares(text: str) -> dict[str, float]:
    """`train=0.8,validation=0.1,test=0.1`. Raises `InvalidInput`."""
    try:
        return {name.strip(): float(share) for name, share in (part.split("=") for part in text.split(","))}
    except ValueError:
        raise InvalidInput("shares", text, "train=0.8,validation=0.1,test=0.1") from None
