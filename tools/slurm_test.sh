#!/usr/bin/env bash
# Test under Slurm: tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [options of test.py]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS may be set in the environment; GPUS=0 with
# TASKS=N runs N processes without a GPU.
set -eu
if [ "$#" -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG CHECKPOINT [options of test.py]" >&2
    exit 2
fi
partition=$1
job=$2
config=$3
checkpoint=$4
shift 4
gpus=${GPUS:-1}
if [ "$gpus" -eq 0 ]; then
    tasks=${TASKS:-1}
    places=""
else
    tasks=$gpus
    per_node=${GPUS_PER_NODE:-$gpus}
    places="--gres gpu:$per_node --ntasks-per-node $per_node"
fi
# shellcheck disable=SC2086  # places and SRUN_ARGS are meant to be several words
exec srun --partition "$partition" --job-name "$job" $places \
    --ntasks "$tasks" --cpus-per-task "${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    python -u "$(dirname "$0")/test.py" "$config" "$checkpoint" --launcher slurm "$@"
