"""The hours of an experiment are its images at the rates that were measured."""

import argparse
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import paper_hours

#: Ten strategies on CIFAR-10: 49,500 images of the pool, 10,500 others; 3 seeds; rounds of 1,000 to 30,000.
EXPERIMENT = "cifar10_from_scratch"
ROUNDS, SEEDS, STRATEGIES, EPOCHS = 30, 3, 10, 200


def test_hours_are_those_of_all_images_at_the_measured_rates():
    row = paper_hours.row(EXPERIMENT, argparse.Namespace(images=4, workers=0, device="cpu"))
    trained = 3600 * row["training_hours"] * row["trained_per_second"]
    # The two initial pools and the ceiling's whole pool are trained on once a seed.
    labels = 2 * 1000 + STRATEGIES * sum(range(2000, 1000 * ROUNDS + 1, 1000)) + 49_500
    assert trained == pytest.approx(EPOCHS * SEEDS * labels)
    extracted = 3600 * row["extraction_hours"] * row["extracted_per_second"]
    assert extracted % 60_000 == pytest.approx(0, abs=1e-3) or extracted % 60_000 == pytest.approx(60_000)
    assert row["device"] == "cpu"
