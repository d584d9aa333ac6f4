-- SPDX-License-Identifier: Apache-2.0
-- Roles and the database, for psql as superuser: the owner migrates; the services log in with the
-- little that the migrations grant to the three groups. All roles are made here, so that the owner of
-- the tables need not make any. Said again at every start, as the data may be of an older release.
-- Passwords come in the environment (PG_OWNER_PASSWORD …): a command line is for all to see.
\getenv owner_password PG_OWNER_PASSWORD
\getenv command_password PG_COMMAND_PASSWORD
\getenv relay_password PG_RELAY_PASSWORD
\getenv reader_password PG_READER_PASSWORD
SET client_min_messages = error; -- a reader of an earlier version loses a role that others never had
SELECT format('CREATE ROLE %I %s', name, login)
  FROM (VALUES ('orderspine_owner', 'LOGIN'), ('command_svc', 'LOGIN'), ('relay_svc', 'LOGIN'),
               ('reader', 'LOGIN'), ('orderspine_command', 'NOLOGIN'),
               ('orderspine_relay', 'NOLOGIN'), ('orderspine_reader', 'NOLOGIN'))
       AS wanted (name, login)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE orderspine_owner NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE command_svc PASSWORD :'command_password';
ALTER ROLE relay_svc PASSWORD :'relay_password';
ALTER ROLE reader PASSWORD :'reader_password';
GRANT orderspine_command TO command_svc;
GRANT orderspine_relay TO relay_svc;
GRANT orderspine_reader TO reader;
REVOKE pg_read_all_data FROM reader;
SELECT 'CREATE DATABASE orderspine OWNER orderspine_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'orderspine')
\gexec
REVOKE CONNECT, TEMPORARY ON DATABASE orderspine FROM PUBLIC;
GRANT CONNECT ON DATABASE orderspine TO command_svc, relay_svc, reader;
