#!/usr/bin/env bash
# Makes the Python environments of the demo, the tests and the benchmarks, and keeps them for the
# next time.
#
#   environments.sh NAME...      NAME of requirements-NAME.txt beside this script
#
# Prints the folder of each environment, one a line, on standard output; progress goes to standard
# error. An environment is found again by its name and a hash of its requirements and of the Python
# version, under ${UPDRAFT_CACHE:-~/.cache/updraft}/venvs. Safe to run twice at once: the second
# run waits for the first.
# UPDRAFT_PYTHON chooses the interpreter (3.11 to 3.13); else the first fitting one is taken.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${UPDRAFT_CACHE:-$HOME/.cache/updraft}/venvs
wait_seconds_max=900

say() { printf 'python: %s\n' "$*" >&2; }

# Whether $1 is an interpreter of a version that the pinned packages have wheels for, and can make
# environments with pip in them.
fits() {
  "$1" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
    2>/dev/null
}

choose_python() {
  local candidate
  if [ -n "${UPDRAFT_PYTHON:-}" ]; then
    fits "$UPDRAFT_PYTHON" && { echo "$UPDRAFT_PYTHON"; return; }
    say "UPDRAFT_PYTHON=$UPDRAFT_PYTHON is no Python 3.11 to 3.13 with venv and ensurepip"
    return 1
  fi
  for candidate in python3 /usr/bin/python3 python3.11 python3.12 python3.13; do
    fits "$candidate" && { echo "$candidate"; return; }
  done
  say "no Python 3.11 to 3.13 with venv; install python3 and python3-venv (make setup)"
  return 1
}

# Makes the environment $2 from the requirements $1 with the interpreter $3, all or nothing.
create() {
  local requirements=$1 folder=$2 python=$3 log=$2.log started=$SECONDS
  say "making $(basename "$folder") with $("$python" --version 2>&1) (once; a minute or two)"
  rm -rf "$folder"
  # --use-pep517: older pips (Debian 12's) run a setup.py in its own folder, where the package
  # importlib, which the runner brings along, hides Python's.
  if ! "$python" -m venv "$folder" >"$log" 2>&1 ||
    ! "$folder/bin/python" -m pip install --disable-pip-version-check --no-input --timeout 60 \
      --retries 5 --use-pep517 --requirement "$requirements" >>"$log" 2>&1 ||
    ! "$folder/bin/python" -m pip check >>"$log" 2>&1; then
    say "pip could not install $(basename "$requirements"); the end of $log:"
    tail -n 30 "$log" >&2
    rm -rf "$folder"
    return 1
  fi
  touch "$folder/.complete"
  say "made $(basename "$folder") in $((SECONDS - started)) s"
}

# Whether $1 was made to the end, and its interpreter is still there.
is_complete() { [ -e "$1/.complete" ] && "$1/bin/python" -c 'pass' 2>/dev/null; }

environment() {
  local name=$1 python=$2 requirements=$here/requirements-$1.txt version hash folder
  if [ ! -f "$requirements" ]; then
    say "there is no $requirements"
    return 1
  fi
  version=$("$python" -c 'import sys; print(sys.implementation.cache_tag, sys.version_info[:3])')
  hash=$({ cat "$requirements"; echo "$version"; } | sha256sum | cut -c 1-12)
  folder=$cache/$name-$hash
  if ! is_complete "$folder"; then
    mkdir -p "$cache"
    (
      flock --nonblock 9 || {
        say "another run is making $name; waiting"
        flock --timeout "$wait_seconds_max" 9 || {
          say "still not made after $wait_seconds_max s; delete $folder.lock and try again"
          exit 1
        }
      }
      is_complete "$folder" || create "$requirements" "$folder" "$python"
    ) 9>"$folder.lock"
  fi
  echo "$folder"
}

if [ $# -eq 0 ]; then
  say "usage: $(basename "$0") NAME... (of $(cd "$here" && ls requirements-*.txt |
    sed 's/requirements-\(.*\)\.txt/\1/' | tr '\n' ' '))"
  exit 2
fi
python=$(choose_python)
for name in "$@"; do
  environment "$name" "$python"
done
