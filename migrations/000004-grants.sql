-- What each role may do. The names of the two roles come from the migrator's settings; it calls this after every run,
-- so that a changed name or a lost grant is mended by running the migrations again.

create function konstruct.grant_roles(app name, operator name) returns void
  language plpgsql
  set search_path = pg_catalog
as $$
begin
  execute format('revoke all on all tables in schema konstruct from %I, %I', app, operator);
  execute format('grant usage on schema konstruct to %I, %I', app, operator);
  execute format('grant execute on function konstruct.tenant_id() to %I, %I', app, operator);
  execute format('grant select on konstruct.shared_tables, konstruct.migrations to %I, %I', app, operator);

  -- Services read configuration and write conversations.
  execute format(
    'grant select on konstruct.tenants, konstruct.tenant_settings, konstruct.agents, konstruct.channel_settings,'
    ' konstruct.sealed_secrets, konstruct.channel_routes to %I', app);
  execute format(
    'grant select, insert, update on konstruct.conversations, konstruct.turns, konstruct.messages to %I', app);
  execute format('grant select, insert, update, delete on konstruct.open_turns to %I', app);

  -- The operator writes configuration, and reads, counts and deletes the rest.
  execute format(
    'grant select, insert, update, delete on konstruct.tenants, konstruct.tenant_settings, konstruct.agents,'
    ' konstruct.channel_settings, konstruct.sealed_secrets, konstruct.channel_routes to %I', operator);
  execute format('grant usage on sequence konstruct.tenant_revision to %I', operator);
  execute format(
    'grant select, insert, update, delete on konstruct.conversations, konstruct.turns, konstruct.messages,'
    ' konstruct.open_turns to %I', operator);
  execute format('grant execute on function konstruct.enforce_isolation() to %I', operator);
end
$$;

revoke all on function konstruct.enforce_isolation() from public;
revoke all on function konstruct.grant_roles(name, name) from public;
