// Who may write. On Kubernetes one of several operators leads, by a Lease; a folder has one operator, which always does.
import type { Log } from '../services/shared/runtime/log.ts'
import type { Clock } from './loop/clock.ts'
import { LeaderElection, type LeaseStore } from './loop/leader-election.ts'
import type { LoopMetrics } from './loop/metrics.ts'

export interface Leadership {
  /** Asked right before each write. */
  leads(): boolean
  /** Begins to run for it. `onLost` means that this process must exit. */
  start(handlers: { readonly onElected: () => void; readonly onLost: () => void }): void
  /** Gives it back; call it when the last write is done. */
  stop(): Promise<void>
}

export const alwaysLeads = (metrics: LoopMetrics): Leadership => ({
  leads: () => true,
  start: ({ onElected }) => {
    metrics.leads(leaseName, true)
    onElected()
  },
  stop: async () => {},
})

export const leaseName = 'konstruct-operator'

interface ElectionPorts {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly log: Log
  readonly metrics: LoopMetrics
}

/** @param identity the pod's name, and something that a restart changes */
export const electedBy = ({ store, clock, log, metrics }: ElectionPorts, identity: string): Leadership => {
  let election: LeaderElection | undefined
  return {
    leads: () => election?.leads() ?? false,
    start: (handlers) => {
      const leads = (leading: boolean): void => metrics.leads(leaseName, leading)
      election = new LeaderElection({ store, clock, log, leads }, { identity, ...handlers })
      election.start()
    },
    stop: async () => election?.stop(),
  }
}
