// Holds up the commits that store a turn, behind statements that were done: a deferred trigger runs when PostgreSQL begins to
// commit, and waits for a lock that the test has. So a test sees what happens while a commit waits for its disk.
import { Client } from 'pg'
import type { FreshStore } from './fresh-store.ts'
import { untilLockedOut } from './until-locked-out.ts'

export interface HeldCommits {
  /** Resolves when so many connections wait: each is a commit that is held, or somebody who waits for one. */
  untilWaiting(connections: number): Promise<void>
  /** Lets them go, and fail if told so. */
  release(outcome?: 'done' | 'failed'): Promise<void>
  /** Takes the trigger away again. */
  end(): Promise<void>
}

const gate = 4711

const trigger = `
  create schema if not exists held_commits;
  grant usage on schema held_commits to public;
  create table held_commits.outcome (failed boolean not null);
  insert into held_commits.outcome values (false);
  create function held_commits.wait() returns trigger language plpgsql security definer as $$
    begin
      perform pg_advisory_xact_lock_shared(${gate});
      if (select failed from held_commits.outcome) then raise 'the test lets this commit fail'; end if;
      return null;
    end $$;
  create constraint trigger held_commits after insert on konstruct.open_turns
    deferrable initially deferred for each row execute function held_commits.wait()`

export const holdCommits = async ({ adminUrl }: FreshStore): Promise<HeldCommits> => {
  const admin = new Client({ connectionString: adminUrl.reveal() })
  await admin.connect()
  await admin.query(trigger)
  await admin.query('select pg_advisory_lock($1)', [gate])
  return {
    untilWaiting: (connections) => untilLockedOut(admin, connections),
    release: async (outcome = 'done') => {
      await admin.query('update held_commits.outcome set failed = $1', [outcome === 'failed'])
      await admin.query('select pg_advisory_unlock($1)', [gate])
    },
    end: async () => {
      await admin.query('select pg_advisory_unlock_all()')
      await admin.query('drop trigger held_commits on konstruct.open_turns; drop schema held_commits cascade')
      await admin.end()
    },
  }
}
