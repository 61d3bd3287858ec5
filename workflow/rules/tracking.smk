# Copies of metrics and figures for experiment trackers. If a tracker fails, its job still succeeds.


rule track:
    """Send numbers, figures and picks to a tracker."""
    input:
        curves="results/{experiment}/curves.csv",
        class_counts="results/{experiment}/class_counts.csv",
        selected=PATHS.in_runs("selected.csv"),
        pictures=[path for path in PATHS.figures() if path.endswith(".png")],
    output:
        # The tracker's own files, which may be deleted. Snakemake empties this folder before each job.
        files=directory("results/{experiment}/tracking/{tracker}/logs"),
        outcome="results/{experiment}/tracking/{tracker}.log",
    log:
        f"{LOGS}/tracking/{{tracker}}.log",
    wildcard_constraints:
        tracker=one_of(EXPERIMENT.trackers),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("track"),
    shell:
        program("track")
