"""The one error type that users see: a single line that says what was wrong and what to do."""


class AdetkError(Exception):
    """Bad input or data.

    The message is one line: what was found, what was expected, where, and what to do. The command line
    prints it as it is and exits with status 1.
    """
