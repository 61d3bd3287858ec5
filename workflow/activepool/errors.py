"""The one exception that is meant for the user's eyes."""


class InputError(Exception):
    """What the user gave cannot be used: a file, a key, a value.

    Each message is one line that names the file and the key, what is wrong, and what would be right; most
    errors have one. A stage prints them without a traceback and exits with status 2.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))
