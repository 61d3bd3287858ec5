# A round's query: score the unlabelled pool with the last head, and pick.
# {strategy} is a strategy's folder; round 00 lies in initial_<kind>, which all strategies share.
# labelled.csv is the picks of all rounds so far: with it a job has few inputs, however many rounds came before.

# With pool_shards, each part of the pool is scored by a job of its own, and the parts are joined.
SCORES = QUERIES.of_shard(
    "results/{experiment}/{strategy}/seed{seed}/round{round}/scores.h5"
)


rule prepare:
    input:
        features=PLAN.features,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
    output:
        "results/{experiment}/{strategy}/seed{seed}/prepared.h5",
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}.prepare.log",
    wildcard_constraints:
        strategy=one_of(PLAN.strategies()),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=NEEDS.memory(4000, 1.5),
        runtime=NEEDS.runtime(60, 60),
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        strategy=setting("prepare", "strategy"),
        options=setting("prepare", "options"),
        provenance=provenance("prepare"),
    shell:
        "python -m activepool.stages.prepare --strategy={params.strategy:q} --options {params.options:q}"
        " --features {input.features} --validation {input.validation} --seed {wildcards.seed}"
        " --device {resources.device} --workers {threads} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule score:
    input:
        features=PLAN.query_features,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled=PLAN.previous_labelled,
        head=PLAN.previous_head,
    output:
        temp(SCORES) if EXPERIMENT.in_shards else SCORES,
    log:
        QUERIES.of_shard(
            "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.score.log"
        ),
    wildcard_constraints:
        strategy=one_of(QUERIES.scored_by_head()),
    group:
        NEEDS.query_group
    conda:
        ENVIRONMENT
    resources:
        mem_mb=NEEDS.memory(2000, 0.3),
        runtime=NEEDS.runtime(15, 10),
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        reads=OPTIONS.score,
        shard=OPTIONS.shard,
        provenance=provenance("score"),
    shell:
        "python -m activepool.stages.score {params.reads:q} {params.shard} --features {input.features}"
        " --validation {input.validation} --labelled {input.labelled} --head {input.head}"
        " --device {resources.device} --workers {threads} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule train_on_images:
    input:
        dataset=PLAN.dataset,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled=PLAN.previous_labelled,
    output:
        "results/{experiment}/{strategy}/seed{seed}/round{round}/image_model.safetensors",
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.train_on_images.log",
    wildcard_constraints:
        strategy=one_of(QUERIES.with_image_model()),
    group:
        NEEDS.query_group
    conda:
        ENVIRONMENT
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        strategy=setting("train_on_images", "strategy"),
        options=setting("train_on_images", "options"),
        provenance=provenance("train_on_images"),
    shell:
        "python -m activepool.stages.train_on_images --strategy={params.strategy:q} --options {params.options:q}"
        " --dataset {input.dataset} --validation {input.validation} --labelled {input.labelled}"
        " --seed {wildcards.seed} --round {wildcards.round} --device {resources.device} --workers {threads}"
        " --output {output}"
        " --provenance {params.provenance:q} --log {log}"


rule score_images:
    input:
        dataset=PLAN.dataset,
        features=PLAN.query_features,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled=PLAN.previous_labelled,
        head=PLAN.previous_head,
        model="results/{experiment}/{strategy}/seed{seed}/round{round}/image_model.safetensors",
    output:
        temp(SCORES) if EXPERIMENT.in_shards else SCORES,
    log:
        QUERIES.of_shard(
            "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.score_images.log"
        ),
    wildcard_constraints:
        strategy=one_of(QUERIES.with_image_model()),
    group:
        NEEDS.query_group
    conda:
        ENVIRONMENT
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        strategy=setting("score_images", "strategy"),
        options=setting("score_images", "options"),
        shard=OPTIONS.shard,
        provenance=provenance("score_images"),
    shell:
        "python -m activepool.stages.score_images --strategy={params.strategy:q} --options {params.options:q}"
        " --dataset {input.dataset} --features {input.features} --validation {input.validation}"
        " --labelled {input.labelled} --head {input.head} --model {input.model}"
        " --seed {wildcards.seed} --round {wildcards.round} {params.shard}"
        " --device {resources.device} --workers {threads} --output {output}"
        " --provenance {params.provenance:q} --log {log}"


