"""Everything derived from the rules is complete: it equals Snakemake's graph of all jobs."""

import shlex
from unittest.mock import patch

import pytest
from rerun_trials import IMAGES, write_images
from rules_read import Rules, stages
from snakemake.io import is_flagged
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow.labelled_pools import LABELLED_POOL, write_labelled_pool

from activepool.programs.command_line import CommandLine, output_files
from activepool.programs.stage import Role
from planning.stages.digests import declaration
from planning.stages.graph import Part
from planning.stages.settings import IN_FILE_NAMES

DIGITS = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "identity", "image_size": 8},
    "validation": {"fraction": 0.1},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 3,
    "seeds": 2,
    "strategies": ["random", "margin"],
}
VAAL = {"strategy": "vaal", "image_size": 16}
STRATEGIES = ["mine.py:every", "coreset", "margin", "cluster_margin", "balancing", VAAL]
WITH_MODELS = {**IMAGES, "strategies": STRATEGIES, "rounds": 3}
FINETUNING = {**WITH_MODELS, "head": {"solver": "finetune"}}

PROJECT = LABELLED_POOL | {"strategy": "mine.py:every"}

THREE_KINDS = {"kind": "typiclust", "size": 12}
THREE_KINDS |= {"by_strategy": {"balanced_random": "balanced", "base": "kmeans"}}

CONFIGURATIONS = {
    "digits": DIGITS,
    "images, labels that come later": IMAGES,
    "image model": WITH_MODELS,
    "embeddings": EMBEDDINGS,
    "initial pools of three kinds": EMBEDDINGS | {"initial": THREE_KINDS},
    "initial pool by a strategy, finetuning": FINETUNING | {"initial": {"kind": "kmeans", "size": 12}},
    "embeddings in shards": EMBEDDINGS | {"pool_shards": 2, "strategies": ["random", "coreset", "badge"]},
    "finetuning": FINETUNING,
    "finetuning in shards": FINETUNING | {"pool_shards": 3, "features": {"shards": 2}},
    "ceiling": EMBEDDINGS | {"ceiling": True},
    "ceiling in finetuning": FINETUNING | {"ceiling": True, "strategies": ["random"]},
    "trackers": DIGITS | {"trackers": ["tensorboard", "wandb"]},
    "project": PROJECT,
    "predictions of a project": PROJECT,
    "model of a project": PROJECT,
    "first batch of a project": PROJECT | {"project": "first", "batch": 2, "audit": 3},
    "vectors": {"project": "vectors", "embeddings": "vectors.npy", "batch": 5},
}

#: What is made with a configuration, if not `all`.
TARGETS = {
    **dict.fromkeys(("project", "first batch of a project", "vectors"), "next_batch"),
    "predictions of a project": "predictions",
    "model of a project": "model",
}

#: How the docstring of a rule begins whose jobs no target of an experiment or project needs.
ON_REQUEST = "On request: "


@pytest.fixture(scope="module")
def rules_of(tmp_path_factory):
    """A function that returns the rules with one of the configurations, and the graph of all their jobs."""
    folder, by_target = tmp_path_factory.mktemp("rules"), {}
    write_embeddings(folder / "given.h5")
    write_images(folder)
    write_labelled_pool(folder)
    for package in ("tensorboard", "wandb"):
        (folder / f"{package}.py").write_text("raise ImportError('nobody needs it before its job')\n")

    def rules(name, target=None):
        target = target or TARGETS.get(name, "all")
        if (name, target) not in by_target:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                patch.syspath_prepend(folder)
                by_target[name, target] = Rules(CONFIGURATIONS[name], target)
        return by_target[name, target]

    return rules


@pytest.fixture(params=CONFIGURATIONS)
def rules(request, rules_of):
    return rules_of(request.param)


def jobs_of(rules):
    """Return the jobs of Snakemake's graph that run a stage."""
    return [job for job in rules.dag.jobs if rules.stage(job.rule.name)]


def ancestors(job, dag):
    """Return a job and all jobs that it depends on in Snakemake's graph."""
    jobs, waiting = set(), [job]
    while waiting:
        current = waiting.pop()
        if current not in jobs:
            jobs.add(current)
            waiting.extend(dag.dependencies[current])
    return jobs


def part(job, rules):
    strategy = job.wildcards.get("strategy")
    return Part(strategy if strategy in rules.strategies else None, job.rule.name)


def check_ancestries(rules):
    for job in jobs_of(rules):
        ancestry = list(rules.graph.ancestry(job.rule, job.wildcards))
        assert set(ancestry) == {part(ancestor, rules) for ancestor in ancestors(job, rules.dag)}, job.output
        assert ancestry[-1] == part(job, rules), job.output


def test_the_ancestry_of_each_job_fits_snakemakes_graph(rules):
    check_ancestries(rules)


def on_request(rules):
    """Return the names of the rules that say that they run on request."""
    return {name for name, rule in rules.by_name.items() if (rule.docstring or "").startswith(ON_REQUEST)}


def test_the_ancestry_of_each_rule_that_runs_on_request_fits_snakemakes_graph(rules_of):
    rules = rules_of("digits")
    wildcards = [dict(job.wildcards.items()) for job in rules.dag.jobs]
    for name in on_request(rules):
        rule = rules.by_name[name]
        values = next(values for values in wildcards if values.keys() >= rule.wildcard_names)
        target = rule.output[0].apply_wildcards(values) if rule.output else name
        request_rules = rules_of("digits", target)
        assert name in {job.rule.name for job in request_rules.dag.jobs}
        check_ancestries(request_rules)


