-- What the operator publishes and the services follow.

-- One row per tenant, outside row-level security: ids and a revision, nothing that a tenant wrote. Services poll it.
create table konstruct.tenants (
  tenant_id konstruct.tenant primary key,
  -- Who owns the name: the namespace and the UID of the Tenant resource.
  namespace text not null,
  uid text not null,
  state text not null check (state in ('active', 'suspended', 'deleting', 'retained')),
  revision bigint not null
);
create index tenants_by_revision on konstruct.tenants (revision);
create sequence konstruct.tenant_revision;

create table konstruct.tenant_settings (
  tenant_id konstruct.tenant primary key,
  spec jsonb not null
);

create table konstruct.agents (
  tenant_id konstruct.tenant not null,
  name text not null,
  spec jsonb not null,
  primary key (tenant_id, name)
);

create table konstruct.channel_settings (
  tenant_id konstruct.tenant not null,
  channel_type text not null check (channel_type in ('web', 'slack', 'whatsapp')),
  settings jsonb not null,
  primary key (tenant_id, channel_type)
);

-- Sealed with AES-256-GCM; the key id names the key that opens it, so that keys can be rotated.
create table konstruct.sealed_secrets (
  tenant_id konstruct.tenant not null,
  name text not null,
  key_id text not null,
  sealed bytea not null,
  primary key (tenant_id, name)
);

-- From something outside (a Slack team, a phone number) to its tenant: ids only.
create table konstruct.channel_routes (
  channel_type text not null check (channel_type in ('slack', 'whatsapp')),
  external_id text not null,
  tenant_id konstruct.tenant not null,
  primary key (channel_type, external_id)
);
create index channel_routes_by_tenant on konstruct.channel_routes (tenant_id);

insert into konstruct.shared_tables values
  ('tenants', 'ids and revisions that every service follows'),
  ('channel_routes', 'finds the tenant of something that came from outside');
