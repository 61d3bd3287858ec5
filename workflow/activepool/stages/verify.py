import sys

from activepool.programs.stage import stage

#: The largest number of missing files to name.
MAX_NAMED = 5


@stage
def verify(results: str = "results") -> None:
    """Check that the files of a run are complete, unchanged and consistent with their inputs.

    Args:
        results: the folder to check (default: results)
    """
    from activepool.errors import first_few
    from activepool.labelling.verification import PROJECT_ALLOWANCES
    from activepool.records.verification import verify as verify_records

    findings = verify_records(results, PROJECT_ALLOWANCES)
    for line in (*findings.misfits, *findings.mixtures):
        print(f"activepool: {line}", file=sys.stderr)
    for line in findings.outdated:
        print(f"activepool: notice: outdated, because it is made only on request: {line}", file=sys.stderr)
    if findings.gone:
        gone = f"{len(findings.gone):,} ({first_few(findings.gone, MAX_NAMED)})"
        print(f"activepool: notice: missing files, rebuilt when a run needs them: {gone}", file=sys.stderr)
    if findings.unrecorded:
        print(f"planning files without records: {', '.join(findings.unrecorded)}")
    print(f"files verified: {findings.verified:,}; problems: {len(findings.misfits):,}")
    if findings.misfits:
        sys.exit(1)


if __name__ == "__main__":
    verify.run()
