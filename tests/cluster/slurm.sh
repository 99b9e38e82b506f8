#!/usr/bin/env bash
# Train and test in two tasks of a Slurm of this machine alone: tests/cluster/slurm.sh [FOLDER]
#
# Needs Debian's slurm-wlm and munge, and root. Everything lies in FOLDER (a new temporary one by
# default) and is taken down at the end; the system's own Slurm is not touched. No part of the
# tests that run by themselves.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(realpath "${1:-$(mktemp -d)}")
mkdir -p "$folder"/{state,spool,log}
chmod 755 "$folder"
host=$(hostname -s)
cores=$(nproc --all)
daemons=()

take_down() {
    status=$?
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
        kill "${daemons[$i]}" 2>/dev/null || true
        wait "${daemons[$i]}" 2>/dev/null || true
    done
    [ "$status" -eq 0 ] || tail -n 20 "$folder"/log/*.log >&2
    echo "status $status; logs and results are in $folder"
}
trap take_down EXIT

head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
munged --foreground --force --key-file "$folder/munge.key" --socket "$folder/munge.socket" \
    --pid-file "$folder/munge.pid" --seed-file "$folder/munge.seed" \
    --log-file "$folder/log/munged.log" >"$folder/log/munged.out" 2>&1 &
daemons+=($!)

cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=here Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
slurmctld -D -f "$SLURM_CONF" >"$folder/log/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" -N "$host" >"$folder/log/slurmd.out" 2>&1 &
daemons+=($!)
for _ in $(seq 60); do
    if sinfo -h -o %t 2>/dev/null | grep -q '^idle'; then break; fi
    sleep 1
done
sinfo

cd "$folder"
export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=1
[ -d data ] || python -c "
from mmceph.phantom.dataset import write_dataset
write_dataset('data', 13, seed=5, size=(192, 240), split=(0.62, 0.15, 0.23))"
config=$root/configs/phantom/resnet18_quickstart.py
export GPUS=0 TASKS=2 CPUS_PER_TASK=1
"$root/tools/slurm_train.sh" here training "$config" "$folder/work" \
    --data-root data --epochs 2 --batch-size 2 --workers 0 2>&1 | tee log/train.log | grep -E \
    'processes, connected|Epoch\(|^error' || true
"$root/tools/slurm_test.sh" here testing "$config" "$folder/work/epoch_2.pth" \
    --data-root data --workers 0 --batch-size 1 --work-dir "$folder/tested" 2>&1 |
    tee log/test.log | grep -E '^MRE|^Report|^error' || true
python "$root/tools/test.py" "$config" "$folder/work/epoch_2.pth" --data-root data --workers 0 \
    --batch-size 1 --work-dir "$folder/one" >log/one.log 2>&1
cmp "$folder/tested/report/per_landmark.csv" "$folder/one/report/per_landmark.csv"
cmp "$folder/tested/report/predictions.json" "$folder/one/report/predictions.json"
echo "the report of two tasks is that of one process, to the last byte"
if "$root/tools/slurm_train.sh" here broken "$config" "$folder/broken" \
    --data-root nowhere >log/broken.log 2>&1; then
    echo "a training without data did not fail" >&2
    exit 1
fi
grep -m1 '^error' log/broken.log
