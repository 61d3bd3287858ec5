#!/usr/bin/env bash
# Start Slurm on this machine alone, for tests/workflow/test_slurm.py. Needs root, and Debian's packages slurm-wlm
# and munge, which it installs. The configuration lies in /etc/slurm: the steps of a job look for it there alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
state=${1:-/tmp/activepool-slurm}

if ! command -v slurmctld munged > /dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge > /dev/null
fi
mkdir -p "$state"/{controller,node} /etc/slurm
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.8)}' /proc/meminfo)
sed -e "s#@HOST@#$(hostname -s)#g" -e "s#@STATE@#$state#g" -e "s#@CPUS@#$(nproc)#g" -e "s#@MEMORY@#$memory#g" \
    "$here/slurm.conf.in" > /etc/slurm/slurm.conf
[ -s "$state/munge.key" ] || (umask 077; head -c 1024 /dev/urandom > "$state/munge.key")
munged --force --key-file="$state/munge.key" --socket="$state/munge.socket" --pid-file="$state/munged.pid" \
    --log-file="$state/munged.log" --seed-file="$state/munge.seed"
slurmctld
slurmd -N "$(hostname -s)"
for _ in $(seq 60); do
    if sinfo --noheader --format %t 2> /dev/null | grep -q idle; then exit 0; fi
    sleep 0.5
done
echo "Slurm has not started; see $state/*.log" >&2
exit 1
