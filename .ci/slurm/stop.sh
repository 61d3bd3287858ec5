#!/usr/bin/env bash
# Stop what start.sh has started.
state=${1:-/tmp/activepool-slurm}
for daemon in slurmd slurmctld munged; do
    if [ -s "$state/$daemon.pid" ]; then kill "$(cat "$state/$daemon.pid")" || true; fi
done
# Snakemake's plugin asks Slurm when it is imported: of one that is configured and down it waits ten seconds for an answer.
rm -f /etc/slurm/slurm.conf