if EXPERIMENT.in_shards:

    rule gather_scores:
        input:
            QUERIES.shards("scores"),
        output:
            "results/{experiment}/{strategy}/seed{seed}/round{round}/scores.h5",
        log:
            "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.gather_scores.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            provenance=provenance("gather_scores"),
        shell:
            "python -m activepool.stages.gather_scores --shards {input} --output {output}"
            " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


# What a strategy does with each sample by itself, where the pool is in shards; otherwise select does it.
rule measure:
    input:
        unpack(QUERIES.measuring_inputs),
        features=QUERIES.features,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled=PLAN.previous_labelled,
    output:
        temp(
            "results/{experiment}/{strategy}/seed{seed}/round{round}/measured/{shard}-of-{shards}.h5"
        ),
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.measure/{shard}-of-{shards}.log",
    retries: NEEDS.retries
    conda:
        ENVIRONMENT
    resources:
        mem_mb=NEEDS.memory(2000, 0.3),
        runtime=NEEDS.runtime(15, 10),
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        strategy=setting("measure", "strategy"),
        options=setting("measure", "options"),
        budget=EXPERIMENT.budget,
        reads=OPTIONS.measuring,
        remaining_budget=OPTIONS.remaining_budget,
        annotations=OPTIONS.annotations,
        labels=LATE_LABELS.of_query,
        shard=OPTIONS.shard,
        provenance=provenance("measure"),
    shell:
        "python -m activepool.stages.measure --strategy={params.strategy:q} --options {params.options:q}"
        " --features {input.features} --validation {input.validation} --labelled {input.labelled}"
        " {params.reads:q} {params.annotations:q} --budget {params.budget} {params.remaining_budget:q}"
        " --seed {wildcards.seed} --round {wildcards.round} {params.shard}"
        " --device {resources.device} --workers {threads} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule select:
    input:
        unpack(QUERIES.inputs),
        features=QUERIES.features,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled=PLAN.previous_labelled,
    output:
        selected="results/{experiment}/{strategy}/seed{seed}/round{round}/selected.csv",
        labelled="results/{experiment}/{strategy}/seed{seed}/round{round}/labelled.csv",
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.select.log",
    wildcard_constraints:
        strategy=one_of(QUERIES.stateless()),
    retries: NEEDS.retries
    group:
        NEEDS.query_group
    conda:
        ENVIRONMENT
    resources:
        mem_mb=NEEDS.memory(3000, 1.2),
        runtime=NEEDS.runtime(30, 20),
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        strategy=setting("select", "strategy"),
        options=setting("select", "options"),
        budget=EXPERIMENT.budget,
        reads=OPTIONS.query,
        remaining_budget=OPTIONS.remaining_budget,
        state=OPTIONS.state,
        annotations=OPTIONS.annotations,
        labels=LATE_LABELS.of_query,
        provenance=provenance("select"),
    shell:
        "python -m activepool.stages.select --strategy={params.strategy:q} --options {params.options:q}"
        " --features {input.features} --validation {input.validation} --labelled {input.labelled}"
        " {params.reads:q} {params.annotations:q} --budget {params.budget} {params.remaining_budget:q}"
        " --seed {wildcards.seed} --round {wildcards.round} --device {resources.device} --workers {threads}"
        " --output {output.selected} --output-labelled {output.labelled} {params.state:q}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


# The same for the strategies that hand arrays on to their next round.
use rule select as select_with_state with:
    output:
        selected="results/{experiment}/{strategy}/seed{seed}/round{round}/selected.csv",
        labelled="results/{experiment}/{strategy}/seed{seed}/round{round}/labelled.csv",
        state="results/{experiment}/{strategy}/seed{seed}/round{round}/state.h5",
    wildcard_constraints:
        strategy=one_of(QUERIES.stateful()),
