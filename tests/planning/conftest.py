import atexit

import pytest
from snakemake.logging import logger


@pytest.fixture
def process_end(monkeypatch, capsys):
    """A function that does what waits for the end of this process, and returns what this prints."""
    handlers, waiting = list(logger.handlers), []
    monkeypatch.setattr(atexit, "register", waiting.append)

    def end():
        capsys.readouterr()
        while waiting:
            waiting.pop()()
        return capsys.readouterr().err

    yield end
    logger.handlers[:] = handlers
