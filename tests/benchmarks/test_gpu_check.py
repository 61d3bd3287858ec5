"""The check of a GPU ends with a report that names all that was measured, failed or is missing, and why."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import gpu_check
from gpu_check import Part, gpu_tests, run_part
from gpu_report import Check, Outcome, Sizes, report, succeeded

PARTS = ("tests", "ceilings", "images", "imagenet_pool")
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_one"/>
<testcase classname="tests.test_a" name="test_two"><failure message="assert 1 == 2&#10;where"/></testcase>
<testcase classname="tests.test_b" name="test_three"><skipped message="torch finds no GPU"/></testcase>
<testcase classname="tests.test_b" name="test_four"><error message="no such fixture"/></testcase>
</testsuite></testsuites>"""

RATES = {"decoding": "3500", "forward": "3000", "both": "2800"}
PROGRAMS = {"train_seconds": "6.2", "score_seconds": "2.7", "select_seconds": "1.0"}
DONE = Check(
    {"GPU": "NVIDIA H100"},
    (321.4, 450),
    dict.fromkeys(PARTS, Outcome("done", 80)),
    tests=JUNIT,
    ceilings={
        "pinned_to_device": (50.0, "GB/s"),
        "product_float32": (40.0, "TFLOP/s"),
        "product_float16": (700.0, "TFLOP/s"),
    },
    pool=[
        {"work": "product", "seconds": "1.5", "train_seconds": ""},
        {"work": "round", "seconds": "9.9", **PROGRAMS},
        {"work": "coreset", "seconds": "31", "train_seconds": "", "select_seconds": "31.0"},
    ],
    images=[{"architecture": "resnet50", "workers": "15", **RATES, "share": "0.93", "gflop": "8.2"}],
)


def cells(page, first):
    """Return the cells of the row of the page that begins with this one."""
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {first}")]
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def test_each_measurement_stands_beside_its_goal_and_its_limit():
    page = report(DONE)
    assert cells(page, "train on 100,000 labels") == ["≤ 10 s", "9.9", "reached"]
    assert cells(page, "select 10,000") == ["≤ 30 s", "31", "missed"]
    assert cells(page, "extraction") == ["≥ 0.9", "0.93", "reached"]
    # 1,281,167 × 2048 × 40,000 multiplications and additions at 40 TFLOP/s.
    assert cells(page, "coreset") == ["31.0", "select 31.0", "5.25", "209.91", "5.25", "5.9 ×"]
    # 1,381,167 × 2048 features of 2 bytes at 50 GB/s; the product with the head takes longer.
    assert cells(page, "round") == [
        "9.9",
        "train 6.2, score 2.7, select 1.0",
        "5.66",
        "5.25",
        "0.13",
        "75.5 ×",
    ]
    assert cells(page, "resnet50") == ["15", "3500", "3000", "2800", "85366", "0.93"]
    assert "Not measured: margin, badge." in page
    assert "took 321 of 450 s" in page and cells(page, "GPU") == ["NVIDIA H100"]


def test_a_smaller_size_reaches_no_goal():
    page = report(replace(DONE, sizes=Sizes().scaled(0.1)))
    assert "reached" not in page and "missed" not in page
    assert page.count("not of this size") == 3


def test_tests_that_failed_are_named_and_skipped_ones_counted_by_reason():
    page = report(DONE)
    assert cells(page, "tests.test_a") == ["1", "1", "0"]
    assert cells(page, "all") == ["1", "2", "1"]
    assert "- `tests.test_a::test_two`: assert 1 == 2\n" in page
    assert "- 1 skipped: torch finds no GPU" in page


def test_what_is_missing_has_its_reason():
    outcomes = dict.fromkeys(PARTS, Outcome("skipped", 0, "torch finds no GPU"))
    outcomes["imagenet_pool"] = Outcome("left out", 0, "50 s were left, and it needs 90")
    page = report(Check({}, (9, 450), outcomes))
    assert page.count("Not measured: torch finds no GPU.") == 3
    assert "Not measured: 50 s were left, and it needs 90." in page
    assert page.count("| not measured |") == 3


@pytest.mark.parametrize("state", ["done", "stopped", "left out", "skipped"])
def test_only_a_failure_fails_the_check(state):
    assert succeeded(Check({}, (1, 2), {"tests": Outcome(state)}))
    assert not succeeded(Check({}, (1, 2), {"tests": Outcome(state), "images": Outcome("failed")}))


def test_a_part_is_run_within_its_limit(tmp_path):
    slow = Part("slow", ["-c", "import time; print('begun', flush=True); time.sleep(60)"], limit=60, least=1)
    assert run_part(slow, 0.5, tmp_path) == Outcome("left out", 0, "0 s were left, and it needs 1")
    stopped = run_part(slow, 3, tmp_path)
    assert (stopped.state, stopped.reason) == ("stopped", "it was not done after 3 s")
    assert 3 <= stopped.seconds < 30 and "begun" in stopped.output


def test_a_part_that_fails_shows_its_last_lines(tmp_path):
    lines = Part("lines", ["-c", "print(*range(90), sep='\\n'); raise SystemExit(3)"], limit=60, least=1)
    failed = run_part(lines, 60, tmp_path)
    assert (failed.state, failed.reason) == ("failed", "exit status 3")
    assert failed.output.splitlines() == [str(line) for line in range(50, 90)]
    page = report(Check({}, (1, 450), dict.fromkeys(PARTS, failed)))
    assert "## Last lines of images\n\n```\n50\n" in page
    assert run_part(Part("fine", ["-c", ""], limit=60, least=1), 60, tmp_path).state == "done"


def test_the_files_with_tests_of_a_gpu_are_found(tmp_path):
    texts = {
        "test_marked.py": "@pytest.mark.gpu\n",
        "test_devices.py": "from devices import TORCH_DEVICES, difference\n",
        "test_neither.py": "from activepool.compute.devices import resolve_device\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert [Path(path).name for path in gpu_tests(tmp_path)] == ["test_devices.py", "test_marked.py"]


def test_without_a_gpu_the_check_ends_well_and_says_what_it_skipped(tmp_path):
    done = checked(tmp_path, "--tests", "tests/parallel/test_process_group.py")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.md").read_text()
    assert page in done.stdout
    assert cells(page, "tests |")[:1] == ["done"]
    assert [cells(page, f"{part} |")[0] for part in PARTS[1:]] == ["skipped"] * 3
    assert cells(page, "all") == ["0", "0", "1"]


@pytest.mark.long
def test_all_parts_can_be_tried_on_a_cpu(tmp_path):
    sizes = ["--device=cpu", "--scale=0.001", "--seconds=3000"]
    done = checked(tmp_path, *sizes, "--tests", "tests/parallel/test_process_group.py")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.md").read_text()
    assert [cells(page, f"{part} |")[0] for part in PARTS] == ["done"] * 4
    assert "ot measured" not in page
    for work in ("round", "coreset", "margin", "badge"):
        assert float(cells(page, work)[0]) > 0


def checked(folder, *arguments):
    command = [sys.executable, gpu_check.__file__, "--report", str(folder / "report.md"), *arguments]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
