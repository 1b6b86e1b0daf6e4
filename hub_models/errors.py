"""The one error of this package that its users can mend."""


class HubError(Exception):
    """A problem that the user can mend: the message says what it is, and what to do."""
