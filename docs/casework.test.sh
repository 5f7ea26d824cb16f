#!/usr/bin/env bash
# Runs every command of casework.md; see quickstart.test.sh.
exec "$(dirname "$0")/quickstart.test.sh" casework.md
