from workflow_runs import Folder

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits", "name": "digits", "fraction": 0.4},
    "backbone": {"architecture": "small", "image_size": 8},
    "pretrain": {"method": "moco_v2", "epochs": 2, "queue": 512, "augmentation": "digits", "knn_every": 1},
    "validation": {"fraction": 0.1},
    "initial": {"size": 20},
    "budget": 20,
    "rounds": 2,
    "strategies": ["random"],
    "device": "cpu",
}
PRETRAINED = "results/pretrained/digits/small_moco_v2"


def test_processes_are_hardware_and_rerun_nothing(tmp_path):
    folder = Folder(tmp_path, CONFIGURATION)
    figure = f"{PRETRAINED}/pretrain.png"
    printed = folder.snakemake(figure, "--set-resources", "pretrain:processes=2")
    assert printed.count("epoch 1 of 2: loss") == 1
    assert (tmp_path / figure).stat().st_size > 10_000
    assert "Nothing to be done" in folder.snakemake("--dry-run", figure)
    log = (tmp_path / "results/logs/pretrained/digits/small_moco_v2.log").read_text()
    assert "k-NN accuracy" in log

    folder.configure(CONFIGURATION | {"pretrain": CONFIGURATION["pretrain"] | {"key_momentum": 0.9}})
    assert folder.planned(figure) == {"pretrain": 1, "figure": 1}
    folder.configure(CONFIGURATION | {"figures": {"metric": "top5"}})
    assert "Nothing to be done" in folder.snakemake("--dry-run", figure)
