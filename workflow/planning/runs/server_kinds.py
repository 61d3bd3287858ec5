"""Which stages share a server, and what it imports."""

from activepool.programs.servers import Kind


def _kind(stages: str, imports: str) -> Kind:
    return Kind(
        tuple(f"activepool.stages.{name}" for name in stages.split()),
        tuple(f"activepool.{name}" for name in imports.split()),
    )


#: Stages that run often, by what they import. The others start processes of their own.
KINDS = (
    _kind(
        "extract full_pool gather gather_scores initial_labelled prepare score select select_initial train"
        " validation",
        "programs.running programs.round_query data.label_file evaluation.round_metrics features.image_round"
        " features.store heads.lbfgs heads.training scores.nearest scores.pool_scorer"
        " strategies.registry strategies.checked_selection",
    ),
    _kind(
        "curves selections table",
        "programs.running figures.results evaluation.comparisons figures.registry",
    ),
    _kind(
        "contact_sheet costs feature_map figure pretraining_figure",
        "programs.running figures.results figures.export figures.classes figures.contact_sheet",
    ),
    _kind(
        "candidates export_model export_predictions label_errors photographs pool_features pool_vectors"
        " predict propose send status train_labelled training_labels",
        "programs.running api.heads heads.cross_validation features.store labelling.batches.near_duplicates"
        " labelling.batches.sending labelling.batches.sheet labelling.models.held_out"
        " labelling.models.predictions labelling.models.training_set labelling.pool.table"
        " labelling.status.page ledger.book strategies.checked_selection strategies.registry",
    ),
)
