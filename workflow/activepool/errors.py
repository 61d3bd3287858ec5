"""The one exception that is meant for the user's eyes."""


class InputError(Exception):
    """What the user gave cannot be used: a file, a key, a value.

    The message is one line that names the file and the key, what is wrong, and what would be right. A
    stage prints it without a traceback and exits with status 2.
    """
