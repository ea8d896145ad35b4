"""What reviewers see and decide. Decisions and events are rebuilt from S3."""

from labeler.adjudication.models.comparison import Comparison, Cursor
from labeler.adjudication.models.event import ReviewEvent, Touched
from labeler.adjudication.models.gold import Gold
from labeler.adjudication.models.ruling import Ruling

__all__ = ["Comparison", "Cursor", "Gold", "ReviewEvent", "Ruling", "Touched"]
