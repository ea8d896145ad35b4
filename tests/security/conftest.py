"""What the attacks are tried against: the served labeler, the local AWS behind it, and a browser."""

from tests.e2e.conftest import backstage, chromium, server_env, sessions, site

__all__ = ["backstage", "chromium", "server_env", "sessions", "site"]
