#!/bin/sh
# A test in shell that exits on purpose. `holdfast mark` marks the shell that calls it.
server_answers() { false; }

if ! server_answers; then
  echo "FAILED: the server does not answer" >&2
  holdfast mark "the server does not answer"
  exit 1
fi
