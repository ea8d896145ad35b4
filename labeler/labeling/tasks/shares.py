"""Which posts fall into a share of all: drawn by their id, so the same at every run and for every labeler. Pure."""

import hashlib

from pipeline.schema import ProjectSettings


def within(share: float, what: str, post_id: str) -> bool:
    """Draws for different `what` are independent of each other."""
    drawn = int.from_bytes(hashlib.sha256(f"{what}\0{post_id}".encode()).digest()[:4], "big") / (1 << 32)
    return drawn < share


def redundancy(settings: ProjectSettings, post_id: str) -> int:
    """How many independent annotations this post is to have."""
    if settings.redundancy_share >= 1 or within(settings.redundancy_share, "redundancy", post_id):
        return settings.redundancy
    return 1
