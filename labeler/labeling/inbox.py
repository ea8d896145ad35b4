"""The inbox: prepared posts drained from SQS into tasks."""


def top_up() -> int:
    """Takes a bounded number of posts in; returns how many are new."""
    return 0
