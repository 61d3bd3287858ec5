from collections.abc import Sequence

from activepool.data.used_labels import UsedLabels
from activepool.programs.stage import SELECTED, Input, Output, SelectedRounds, stage


@stage
def contact_sheet(
    dataset: Input,
    runs: SelectedRounds,
    sheet: Output,
    annotations: str | None = None,
    oracles: Sequence[str] = (),
) -> UsedLabels | None:
    """Draw a contact sheet of the images that a strategy picked with one seed.

    Args:
        dataset: dataset.h5: images, labels and class names
        runs: JSON: the rounds to show, by their selected.csv (see activepool.io.rounds)
        sheet: PNG to write
        annotations: CSV of labels that came after dataset.h5
        oracles: strategies that read all labels
    """
    import numpy as np

    from activepool.data.label_file import LabelFile
    from activepool.data.round_samples import merged_labels, used_labels
    from activepool.data.samples import UNKNOWN
    from activepool.figures.contact_sheet import read_round_picks, write_sheet
    from activepool.figures.fonts import font_notices
    from activepool.figures.settings import Settings
    from activepool.figures.styles import styles_of
    from activepool.io.index_files import read_index
    from activepool.programs.messages import print_notices

    paths = runs.files(SELECTED)
    with LabelFile(dataset) as file:
        labels, class_names = merged_labels(file, annotations), file.class_names
        picks = np.unique(np.concatenate([read_index(path) for path in paths.values()]))
        picks = picks[picks < len(labels)]  # read_round_picks reports a row outside
        label_record = used_labels(file, picks, labels[picks], annotations)
    labels = np.maximum(labels, UNKNOWN)
    rounds = [
        read_round_picks(run.round_number, path, dataset, labels, class_names) for run, path in paths.items()
    ]
    (style,) = styles_of(runs.strategies, Settings(oracles=tuple(oracles))).values()
    title = f"{' '.join([style.name, *style.note.splitlines()])}, seed {runs.seeds[0]}"
    print_notices(font_notices(class_names))
    write_sheet(sheet, title, rounds, class_names)
    return label_record


if __name__ == "__main__":
    contact_sheet.run()
