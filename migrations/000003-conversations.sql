-- Conversations of all channels, their messages, and the turns that answer them.

create table konstruct.conversations (
  tenant_id konstruct.tenant not null,
  id uuid not null,
  channel_type text not null check (channel_type in ('web', 'slack', 'whatsapp')),
  agent text not null,
  user_id text not null,
  owner_kind text not null default 'agent' check (owner_kind in ('agent', 'human')),
  owner_name text not null,
  title text not null,
  -- What the channel needs to answer here: a Slack thread, a phone number, a portal's user.
  channel_data jsonb not null default '{}',
  last_position bigint not null default 0,
  created_at timestamptz not null default now(),
  -- In milliseconds, as page cursors carry it.
  updated_at timestamptz(3) not null default now(),
  primary key (tenant_id, id)
);
-- Serves the list of a user's conversations, newest first.
create index conversations_by_user on konstruct.conversations (tenant_id, user_id, updated_at desc, id desc);

create table konstruct.turns (
  tenant_id konstruct.tenant not null,
  id uuid not null,
  conversation_id uuid not null,
  agent text not null,
  user_id text not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'answered', 'failed', 'stopped')),
  -- The fence: a worker may save only with the number that its claim gave it.
  attempt integer not null default 0,
  error_code text,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, conversation_id) references konstruct.conversations (tenant_id, id) on delete cascade
);
create index turns_by_conversation on konstruct.turns (tenant_id, conversation_id);
-- Serves the rebuilding of short memory.
create index turns_by_agent_and_user on konstruct.turns (tenant_id, agent, user_id, finished_at desc);

create table konstruct.messages (
  tenant_id konstruct.tenant not null,
  id uuid not null,
  conversation_id uuid not null,
  -- Order within the conversation, without gaps that a reader would notice.
  position bigint not null,
  role text not null check (role in ('user', 'agent', 'human', 'system')),
  author text not null,
  text text not null,
  turn_id uuid,
  client_message_id uuid,
  -- What the channel keeps beside the message, never in its text.
  channel_data jsonb not null default '{}',
  finish text not null default 'complete' check (finish in ('complete', 'stopped', 'failed')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  -- Serves history, and keeps two messages from the same place.
  unique (tenant_id, conversation_id, position),
  -- A repeated send finds the first one.
  unique (tenant_id, conversation_id, client_message_id),
  foreign key (tenant_id, conversation_id) references konstruct.conversations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, turn_id) references konstruct.turns (tenant_id, id) on delete cascade
);
-- One reply per turn.
create unique index messages_one_reply_per_turn on konstruct.messages (tenant_id, turn_id) where role = 'agent';
create index messages_by_turn on konstruct.messages (tenant_id, turn_id);

-- Every turn that is not yet answered and announced: ids and times only, outside row-level security, so that work
-- can be found again without knowing its tenant. Kafka is the fast way to a turn; this table is the certain one.
create table konstruct.open_turns (
  tenant_id konstruct.tenant not null,
  turn_id uuid not null,
  conversation_id uuid not null,
  position bigint not null,
  enqueued_at timestamptz not null default now(),
  -- When Kafka confirmed it; null makes the sweeper publish it again.
  published_at timestamptz,
  -- Left by a dispatcher at its cap or behind another turn; taken up as capacity frees.
  set_aside boolean not null default false,
  stop_requested boolean not null default false,
  -- Saved, but its final event may not have been sent yet.
  finished boolean not null default false,
  worker text,
  lease_until timestamptz not null default '-infinity',
  primary key (tenant_id, turn_id),
  foreign key (tenant_id, turn_id) references konstruct.turns (tenant_id, id) on delete cascade
);
create index open_turns_by_conversation on konstruct.open_turns (tenant_id, conversation_id, position);
create index open_turns_unpublished on konstruct.open_turns (enqueued_at) where published_at is null;
create index open_turns_by_lease on konstruct.open_turns (lease_until);

insert into konstruct.shared_tables values ('open_turns', 'finds unfinished work without knowing its tenant');
select konstruct.enforce_isolation();
