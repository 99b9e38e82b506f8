#!/usr/bin/env bash
# Train under Slurm: tools/slurm_train.sh PARTITION JOB_NAME CONFIG [options of train.py]
# MMPose's third argument, the work folder, may stand after CONFIG.
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS may be set in the environment; GPUS=0 with
# TASKS=N runs N processes without a GPU.
set -eu
if [ "$#" -lt 3 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG [WORK_DIR] [options of train.py]" >&2
    exit 2
fi
partition=$1
job=$2
config=$3
shift 3
case "${1:-}" in
    "" | -*) ;;
    *)
        work_dir=$1
        shift
        set -- --work-dir "$work_dir" "$@"
        ;;
esac
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
    python -u "$(dirname "$0")/train.py" "$config" --launcher slurm "$@"
