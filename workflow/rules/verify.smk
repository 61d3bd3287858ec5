# Checks results/ against the records. The rule has no inputs, so that it checks before anything is made again.


rule verify:
    """Check that results are complete, unchanged and consistent with their inputs."""
    log:
        "results/logs/verify.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("verify"),
    shell:
        program("verify")
