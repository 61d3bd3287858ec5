# Whether what is in results/ is what was written there. It has no inputs, so that it looks before anything is made
# again.


rule verify:
    """Check that results are whole, unchanged, and made from one another."""
    log:
        "results/logs/verify.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("verify"),
    shell:
        program("verify")
