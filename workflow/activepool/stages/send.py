from activepool.programs.stage import Input, Output, stage


@stage
def send(
    pool: Input,
    features: Input,
    classes: Input,
    ledger: str,
    project: str,
    batch: str,
    strategy: str,
    return_to: str,
    list: Output,
    sheet: Output,
    label_studio: Output,
    label_studio_view: Output,
    cvat: Output,
    cvat_labels: Output,
    selected: Input | None = None,
    predictions: Input | None = None,
    images: str | None = None,
    address: str = "",
    folders: str | None = None,
) -> None:
    """Write a batch in the forms of several tools; then enter into the ledger that it went out.

    A batch that is in the ledger is written again as it went out, except for its folders, which somebody may
    have sorted elsewhere. The sheet says which pictures are gone; the lists for tools, which could not show
    these, leave them out.

    Args:
        pool: samples.csv of the pool
        features: features.h5 of the pool
        classes: classes.csv: the classes to choose from
        ledger: the ledger
        project: name of the project
        batch: name of the batch; the name of an audit set begins with audit
        strategy: name of the strategy, as people see it
        return_to: folder for the files that come back
        list: list.csv to write, for people to fill in
        sheet: sheet.html to write: a page with all pictures, which opens offline
        label_studio: label_studio.json to write: tasks for Label Studio
        label_studio_view: label_studio.xml to write: the labelling interface of Label Studio
        cvat: cvat.txt to write: the list of pictures for CVAT
        cvat_labels: cvat_labels.json to write: the labels for CVAT
        selected: selected.csv: the picks of a batch that has not gone out
        predictions: predictions.h5 of the model that picked
        images: folder of the images; a pool of embeddings has none
        address: where Label Studio finds the folder of the images
        folders: folder to write: the pictures of a batch that goes out now, and an empty folder for each
            class; an existing one stays unchanged
    """
    from pathlib import Path
    from urllib.parse import quote

    from activepool.errors import InputError
    from activepool.features.store import FeatureFile
    from activepool.io.files import write_text
    from activepool.labelling.batches.near_duplicates import near_duplicates
    from activepool.labelling.batches.sending import assemble_batch, earlier_picks, is_audit, new_picks
    from activepool.labelling.batches.sheet import write_sheet
    from activepool.labelling.models.training_labels import read_classes
    from activepool.labelling.pool.ledger_note import note_ledger
    from activepool.labelling.pool.table import read_pool
    from activepool.ledger.book import open_book, read
    from activepool.ledger.formats import csv_file
    from activepool.ledger.formats import cvat as cvat_format
    from activepool.ledger.formats import folders as folders_format
    from activepool.ledger.formats import label_studio as label_studio_format

    pool_table, names = read_pool(Path(pool).parent), read_classes(classes)
    sent_picks = earlier_picks(read(ledger).entries, batch, pool_table)
    if sent_picks is not None:
        picks = sent_picks
    elif selected is not None:
        picks = new_picks(selected, strategy, is_audit(batch), pool_table)
    else:
        raise InputError(f"{batch}: is neither in {ledger} nor picked; run again")
    outgoing = assemble_batch(
        batch, picks, names, predictions, with_rows=images is None and pool_table.is_numbered
    )
    removed = {pick.sample for pick in picks if not pool_table.is_here(pick.sample)}
    visible = outgoing.without(removed)
    rows = [pick.index for pick in picks if pick.index is not None]
    with FeatureFile(features) as file:
        duplicates = near_duplicates(file.train.features, rows)
    csv_file.write(list, outgoing)
    write_sheet(
        sheet,
        outgoing,
        None if images is None else lambda source: Path(images) / source,
        f"{project}, {batch}",
        {
            pool_table.samples[row]: tuple(pool_table.samples[twin] for twin in twins)
            for row, twins in duplicates.items()
        },
        return_to,
        removed,
    )
    label_studio_format.write(label_studio, visible, lambda source: address + quote(source))
    write_text(label_studio_view, label_studio_format.labelling_configuration(outgoing.classes))
    cvat_format.write_list(cvat, visible)
    write_text(cvat_labels, cvat_format.label_constructor(outgoing.classes))
    if sent_picks is not None:
        return
    if folders is not None and images is not None and not Path(folders).exists():
        folders_format.write(folders, visible, images)
    with open_book(ledger) as book:
        book.append(outgoing.sendings(is_audit(batch)))
        note_ledger(Path(pool).parent, ledger, book.entries)


if __name__ == "__main__":
    send.run()
