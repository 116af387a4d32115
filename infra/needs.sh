#!/bin/sh
# Name what this machine lacks, each with the one command that installs it. Usage: infra/needs.sh [PYTHON]
set -u
python=${1:-python3}
missing=0

lacks() {
    printf 'Naul needs %s. Install it with:  %s\n' "$1" "$2" >&2
    missing=1
}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    lacks 'Python 3.11 or later (make PYTHON=... names another one)' 'sudo apt-get install python3 python3-venv'
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    lacks "Python's venv" 'sudo apt-get install python3-venv'
fi

exit "$missing"
