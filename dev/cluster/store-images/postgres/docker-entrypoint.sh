#!/bin/sh
# As the official image documents it: an empty PGDATA is made, for the superuser `postgres` with POSTGRES_PASSWORD, and
# then, once, the files of /docker-entrypoint-initdb.d run; nobody is let in before they did. Over the network the
# password decides. Where the official one runs psql on a socket, this has PostgreSQL alone read the files, so each of
# their statements has to be one line.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  passwords=$(mktemp)
  echo "${POSTGRES_PASSWORD:?is needed to make a database}" >"$passwords"
  initdb --username=postgres --pwfile="$passwords" --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --locale=C
  rm "$passwords"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ -e "$file" ] || continue
    echo "running $file"
    postgres --single -c exit_on_error=on postgres <"$file" >/dev/null
  done
fi

exec "$@"
