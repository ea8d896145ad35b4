"""What is said of input that cannot be taken, whichever way it came: page, API, file or command."""


class InvalidInput(ValueError):
    """Says the field, what was given and what is allowed."""

    def __init__(self, field: str, given: object, allowed: str) -> None:
        self.field, self.given, self.allowed = field, given, allowed
        super().__init__(f"{field}: given {self.shown()}, allowed: {allowed}")

    def shown(self) -> str:
        """What was given, as it can stand in a line."""
        return f"{self.given!r:.200}"

    def __reduce__(self) -> tuple[type["InvalidInput"], tuple[str, object, str]]:
        """So that it travels from a child process as it is."""
        return type(self), (self.field, self.given, self.allowed)
