"""The stage `verify`."""

import sys

from activepool.programs.stage import stage


@stage
def verify(results: str = "results") -> None:
    """Check that the files of a run are complete, unchanged and consistent with their inputs.

    Args:
        results: the folder to check (default: results)
    """
    from activepool.labelling.verification import PROJECTS
    from activepool.records.verification import verify as verify_records

    findings = verify_records(results, PROJECTS)
    for line in (*findings.misfits, *findings.mixtures, *findings.outdated):
        print(f"activepool: {line}", file=sys.stderr)
    if findings.unrecorded:
        print(f"files that planning keeps, without records: {', '.join(findings.unrecorded)}")
    print(f"files verified: {findings.verified:,}; problems: {len(findings.misfits):,}")
    if findings.misfits:
        sys.exit(1)


if __name__ == "__main__":
    verify.run()
