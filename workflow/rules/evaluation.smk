# From the metrics of all rounds to curves, figures and tables; all of them from cached files alone.


rule curves:
    input:
        metrics=PLAN.metrics(),
        samples=PLAN.samples,
    output:
        curves="results/{experiment}/curves.csv",
        class_counts="results/{experiment}/class_counts.csv",
    log:
        "results/logs/{experiment}/curves.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        runs=OPTIONS.runs(),
        provenance=json.dumps(PLAN.chain.provenance_of_all("curves")),
    shell:
        "python -m activepool.stages.curves {params.runs:q} --samples {input.samples}"
        " --output-curves {output.curves} --output-class-counts {output.class_counts}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule selections:
    input:
        PLAN.selections(),
    output:
        "results/{experiment}/overlap.csv",
    log:
        "results/logs/{experiment}/selections.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        runs=OPTIONS.runs(),
        provenance=json.dumps(PLAN.chain.provenance_of_all("selections")),
    shell:
        "python -m activepool.stages.selections {params.runs:q} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


# Times differ from run to run: this lies with the logs, and not with the results.
rule costs:
    input:
        "results/{experiment}/curves.csv",
        "results/{experiment}/overlap.csv",
    output:
        csv=report(
            "results/logs/{experiment}/costs.csv",
            caption="../report/costs.rst",
            category="Costs",
            labels={"costs": "as a table"},
        ),
        tex="results/logs/{experiment}/costs.tex",
        pdf="results/logs/{experiment}/costs.pdf",
        png=report(
            "results/logs/{experiment}/costs.png",
            caption="../report/costs.rst",
            category="Costs",
            labels={"costs": "as a figure"},
        ),
    log:
        "results/logs/{experiment}/costs.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        folders=PLAN.recorded_folders(),
        provenance=json.dumps(PLAN.chain.provenance_of_all("costs")),
    shell:
        "python -m activepool.stages.costs --folders {params.folders:q}"
        " --output {output.csv} --output-tex {output.tex} --output-pdf {output.pdf} --output-png {output.png}"
        " 2> >(tee {log} >&2)"


# One rule each, because each has its caption.
for figure in PLAN.figure_names:

    rule:
        name:
            f"figure_{figure}"
        input:
            curves="results/{experiment}/curves.csv",
            class_counts="results/{experiment}/class_counts.csv",
            overlap="results/{experiment}/overlap.csv",
            ceiling=PLAN.ceiling or [],
        output:
            pdf=f"results/{{experiment}}/figures/{figure}.pdf",
            png=report(
                f"results/{{experiment}}/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category=category_of("drawings", figure, "Figures"),
                labels={"figure": figure.replace("_", " ")},
            ),
        log:
            f"results/logs/{{experiment}}/figures/{figure}.log",
        localrule: True
        conda:
            ENVIRONMENT
        params:
            figure=figure,
            settings=settings("figure"),
            ceiling=OPTIONS.drawing(),
            oracles=OPTIONS.oracles(),
            provenance=json.dumps(PLAN.chain.provenance_of_drawing("figure", figure)),
        shell:
            "python -m activepool.stages.figure --figure {params.figure} --curves {input.curves}"
            " --class-counts {input.class_counts} --overlap {input.overlap} {params.ceiling:q} {params.oracles:q}"
            " --settings {params.settings:q} --output-pdf {output.pdf} --output-png {output.png}"
            " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


for table in PLAN.table_names:

    rule:
        name:
            f"table_{table}"
        input:
            curves="results/{experiment}/curves.csv",
            class_counts="results/{experiment}/class_counts.csv",
            overlap="results/{experiment}/overlap.csv",
            ceiling=PLAN.ceiling or [],
        output:
            csv=report(
                f"results/{{experiment}}/tables/{table}.csv",
                caption=f"../report/{table}.rst",
                category=category_of("tables", table, "Tables"),
                labels={"table": table.replace("_", " ")},
            ),
            tex=f"results/{{experiment}}/tables/{table}.tex",
        log:
            f"results/logs/{{experiment}}/tables/{table}.log",
        localrule: True
        conda:
            ENVIRONMENT
        params:
            table=table,
            settings=settings("table"),
            ceiling=OPTIONS.drawing(),
            oracles=OPTIONS.oracles(),
            provenance=json.dumps(PLAN.chain.provenance_of_drawing("table", table)),
        shell:
            "python -m activepool.stages.table --table {params.table} --curves {input.curves}"
            " --class-counts {input.class_counts} --overlap {input.overlap} {params.ceiling:q} {params.oracles:q}"
            " --settings {params.settings:q} --output-csv {output.csv} --output-tex {output.tex}"
            " --provenance {params.provenance:q} 2> >(tee {log} >&2)"
