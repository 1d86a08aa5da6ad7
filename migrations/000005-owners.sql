-- A conversation belongs to a tenant that is there. Deletion counts until nothing is left and then removes the tenant's
-- own row; from that moment on nobody can write for it, however late they come, and what slipped in between goes with it.

-- Not checked for the rows that are there: that would read them all without a tenant, which is what must not be possible.
alter table konstruct.conversations
  add constraint conversations_of_a_tenant foreign key (tenant_id)
  references konstruct.tenants (tenant_id) on delete cascade not valid;
