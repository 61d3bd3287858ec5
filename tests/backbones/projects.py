"""Checkpoints as the original projects write them, of small networks with random weights."""

import argparse

import numpy as np
import torch
from torch import nn

from activepool.backbones.checkpoint import PLAIN_FORMAT, load_content
from activepool.backbones.checkpoint_reading import read_checkpoint

WIDTH = 6


class Encoder(nn.Module):
    """A network with the names of a ResNet, and one block."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(nn.Conv2d(4, WIDTH, 3, bias=False), nn.BatchNorm2d(WIDTH))
        self.fc = nn.Identity()

    def forward(self, images):
        return self.fc(self.layer1(self.bn1(self.conv1(images)).relu()).mean(dim=(2, 3)))


def encoder(projection=None):
    """Return an encoder in whose batch normalisation no statistic is what it begins with."""
    network = Encoder()
    network.train()(torch.rand(4, 3, 8, 8))
    network.fc = projection or nn.Identity()
    return network.eval()


def features_of(network, images):
    """Return what enters the last layer."""
    entered = []
    network.fc.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    with torch.inference_mode():
        network.eval()(images)
    return entered[0]


def dino_head():
    head = nn.Module()
    head.mlp = nn.Sequential(nn.Linear(WIDTH, 8), nn.GELU(), nn.Linear(8, 4))
    # The names that nn.utils.weight_norm gives the length and the direction of a layer.
    head.last_layer = nn.ParameterDict({"weight_g": torch.ones(6, 1), "weight_v": torch.randn(6, 4)})
    return head


class Parts(nn.Module):
    """A network of named parts, whose state dict alone matters."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def optimizer_state():
    # DINO sets its learning rate from an array, so that the file holds numbers of NumPy.
    return {"state": {}, "param_groups": [{"lr": np.linspace(0.1, 0, 3)[1], "params": [0, 1]}]}


def moco_v2():
    query, key = (
        encoder(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 16))) for _ in range(2)
    )
    moco = Parts(encoder_q=query, encoder_k=key)
    moco.register_buffer("queue", torch.randn(16, 32))
    moco.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))
    state_dict = Parts(module=moco).state_dict()
    return query, {"epoch": 800, "arch": "resnet18", "state_dict": state_dict, "optimizer": optimizer_state()}


def moco_v1():
    query, key = encoder(nn.Linear(WIDTH, 16)), encoder(nn.Linear(WIDTH, 16))
    return query, {"state_dict": Parts(encoder_q=query, encoder_k=key).state_dict()}


def simclr_of_emam():
    network = encoder()
    return network, {"state_dict": Parts(encoder=network, linear=nn.Linear(WIDTH, 10)).state_dict()}


def simclr_of_spijkervet():
    network = encoder()
    projector = nn.Sequential(
        nn.Linear(WIDTH, WIDTH, bias=False), nn.ReLU(), nn.Linear(WIDTH, 64, bias=False)
    )
    return network, Parts(module=Parts(encoder=network, projector=projector)).state_dict()


def simclr_of_sthalles():
    network = encoder(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 128)))
    return network, {"epoch": 100, "arch": "resnet18", "state_dict": Parts(backbone=network).state_dict()}


def dino_full():
    student, teacher = encoder(), encoder()
    return teacher, {
        "student": Parts(module=Parts(backbone=student, head=dino_head())).state_dict(),
        "teacher": Parts(module=Parts(backbone=teacher, head=dino_head())).state_dict(),
        "optimizer": optimizer_state(),
        "epoch": 3,
        "args": argparse.Namespace(arch="resnet18", lr=0.03),
        "dino_loss": {"center": torch.zeros(1, 6)},
    }


def dino_backbone():
    teacher = encoder()
    return teacher, teacher.state_dict()


def esvit_resnet():
    student, teacher = encoder(), encoder()
    wrapped = {
        name: Parts(backbone=Parts(backbone=network), head=dino_head(), head_dense=dino_head())
        for name, network in (("student", student), ("teacher", teacher))
    }
    return teacher, {
        "student": Parts(module=wrapped["student"]).state_dict(),
        "teacher": wrapped["teacher"].state_dict(),
        "args": argparse.Namespace(use_dense_prediction=True),
    }


def torchvision_file():
    network = encoder(nn.Linear(WIDTH, 1000))
    return network, network.state_dict()


def torchvision_before_counters():
    network, content = torchvision_file()
    return network, {key: value for key, value in content.items() if not key.endswith("num_batches_tracked")}


def torchvision_reference_training():
    network, content = torchvision_file()
    return network, {"model": content, "optimizer": optimizer_state(), "epoch": 1}


def timm_training():
    network, content = torchvision_file()
    return network, {"epoch": 1, "arch": "resnet18", "state_dict": content, "version": 2}


#: Ready format -> projects that write it: each returns the encoder and the content of the file.
PROJECTS = {
    "plain": [dino_backbone],
    "moco_v2": [moco_v2, moco_v1],
    "simclr": [simclr_of_emam, simclr_of_spijkervet, simclr_of_sthalles],
    "dino": [dino_full, dino_backbone],
    "esvit": [esvit_resnet],
    "torchvision": [torchvision_file, torchvision_before_counters, torchvision_reference_training],
    "timm": [timm_training],
}


def load_weights(backbone, path, form=PLAIN_FORMAT):
    load_content(backbone, read_checkpoint(path), path, form)
