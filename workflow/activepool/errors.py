"""The exception whose message is written for the user."""


class InputError(Exception):
    """The user gave a file, a key or a value that cannot be used.

    Each argument is a line that names the file and the key, what is wrong, and what would be right; most
    errors have one. A stage prints them without a traceback and exits with status 2.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))
