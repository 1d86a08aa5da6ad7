#!/bin/sh
# As the official image documents it: arguments alone are those of redis-server, and its protected mode is off, because
# a port of a container is closed until someone opens it.
set -eu

case "${1-}" in -*) set -- redis-server "$@" ;; esac
[ "$1" = redis-server ] && set -- "$@" --protected-mode no
exec "$@"
