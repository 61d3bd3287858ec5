"""Ready formats, each with files as the original project writes them."""

import re

import pytest
import torch
import yaml
from backbones.projects import PROJECTS, WIDTH, Parts, encoder, features_of, load_weights
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.checkpoint import load_backbone, save_weights
from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError

CASES = [(name, project) for name, projects in PROJECTS.items() for project in projects]
by_case = pytest.mark.parametrize(
    ("name", "project"), CASES, ids=[f"{name}-{project.__name__}" for name, project in CASES]
)


def as_backbone(network):
    return Backbone(network, WIDTH, Preprocessing(8, 3, 8, (0.0,) * 3, (1.0,) * 3))


def features(backbone, images):
    with torch.inference_mode():
        return backbone.eval().network(images)


def without_parallel(content):
    """Drop ``module.`` from all keys, as after training on one GPU."""
    if not isinstance(content, dict):
        return content
    return {key.removeprefix("module."): without_parallel(value) for key, value in content.items()}


@pytest.fixture
def images():
    return torch.rand(2, 3, 8, 8)


@by_case
@pytest.mark.parametrize("parallel", [True, False])
def test_features_are_those_of_the_encoder_in_the_file(tmp_path, images, name, project, parallel):
    source, content = project()
    path = tmp_path / "checkpoint.pth.tar"
    torch.save(content if parallel else without_parallel(content), path)
    loaded = as_backbone(encoder())
    load_weights(loaded, path, FORMATS[name])
    assert torch.equal(features(loaded, images), features_of(source, images))


#: What stands before the keys of a network that was compiled, trained on several GPUs, sharded, averaged.
WRAPPED = [
    "_orig_mod.",
    "module._orig_mod.",
    "_orig_mod.module.",
    "module.module._orig_mod._orig_mod.module.",
    "_fsdp_wrapped_module._orig_mod._checkpoint_wrapped_module.",
    "_forward_module._orig_mod.module.",
    "module._module.",
]


def wrapped(content, before):
    """Put ``before`` in front of the names of all tensors."""
    if not isinstance(content, dict):
        return content
    return {
        before + key if isinstance(value, torch.Tensor) else key: wrapped(value, before)
        for key, value in content.items()
    }


@by_case
@pytest.mark.parametrize("before", WRAPPED)
def test_names_of_wrappers_do_not_count_in_any_format(tmp_path, images, name, project, before):
    source, content = project()
    torch.save(wrapped(content, before), tmp_path / "checkpoint.pth")
    loaded = as_backbone(encoder())
    load_weights(loaded, tmp_path / "checkpoint.pth", FORMATS[name])
    assert torch.equal(features(loaded, images), features_of(source, images))


@by_case
@pytest.mark.parametrize("inside", ["_orig_mod.", "_fsdp_wrapped_module."])
def test_parts_may_be_wrapped(tmp_path, images, name, project, inside):
    """As when the encoder is compiled, and the training's module around it is not."""
    source, content = project()

    def with_parts(content):
        if not isinstance(content, dict):
            return content
        return {
            key.replace("conv1.", f"{inside}conv1.").replace("layer1.", f"layer1.{inside}"): with_parts(value)
            for key, value in content.items()
        }

    torch.save(with_parts(content), tmp_path / "checkpoint.pth")
    loaded = as_backbone(encoder())
    load_weights(loaded, tmp_path / "checkpoint.pth", FORMATS[name])
    assert torch.equal(features(loaded, images), features_of(source, images))


def test_a_module_after_the_prefix_does_not_count(tmp_path, images):
    source = as_backbone(encoder())
    content = {f"module.encoder_q.module.{key}": value for key, value in source.network.state_dict().items()}
    torch.save({"state_dict": content}, tmp_path / "moco.pth")
    loaded = as_backbone(encoder())
    load_weights(loaded, tmp_path / "moco.pth", FORMATS["moco_v2"])
    assert torch.equal(features(loaded, images), features(source, images))


@pytest.mark.parametrize("wrapper", [torch.compile, nn.DataParallel])
def test_a_wrapped_backbone_loads_what_it_saved_and_what_others_did(tmp_path, wrapper):
    plain = as_backbone(encoder())
    wrapped = as_backbone(wrapper(encoder()))
    for source, target in [(wrapped, plain), (plain, wrapped), (wrapped, wrapped)]:
        save_weights(tmp_path / "weights.safetensors", source, {})
        expected = [value.clone() for value in source.network.state_dict().values()]
        for values in target.network.parameters():
            values.data.fill_(0)
        load_weights(target, tmp_path / "weights.safetensors")
        assert all(map(torch.equal, target.network.state_dict().values(), expected))


