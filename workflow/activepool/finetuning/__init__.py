"""End-to-end finetuning: the whole network trained on the labelled images of a round."""
