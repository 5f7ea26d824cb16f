#!/usr/bin/env bash
# Runs every command of partners.md; see quickstart.test.sh.
exec "$(dirname "$0")/quickstart.test.sh" partners.md