def test_an_average_of_weights_by_torch(tmp_path, images):
    source = encoder()
    average = torch.optim.swa_utils.AveragedModel(source)
    torch.save({"model": average.state_dict()}, tmp_path / "average.pth")
    loaded = as_backbone(encoder())
    load_weights(loaded, tmp_path / "average.pth")
    assert torch.equal(features(loaded, images), features_of(average.module, images))


@by_case
def test_wrong_format_is_refused_and_the_right_one_named(tmp_path, name, project):
    path = tmp_path / "checkpoint.pth"
    torch.save(project()[1], path)
    wrong = "dino" if name == "moco_v2" else "moco_v2"
    loaded = as_backbone(encoder())
    with pytest.raises(InputError) as caught:
        load_weights(loaded, path, FORMATS[wrong])
    message = str(caught.value)
    assert "\n" not in message
    hinted = message.partition("; format: ")[2].removesuffix(" would match all of them")
    # Where several formats fit, any of them will do.
    load_weights(loaded, path, FORMATS[hinted])


def test_a_whole_resnet_comes_from_moco(tmp_path):
    """The weights of one are in the file as encoder_q, those of another as encoder_k."""
    query, key = models.resnet18(weights=None, num_classes=16), models.resnet18(weights=None, num_classes=16)
    torch.save({"state_dict": Parts(encoder_q=query, encoder_k=key).state_dict()}, tmp_path / "moco.pth.tar")
    settings = BackboneSettings(name="resnet18", image_size=96, format="moco_v2")
    loaded, _ = load_backbone(settings, 3, tmp_path / "moco.pth.tar")
    images = torch.rand(2, 3, 96, 96)
    assert torch.equal(features(loaded, images), features_of(query, images))


def test_files_from_before_zip_archives_are_read(tmp_path, images):
    source, content = PROJECTS["moco_v2"][0]()
    path = tmp_path / "moco_v2_800ep_pretrain.pth.tar"
    torch.save(content, path, _use_new_zipfile_serialization=False)
    loaded = as_backbone(encoder())
    load_weights(loaded, path, FORMATS["moco_v2"])
    assert torch.equal(features(loaded, images), features_of(source, images))


def test_numbers_of_numpy_before_its_second_version_are_read(tmp_path, images):
    source, content = PROJECTS["dino"][0]()
    path = tmp_path / "checkpoint.pth"
    torch.save(content, path, _use_new_zipfile_serialization=False)
    original = path.read_bytes().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
    assert original != path.read_bytes()
    path.write_bytes(original)
    loaded = as_backbone(encoder())
    load_weights(loaded, path, FORMATS["dino"])
    assert torch.equal(features(loaded, images), features_of(source, images))


def test_safetensors_have_the_same_formats(tmp_path, images):
    source, content = PROJECTS["simclr"][1]()
    path = tmp_path / "checkpoint.safetensors"
    save_file(content, path)
    loaded = as_backbone(encoder())
    load_weights(loaded, path, FORMATS["simclr"])
    assert torch.equal(features(loaded, images), features_of(source, images))


def stages(reduced_at_the_end):
    """Return four stages of a Swin transformer's names, with the reductions between them."""
    reducing = (0, 1, 2) if reduced_at_the_end else (1, 2, 3)
    modules = nn.ModuleList(Parts(blocks=nn.ModuleList([nn.Linear(4, 4)])) for _ in range(4))
    for stage in reducing:
        modules[stage].downsample = Parts(reduction=nn.Linear(4, 4, bias=False))
    return modules


