# From photographs to batches for people, and from their labels to a model.
# What goes out and comes back is in the ledger, which no rule has as an input: it grows while jobs run, and the params
# of a rule hold a digest of what its job reads there.

if PATHS.is_embedded:

    rule pool_vectors:
        """Check the pool's own vectors and copy them."""
        input:
            samples=PATHS.samples,
            removed=PATHS.removed_vectors,
        output:
            features=PATHS.features,
        log:
            f"{LOGS}/pool_vectors.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=4000,
            runtime=120,
        params:
            *arguments("pool_vectors"),
        shell:
            program("pool_vectors")

else:

    rule photographs:
        """List the photographs of one part of the pool."""
        input:
            samples=ancient(PATHS.samples),
        output:
            dataset="results/datasets/{dataset}/dataset.h5",
        log:
            "results/logs/datasets/{dataset}.log",
        conda:
            ENVIRONMENT
        params:
            *arguments("photographs"),
        shell:
            program("photographs")

    rule pool_features:
        """Join the features of all parts of the pool."""
        input:
            samples=PATHS.samples,
            parts=PATHS.parts,
        output:
            features=PATHS.features,
        log:
            f"{LOGS}/pool_features.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=4000,
            runtime=120,
        params:
            *arguments("pool_features"),
        shell:
            program("pool_features")


rule training_labels:
    """Read from the ledger what there was to train on before a batch went out."""
    input:
        pool=ancient(PATHS.samples),
    output:
        labels=f"{BATCH}/labels.csv",
        classes=f"{BATCH}/classes.csv",
    log:
        f"{LOGS}/{{batch}}.training_labels.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("training_labels"),
    shell:
        program("training_labels")


rule train_labelled:
    """Train the head of a batch on all labels that there were."""
    input:
        features=PATHS.batch_features("head.h5"),
        labels=f"{BATCH}/labels.csv",
        classes=f"{BATCH}/classes.csv",
    output:
        head=f"{BATCH}/head.h5",
        held_out=f"{BATCH}/held_out.csv",
        held_out_probabilities=f"{BATCH}/held_out.h5",
        training=f"{BATCH}/training.json",
    log:
        f"{LOGS}/{{batch}}.train_labelled.log",
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(4000, 60, share=0.5, minutes_per_gb=20),
    params:
        *arguments("train_labelled"),
    shell:
        program("train_labelled")


rule predict:
    """Predict the class of each sample of the pool."""
    input:
        features=PATHS.batch_features("predictions.h5"),
        head=f"{BATCH}/head.h5",
        training=f"{BATCH}/training.json",
    output:
        predictions=f"{BATCH}/predictions.h5",
    log:
        f"{LOGS}/{{batch}}.predict.log",
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(2000, 15, share=0.3, minutes_per_gb=10),
    params:
        *arguments("predict"),
    shell:
        program("predict")


rule candidates:
    """List the samples that may go out in the next batch."""
    input:
        pool=PATHS.samples,
        sent=PATHS.earlier_audit_files,
    output:
        candidates=f"{BATCH}/candidates.csv",
    log:
        f"{LOGS}/{{batch}}.candidates.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("candidates"),
    shell:
        program("candidates")


rule propose:
    """Pick the samples of the next batch, or of the audit set."""
    input:
        features=PATHS.features,
        candidates=f"{BATCH}/candidates.csv",
        labels=f"{BATCH}/labels.csv",
        head=PATHS.batch_model_file("head.h5"),
    output:
        selected=f"{BATCH}/selected.csv",
    log:
        f"{LOGS}/{{batch}}.propose.log",
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(3000, 30, share=1.2, minutes_per_gb=20),
    params:
        *arguments("propose"),
    shell:
        program("propose")


rule send:
    """Write a batch for people, and enter into the ledger that it went out."""
    input:
        pool=ancient(PATHS.samples),
        features=PATHS.batch_features("sheet.html"),
        classes=f"{BATCH}/classes.csv",
        selected=PATHS.batch_picks,
        predictions=PATHS.batch_model_file("predictions.h5"),
    output:
        **{output: f"{BATCH}/{name}" for output, name in SENT_FILES.items()},
    log:
        f"{LOGS}/{{batch}}.send.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("send"),
    shell:
        program("send")


rule status:
    """Write the page that says how good the model is, and whether it is worth going on."""
    input:
        samples=PATHS.samples,
        # Snakemake does not compare the params of a job behind one that runs, even if the files between are ancient.
        features=PATHS.features,
        sent=PATHS.files_to_send(),
        trainings=PATHS.model_files("training.json"),
        predictions=PATHS.model_files("predictions.h5"),
        labels=PATHS.model_files("labels.csv"),
        held_out=PATHS.model_files("held_out.h5")[-1:],
    output:
        status=PATHS.status,
        numbers=PATHS.status_numbers,
    log:
        f"{LOGS}/status.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("status"),
    shell:
        program("status")


rule export_predictions:
    """Write the predictions for the whole pool as tables."""
    input:
        pool=PATHS.samples,
        predictions=PATHS.latest_model_file("predictions.h5"),
        training=PATHS.latest_model_file("training.json"),
    output:
        table=f"{ROOT}/predictions.csv",
        parquet=f"{ROOT}/predictions.parquet",
    log:
        f"{LOGS}/export_predictions.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("export_predictions"),
    shell:
        program("export_predictions")


rule export_model:
    """Write the model as one file."""
    input:
        head=PATHS.latest_model_file("head.h5"),
        training=PATHS.latest_model_file("training.json"),
        features=PATHS.features,
    output:
        model=f"{ROOT}/model.safetensors",
    log:
        f"{LOGS}/export_model.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("export_model"),
    shell:
        program("export_model")


rule label_errors:
    """List the labels that are likely wrong."""
    input:
        held_out=PATHS.latest_model_file("held_out.h5"),
        labels=PATHS.latest_model_file("labels.csv"),
        pool=PATHS.samples,
    output:
        errors=f"{ROOT}/label_errors.csv",
    log:
        f"{LOGS}/label_errors.log",
    conda:
        ENVIRONMENT
    params:
        *arguments("label_errors"),
    shell:
        program("label_errors")
