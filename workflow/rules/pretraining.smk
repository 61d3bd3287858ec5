# Self-supervised pretraining of a backbone on the dataset's own images.


rule pretrain:
    """Pretrain the backbone on the dataset's own images, without labels."""
    input:
        dataset="results/datasets/{dataset}/dataset.h5",
    output:
        weights="results/pretrained/{dataset}/{backbone}/backbone.safetensors",
        curve="results/pretrained/{dataset}/{backbone}/pretrain.csv",
    log:
        "results/logs/pretrained/{dataset}/{backbone}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        **RESOURCES.of_images(8000, 2880),
        # Processes that train together, each on its own GPU; a profile sets it together with gpu.
        processes=1,
    params:
        *arguments("pretrain"),
    shell:
        program("pretrain")


rule figure_pretraining:
    """Draw the loss and k-NN accuracy of the pretraining."""
    input:
        curve="results/pretrained/{dataset}/{backbone}/pretrain.csv",
    output:
        pdf="results/pretrained/{dataset}/{backbone}/pretrain.pdf",
        png=report(
            "results/pretrained/{dataset}/{backbone}/pretrain.png",
            caption="../report/pretraining.rst",
            category="Features",
            labels={"figure": "pretraining"},
        ),
    log:
        "results/logs/pretrained/{dataset}/{backbone}.figure.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("pretraining_figure"),
    shell:
        program("pretraining_figure")