def test_esvits_reductions_belong_to_the_next_stage(tmp_path):
    teacher = Parts(
        layers=stages(True), norm=nn.LayerNorm(4), head=nn.Linear(4, 9), head_dense=nn.Linear(4, 9)
    )
    content = teacher.state_dict()
    content["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(49, 49, dtype=torch.long)
    torch.save({"teacher": content, "student": {}}, tmp_path / "checkpoint_best.pth")
    network = Parts(layers=stages(False), norm=nn.LayerNorm(4))
    load_weights(as_backbone(network), tmp_path / "checkpoint_best.pth", FORMATS["esvit"])
    for stage in range(4):
        source, loaded = teacher.layers[stage], network.layers[stage]
        assert torch.equal(source.blocks[0].weight, loaded.blocks[0].weight)
        if stage < 3:
            after = network.layers[stage + 1].downsample.reduction.weight
            assert torch.equal(source.downsample.reduction.weight, after)


def test_dinov2s_mask_token_is_left_out(tmp_path):
    source = Parts(norm=nn.LayerNorm(4))
    torch.save({"mask_token": torch.zeros(1, 4), **source.state_dict()}, tmp_path / "dinov2.pth")
    network = Parts(norm=nn.LayerNorm(4))
    network.norm.weight.data.fill_(7)
    load_weights(as_backbone(network), tmp_path / "dinov2.pth", FORMATS["dinov2"])
    assert torch.equal(network.norm.weight, source.norm.weight)


def test_a_custom_format_selects_strips_and_renames_keys(tmp_path, images):
    source = as_backbone(encoder())
    content = {
        f"module.online.net.{key.replace('layer1.', 'first.')}": value
        for key, value in source.network.state_dict().items()
    }
    content |= {
        "module.target.net.conv1.weight": torch.zeros(1),
        "module.online.net.predictor.bias": torch.zeros(2),
    }
    torch.save({"run": {"byol": content}, "step": 3}, tmp_path / "byol.pth")
    form = CheckpointFormat(
        inside=["run", "byol"],
        prefix="module.online.net.",
        skipped="predictor.",
        renamed={"first.": "layer1."},
    )
    loaded = as_backbone(encoder())
    load_weights(loaded, tmp_path / "byol.pth", form)
    assert torch.equal(features(loaded, images), features(source, images))


def test_a_renaming_onto_an_existing_key_is_refused(tmp_path):
    torch.save(
        {"a.weight": torch.zeros(4), "b.weight": torch.ones(4), "b.bias": torch.ones(4)}, tmp_path / "x.pth"
    )
    network = Parts(b=nn.LayerNorm(4))
    problem = (
        r"2 of the backbone's 2 weights match, .* \(of the same weight: a\.weight and b\.weight\); "
        r"keys: {renamed: {a\.: b\.}, skipped: a\.} reads b\.weight; "
        r"keys: {renamed: {a\.: b\.}, skipped: b\.} reads a\.weight$"
    )
    with pytest.raises(InputError, match=problem):
        load_weights(as_backbone(network), tmp_path / "x.pth", CheckpointFormat(renamed={"a.": "b."}))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("form", "before", "advice"),
    [
        ("plain", "", ["{prefix: module.}", "{skipped: module.}"]),
        ("torchvision", "", ["{skipped: fc., prefix: module.}", "{skipped: [fc., module.]}"]),
        ("moco_v2", "encoder_q.", ["{prefix: module.encoder_q., skipped: fc.}"]),
    ],
)
def test_two_keys_of_one_weight_are_refused_and_the_advice_chooses(tmp_path, form, before, advice, reverse):
    sources = [as_backbone(encoder()) for _ in range(2)]
    head = {} if form == "plain" else {"fc.weight": torch.zeros(2)}
    contents = [
        {wrapper + before + key: value for key, value in (source.network.state_dict() | head).items()}
        for wrapper, source in zip(("module.", ""), sources, strict=True)
    ]
    both = contents[1] | contents[0] if reverse else contents[0] | contents[1]
    torch.save(both, tmp_path / "x.pth")
    loaded = as_backbone(encoder())
    with pytest.raises(InputError) as caught:
        load_weights(loaded, tmp_path / "x.pth", FORMATS[form])
    message = str(caught.value)
    first = next(iter(sources[0].network.state_dict()))
    assert " and ".join(key for key in both if key.endswith(f"{before}{first}")) in message
    for keys in advice:
        assert f"keys: {keys} reads " in message
    anything = FORMATS[form].model_copy(update={"skipped": ("*",)})
    with pytest.raises(InputError, match="of the same weight: "):
        load_weights(loaded, tmp_path / "x.pth", anything)
    choices = re.findall(r"keys: (\{.*?\}) reads ([\w.]+)", message)
    assert len(choices) == 2
    for keys, key in choices:
        load_weights(loaded, tmp_path / "x.pth", CheckpointFormat(**yaml.safe_load(keys)))
        assert torch.equal(loaded.network.state_dict()[first], both[key])
