# From the metrics of all rounds to curves, figures and tables, without computing anything again.

from activepool.figures.registry import FIGURES, TABLES
from planning.configuration.drawings import category_of, subject_of

EVALUATED = {
    "curves": "results/{experiment}/curves.csv",
    "class_counts": "results/{experiment}/class_counts.csv",
    "overlap": "results/{experiment}/overlap.csv",
}


rule curves:
    """Join the metrics of all rounds."""
    input:
        metrics=PATHS.in_runs("metrics.json"),
        samples=PATHS.samples,
    output:
        curves="results/{experiment}/curves.csv",
        class_counts="results/{experiment}/class_counts.csv",
    log:
        f"{LOGS}/curves.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("curves"),
    shell:
        program("curves")


rule selections:
    """Compare the picks of all strategies."""
    input:
        selected=PATHS.in_runs("selected.csv"),
    output:
        overlap="results/{experiment}/overlap.csv",
    log:
        f"{LOGS}/selections.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("selections"),
    shell:
        program("selections")


rule leaderboard:
    """On request: sum up what each strategy reached, for docs/leaderboard.csv."""
    input:
        curves=f"{PATHS.root}/curves.csv",
        selected=PATHS.in_runs("selected.csv"),
    output:
        leaderboard=f"{PATHS.root}/leaderboard.csv",
    log:
        f"results/logs/{EXPERIMENT.experiment}/leaderboard.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("leaderboard"),
    shell:
        program("leaderboard")


# Times differ from run to run, so these files are among the logs.
rule costs:
    """Summarise the time and memory of the stages."""
    input:
        "results/{experiment}/curves.csv",
        "results/{experiment}/overlap.csv",
    output:
        csv=report(
            f"{LOGS}/costs.csv",
            caption="../report/costs.rst",
            category="Tables as CSV",
            labels={"table": "costs"},
        ),
        tex=f"{LOGS}/costs.tex",
        html=report(
            f"{LOGS}/costs.html",
            caption="../report/costs.rst",
            category="Costs",
            labels={"costs": "as a table"},
        ),
        pdf=f"{LOGS}/costs.pdf",
        png=report(
            f"{LOGS}/costs.png",
            caption="../report/costs.rst",
            category="Costs",
            labels={"costs": "as a figure"},
        ),
    log:
        f"{LOGS}/costs.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("costs"),
    shell:
        program("costs")


# One rule each, because each has its caption.
for figure in FIGURES:

    rule:
        """Draw a figure from the cached tables."""
        name:
            f"figure_{figure}"
        input:
            **EVALUATED,
            ceiling=PATHS.ceiling,
        output:
            pdf=f"results/{{experiment}}/figures/{figure}.pdf",
            png=report(
                f"results/{{experiment}}/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category=category_of("drawings", figure, "Figures"),
                labels={"figure": figure.replace("_", " ")},
            ),
        log:
            f"{LOGS}/figures/{figure}.log",
        localrule: True
        conda:
            ENVIRONMENT
        params:
            *arguments("figure", figure=figure),
        shell:
            program("figure")

    if not IS_MODULE:  # another workflow may rename the rules
        workflow.get_rule(f"figure_{figure}").docstring = subject_of("drawings", figure)


for table in TABLES:

    rule:
        """Make a table from the cached tables."""
        name:
            f"table_{table}"
        input:
            **EVALUATED,
            ceiling=PATHS.ceiling,
        output:
            csv=report(
                f"results/{{experiment}}/tables/{table}.csv",
                caption=f"../report/{table}.rst",
                category="Tables as CSV",
                labels={"table": table.replace("_", " ")},
            ),
            tex=f"results/{{experiment}}/tables/{table}.tex",
            html=report(
                f"results/{{experiment}}/tables/{table}.html",
                caption=f"../report/{table}.rst",
                category="Tables",
                labels={"table": table.replace("_", " ")},
            ),
        log:
            f"{LOGS}/tables/{table}.log",
        localrule: True
        conda:
            ENVIRONMENT
        params:
            *arguments("table", table=table),
        shell:
            program("table")

    if not IS_MODULE:  # another workflow may rename the rules
        workflow.get_rule(f"table_{table}").docstring = subject_of("tables", table)
