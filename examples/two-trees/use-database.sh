#!/bin/sh
# Uses the database for a second, and fails if somebody else is in it.
flock --nonblock "$1" sleep 1 || { echo "the database $1 is in use by another test"; exit 1; }
