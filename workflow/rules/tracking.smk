# Copies of what has been measured and drawn, for experiment trackers. A tracker that fails fails no job.


rule track:
    input:
        curves="results/{experiment}/curves.csv",
        pictures=PLAN.pictures(),
    output:
        outcome="results/{experiment}/tracking/{tracker}.log",
        # Emptied before each job, as all outputs are. They are the tracker's, no results, and may be deleted.
        files=directory("results/{experiment}/tracking/{tracker}/logs"),
    log:
        "results/logs/{experiment}/tracking/{tracker}.log",
    wildcard_constraints:
        tracker=one_of(EXPERIMENT.trackers),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=settings("track"),
        provenance=json.dumps(PLAN.chain.provenance_of_all("track")),
    shell:
        "python -m activepool.stages.track --tracker {wildcards.tracker} --project {wildcards.experiment}"
        " --curves {input.curves} --pictures {input.pictures:q} --settings {params.settings:q}"
        " --folder {output.files} --output {output.outcome}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"
