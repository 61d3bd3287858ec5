from collections.abc import Sequence

from activepool.programs.stage import Input, Natural, Output, stage


@stage
def status(
    ledger: str,
    project: str,
    samples: Input,
    status: Output,
    numbers: Output,
    trainings: Sequence[Input] = (),
    predictions: Sequence[Input] = (),
    labels: Sequence[Input] = (),
    held_out: Input | None = None,
    entries: Natural | None = None,
    given_classes: Sequence[str] = (),
    images: str | None = None,
) -> None:
    """Report the progress of a pool's labelling, the quality of its model, and what more labels would bring.

    Args:
        ledger: the ledger of labels
        project: name of the project
        samples: samples.csv of the pool
        status: status.html to write, beside the folder batches
        numbers: status.json to write
        trainings: training.json of each batch that has a model, in order
        predictions: predictions.h5 of the same batches; the last is the current model's
        labels: labels.csv of the same batches
        held_out: held_out.h5 of the current model
        entries: number of entries of the ledger to read; by default, all
        given_classes: names of the classes that the configuration lists
        images: folder of the images
    """
    from pathlib import Path

    from activepool.labelling.status.numbers import StatusFiles, status_numbers, write_numbers
    from activepool.labelling.status.page import write_page

    files = StatusFiles(ledger, entries, samples, trainings, predictions, labels, held_out)
    results = status_numbers(project, files, given_classes, has_images=images is not None)
    image = None if images is None else Path(images).joinpath
    write_numbers(numbers, results)
    write_page(status, results, image)


if __name__ == "__main__":
    status.run()
