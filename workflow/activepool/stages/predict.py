from activepool.compute.blocks import Compute
from activepool.programs.stage import Input, Output, stage


@stage
def predict(
    features: Input, head: Input, training: Input, predictions: Output, compute: Compute = Compute()
) -> None:
    """Predict the class of every row of a pool, with calibrated probabilities.

    Args:
        features: features.h5
        head: head.h5 of train_labelled
        training: training.json of the head
        predictions: predictions.h5 to write: predicted, probability and margin of each row
    """
    from activepool.features.store import FeatureFile
    from activepool.labelling.models.named_head import read_facts, read_named_head
    from activepool.labelling.models.predictions import predict_pool, write_predictions

    with FeatureFile(features) as file:
        matrix = file.train.features
        named_head = read_named_head(head, read_facts(training), matrix.shape[1])
        write_predictions(predictions, predict_pool(matrix, named_head, compute))


if __name__ == "__main__":
    predict.run()
