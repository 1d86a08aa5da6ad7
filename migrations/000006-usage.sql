-- What the models read and wrote for a tenant, by UTC day: what a budget is held against.
--
-- A row is added to by the statement that saves a reply, and stays locked until that commit is on disk. One row per day
-- would let a tenant's replies be saved one after the other, a few hundred a second at best. So a day has eight rows, and
-- each reply adds to any of them. A row per reply would need no lock at all, but would make the sum over a month, which is
-- asked for with every message, read as many rows as there were replies; like this it reads 248 at most.
--
-- An orchestrator of an earlier version that still runs beside this table saves replies without adding to it: those
-- tokens are in `turns` alone, and for a budget they were never used. That lasts as long as the rollout does.
create table konstruct.daily_usage (
  -- A reply that slips in beside a deletion goes with the tenant, also when an operator deletes that has not heard of this table.
  tenant_id konstruct.tenant not null references konstruct.tenants (tenant_id) on delete cascade,
  day date not null,
  shard smallint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  primary key (tenant_id, day, shard)
  -- Room beside each row for its next version, so that adding touches no index.
) with (fillfactor = 50);
select konstruct.enforce_isolation();

-- The running month is there from the beginning. Tenant by tenant, as nothing else may read turns. What wants to write to
-- `tenants` waits meanwhile; chat goes on.
do $$
declare
  tenant text;
begin
  for tenant in select tenant_id from konstruct.tenants loop
    perform set_config('konstruct.tenant', tenant, true);
    insert into konstruct.daily_usage (tenant_id, day, shard, input_tokens, output_tokens)
    select tenant_id, (finished_at at time zone 'utc')::date, 0, sum(input_tokens), sum(output_tokens)
    from konstruct.turns
    where finished_at >= date_trunc('month', now(), 'utc') and (input_tokens > 0 or output_tokens > 0)
    group by 1, 2;
  end loop;
  perform set_config('konstruct.tenant', '', true);
end
$$;

-- As in migration 4, and daily_usage.
create or replace function konstruct.grant_roles(app name, operator name) returns void
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
    'grant select, insert, update on konstruct.conversations, konstruct.turns, konstruct.messages,'
    ' konstruct.daily_usage to %I', app);
  execute format('grant select, insert, update, delete on konstruct.open_turns to %I', app);

  -- The operator writes configuration, and reads, counts and deletes the rest.
  execute format(
    'grant select, insert, update, delete on konstruct.tenants, konstruct.tenant_settings, konstruct.agents,'
    ' konstruct.channel_settings, konstruct.sealed_secrets, konstruct.channel_routes to %I', operator);
  execute format('grant usage on sequence konstruct.tenant_revision to %I', operator);
  execute format(
    'grant select, insert, update, delete on konstruct.conversations, konstruct.turns, konstruct.messages,'
    ' konstruct.open_turns, konstruct.daily_usage to %I', operator);
  execute format('grant execute on function konstruct.enforce_isolation() to %I', operator);
end
$$;
