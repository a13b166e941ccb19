#!/bin/sh
# Makes the project's own environment in the folder $1, from requirements.lock, with the interpreter's own venv and pip.
# Every archive's hash is checked. PYTHON names an interpreter; otherwise the first of Python 3.12, 3.11, 3.13 that runs.
set -eu
venv=${1:?folder of the environment}
here=$(cd "$(dirname "$0")/.." && pwd)
stamp=$venv/.installed

say() { printf '%s\n' "$*" >&2; }

usable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

python=
for candidate in ${PYTHON:-python3.12 python3.11 python3.13 python3 python}; do
    if usable "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    say "No Python 3.11, 3.12 or 3.13 was found${PYTHON:+ under the name PYTHON=$PYTHON}."
    say "Install one, or name it: make run PYTHON=/path/to/python3.12"
    exit 1
fi

if [ -x "$venv/bin/python" ] && ! usable "$venv/bin/python"; then
    say "The environment in $venv runs another Python; making it anew."
    rm -rf "$venv"
fi
if ! [ -x "$venv/bin/pip" ]; then
    rm -rf "$venv"
    say "Making an environment in $venv with $($python --version)"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        say "$python cannot make environments: its venv or ensurepip module is missing."
        say "On Debian and Ubuntu: apt-get install python3-venv (or $(basename "$python")-venv), then try again."
        exit 1
    fi
    "$python" -m venv "$venv"
fi

rm -f "$stamp"
say "Installing the locked packages (once; some 400 MB, a few minutes)"
cd "$here"
# Without a terminal no bar is drawn; pip still prints a line a package, so that it can be seen to move.
bar=on
[ -t 1 ] || bar=off
rm -f "$venv/.failed"
# The lock holds whatever its packages need, so nothing is resolved: the resolver of older pips may take a newer release
# than the lock's of a package that another asks for with an extra, and then refuse it for having no hash.
{
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes --only-binary :all: \
        --no-deps --progress-bar "$bar" -r requirements.lock || : > "$venv/.failed"
} | awk '
    /^Installing collected packages/ { print "Unpacking them"; fflush(); next }
    /^(Requirement already|Ignoring|Looking in|Successfully installed)/ { next }
    /^ +(Attempting|Found existing|Uninstalling|Successfully)/ { next }
    { print; fflush() }'
if [ -e "$venv/.failed" ]; then
    say "The locked packages could not be installed; see the messages above. 'make clean' starts over."
    exit 1
fi
"$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet --no-deps --no-build-isolation -e .
: > "$stamp"
say "The environment is ready"
