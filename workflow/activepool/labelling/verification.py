"""The allowances of verification for a labelling project.

Planning keeps the tables of the pool, which no stage makes. The pool grows, and a batch that went out is a
fact: new photographs do not retrain earlier models, and a new model does not change earlier picks.
Predictions and the model are those of the day on which somebody asked for them.
"""

from activepool.labelling.pool.files import FILES
from activepool.labelling.pool.ledger_note import NOTE
from activepool.labelling.pool.table import SAMPLES
from activepool.labelling.pool.vectors import REMOVED, VECTORS
from activepool.labelling.returned.cache import INTAKE
from activepool.records.verification import Allowances

#: The notices about the pool that planning has shown.
NOTICES = "notices.json"

#: The inputs of a stage that may change: all, or those of the pool, including features.
ANY_INPUT, POOL_INPUT = "*", "*/pool/*"

PROJECT_ALLOWANCES = Allowances(
    unrecorded=tuple(f"*/pool/{name}" for name in (SAMPLES, FILES, NOTE, INTAKE, VECTORS, REMOVED, NOTICES)),
    ignored=("*/batches/*/folders/*",),
    changing={
        **dict.fromkeys(("photographs", "training_labels", "train_labelled", "predict"), POOL_INPUT),
        **dict.fromkeys(("candidates", "propose", "send"), ANY_INPUT),
    },
    dispensable=("*/batches/*",),
    requested=("export_predictions", "export_model", "label_errors"),
)
