"""What the settings of a project ask of a task: its turn, and how many answers it wants. Pure."""

from labeler.labeling.models import Post
from pipeline.draw import draw
from pipeline.schema import ProjectSettings

ORDERS = ("oldest", "newest", "random", "score")


def rank(order: str, post: Post) -> int:
    """The lowest comes first. `score`: posts whose suggestions are least certain; those without any at the end."""
    time = round(post.fetched_at.timestamp() * 1_000_000)
    if order == "newest":
        return -time
    if order == "random":
        return int(draw("order", post.post_id) * (1 << 53))
    if order == "score":
        suggestions = post.suggestions
        mean = sum(one.score for one in suggestions) / len(suggestions) if suggestions else 1.0
        return round(mean * 1_000_000_000)
    return time


def redundancy(settings: ProjectSettings, post_id: str) -> int:
    """How many independent annotations this post is to have."""
    share = settings.redundancy_share
    return settings.redundancy if share >= 1 or draw("redundancy", post_id) < share else 1