def test_a_provenance_names_all_of_the_ancestry(rules):
    for job in jobs_of(rules):
        parts = rules.graph.ancestry(job.rule, job.wildcards)
        provenance = rules.graph.provenance(job.rule, job.wildcards)
        assert list(provenance)[-1] == job.rule.name
        joined = {key.removeprefix("strategy ") for key in provenance if key.startswith("strategy ")}
        if joined:
            assert joined == {part.strategy for part in parts if part.strategy}
            parts = {part: digest for part, digest in parts.items() if part.strategy is None}
        digests = {key: digest for key, digest in provenance.items() if not key.startswith("strategy ")}
        # Of a rule with and without a strategy, such as that of round 0, both digests are the same.
        assert [(part.rule, digest) for part, digest in parts.items() if digests[part.rule] != digest] == []
        assert digests.keys() == {part.rule for part in parts}


def test_all_names_all_lasting_files_of_all_jobs(rules):
    outputs = [file for job in jobs_of(rules) for file in job.output]
    assert len(outputs) == len({*outputs})
    lasting = {file for file in outputs if not (is_flagged(file, "temp") or is_flagged(file, "directory"))}
    assert {*rules.files()} == lasting
    assert len(rules.files()) == len(lasting)


def test_each_command_runs_its_stage_on_the_files_of_its_job(rules):
    for job in jobs_of(rules):
        declared = declaration(rules.stage(job.rule.name))
        words = shlex.split(job.shellcmd)
        start = [] if declared.in_processes else ["activepool.programs.start"]
        command = ["python", "-m", *start, f"activepool.stages.{declared.name}"]
        assert words[: len(command)] == command
        arguments = CommandLine(declared).parse_args(words[len(command) :])
        files = [file for file in job.output if not is_flagged(file, "directory")]
        assert output_files(declared, arguments) == files, job.output
        read = [getattr(arguments, parameter.name) for parameter in declared.of_role(Role.INPUT)]
        read = {path for paths in read for path in (paths if isinstance(paths, list) else [paths]) if path}
        assert read <= {*job.input}, job.output
        assert arguments.log == job.log[0]


def test_every_rule_has_a_job_in_one_of_the_configurations_or_says_that_it_runs_on_request(rules_of):
    all_rules = [rules_of(name) for name in CONFIGURATIONS]
    ran = {job.rule.name for rules in all_rules for job in rules.dag.jobs}
    named = {name for rules in all_rules for name in on_request(rules)}
    assert {name for rules in all_rules for name in rules.by_name} - ran == named | {"figures", "features"}
    assert {rules.stage(name) for rules in all_rules for name in rules.by_name} - {None} == {*stages()}


def test_each_rule_fits_the_declaration_of_its_stage(rules):
    for name, rule in rules.by_name.items():
        if (stage := rules.stage(name)) is None:
            continue
        declared = declaration(stage)
        required = {parameter.name for parameter in declared.of_role(Role.INPUT) if parameter.is_required}
        assert required <= {*rule.input.keys()}, name
        written = [parameter.name for parameter in declared.of_role(Role.OUTPUT, Role.FOLDER)]
        outputs = list(rule.output.keys())
        assert len(outputs) == len(rule.output), f"{name}: an output without a name"
        assert outputs == [parameter for parameter in written if parameter in outputs], name
        assert {parameter.name for parameter in declared.of_role(Role.OUTPUT) if parameter.is_required} <= {
            *outputs
        }, name


@pytest.mark.parametrize("stage", stages())
def test_each_setting_has_a_value_or_is_fixed_by_the_rule(stage, rules_of):
    names = ("digits", "embeddings", "finetuning in shards", "ceiling", "trackers", "project", "vectors")
    names += ("initial pools of three kinds",)
    missing_settings = [
        (rules.arguments.settings, {*item.fixed, *rule.wildcard_names.intersection(IN_FILE_NAMES)})
        for rules in map(rules_of, names)
        for rule in rules.by_name.values()
        for item in rule.params
        if getattr(item, "stage", None) == stage
    ]
    assert missing_settings, "no rule runs it"
    for settings, given in missing_settings:
        for setting in declaration(stage).settings:
            assert hasattr(settings, setting.name) or setting.name in given, setting.name


def test_the_params_hold_the_digest_of_what_a_job_reads_outside_its_inputs(rules):
    """No rule may have the name under which the provenance holds it."""
    assert "labels" not in rules.by_name
    if rules.strategies:
        return
    settings = rules.arguments.settings
    for job in jobs_of(rules):
        digest = settings.labels_digest(rules.stage(job.rule.name), job.wildcards)
        (recorded,) = [item for item in job.rule.params if hasattr(item, "stage")]
        assert rules.arguments.provenance(recorded, job.wildcards).get("labels", "") == digest


def test_the_late_labels_that_a_job_depends_on_are_those_of_index_files_among_its_inputs(rules_of):
    dependent = set()
    for rules in filter(lambda rules: rules.strategies, map(rules_of, CONFIGURATIONS)):
        late_labels = rules.arguments.labels_digest.__self__
        for job in jobs_of(rules):
            stage = rules.stage(job.rule.name)
            with (
                patch.object(late_labels, "_file_digest", return_value="some") as some,
                patch.object(late_labels, "_pool_digest", return_value="all"),
            ):
                digest = late_labels.digest(stage, job.wildcards)
            dependent |= {stage} if digest else set()
            for call in some.call_args_list:
                assert {*call.args} <= {*job.input}, job.output
    readers = (declaration(stage) for stage in stages())
    assert dependent == {
        stage.name for stage in readers if any(item.name == "annotations" for item in stage.parameters)
    }
