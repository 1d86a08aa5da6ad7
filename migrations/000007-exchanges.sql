-- The exchanges of an agent and a user, newest first: what short memory is rebuilt from, and what every claim looks up while
-- it holds up the other claims of its tenant. Turns that failed, wait or run are none, and a user can have any number of
-- them: of one with 20,000 that failed, the newest exchange is found in 0.05 ms instead of 3.5 ms.
--
-- The old index goes first: that takes the strongest lock at once. To take it behind a weaker one, while turns are claimed,
-- could end in a deadlock. What wants to read or write turns waits until the new index is built.
drop index konstruct.turns_by_agent_and_user;
create index turns_exchanges on konstruct.turns (tenant_id, agent, user_id, finished_at desc)
  where state in ('answered', 'stopped');
