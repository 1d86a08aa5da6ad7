-- The floor that every table stands on: the schema, the one accessor of the current tenant, and the function that
-- puts the fixed policy on every tenant table. Migrations call it, and the operator calls it to repair drift.

create schema if not exists konstruct;
revoke all on schema konstruct from public;

-- Raises when no tenant is set: a query without a tenant is an error, never an empty result. After a transaction
-- the setting reverts to '', not to null, hence nullif.
create function konstruct.tenant_id() returns text
  language plpgsql stable parallel safe
  set search_path = pg_catalog
as $$
declare
  tenant text := nullif(current_setting('konstruct.tenant', true), '');
begin
  if tenant is null then
    raise exception 'no tenant is set for this query' using errcode = '42501', hint = 'Only withTenant may query tenant tables.';
  end if;
  return tenant;
end
$$;

create domain konstruct.tenant as text
  check (value ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$');

-- Tables that hold ids of several tenants by design, and therefore stand outside row-level security.
create table konstruct.shared_tables (table_name name primary key, reason text not null);

-- Puts the one fixed policy on every table that has a tenant_id and is not listed as shared; drops every other policy.
-- Returns what it had to change, so that a call on a healthy database returns nothing and takes no strong lock.
create function konstruct.enforce_isolation() returns setof text
  language plpgsql security definer
  set search_path = pg_catalog
as $$
declare
  tenant_table record;
  stray record;
begin
  perform pg_advisory_xact_lock(hashtextextended('konstruct.enforce_isolation', 0));
  for tenant_table in
    select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'konstruct'::regnamespace and c.relkind in ('r', 'p')
      and not exists (select from konstruct.shared_tables s where s.table_name = c.relname)
    order by c.relname
  loop
    if not tenant_table.relrowsecurity then
      execute format('alter table konstruct.%I enable row level security', tenant_table.relname);
      return next format('%s: row-level security enabled', tenant_table.relname);
    end if;
    if not tenant_table.relforcerowsecurity then
      execute format('alter table konstruct.%I force row level security', tenant_table.relname);
      return next format('%s: row-level security forced', tenant_table.relname);
    end if;
    for stray in
      select p.polname from pg_policy p
      where p.polrelid = tenant_table.oid
        and not (
          p.polname = 'tenant_isolation' and p.polcmd = '*' and p.polpermissive and p.polroles = '{0}'
          and pg_get_expr(p.polqual, p.polrelid) = '((tenant_id)::text = ( SELECT konstruct.tenant_id() AS tenant_id))'
          and pg_get_expr(p.polwithcheck, p.polrelid) = '((tenant_id)::text = ( SELECT konstruct.tenant_id() AS tenant_id))'
        )
    loop
      execute format('drop policy %I on konstruct.%I', stray.polname, tenant_table.relname);
      return next format('%s: policy %s dropped', tenant_table.relname, stray.polname);
    end loop;
    if not exists (select from pg_policy p where p.polrelid = tenant_table.oid) then
      execute format(
        'create policy tenant_isolation on konstruct.%I for all to public'
        ' using (tenant_id = (select konstruct.tenant_id()))'
        ' with check (tenant_id = (select konstruct.tenant_id()))',
        tenant_table.relname
      );
      return next format('%s: policy created', tenant_table.relname);
    end if;
  end loop;
end
$$;
