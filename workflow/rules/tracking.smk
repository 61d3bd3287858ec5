# Copies of what has been measured and drawn, for experiment trackers. A tracker that fails fails no job.


rule track:
    """Send numbers and figures to a tracker."""
    input:
        curves="results/{experiment}/curves.csv",
        pictures=PATHS.pictures(),
    output:
        # Emptied before each job, as all outputs are. They are the tracker's, no results, and may be deleted.
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
