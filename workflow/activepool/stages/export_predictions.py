"""The stage."""

from activepool.programs.stage import Input, Output, stage

@stage
def export_predictions(labels: Input, errors: Output) -> None:
    """Stub.

    Args:
        labels: x
    """
