// A reflector of things on the shared API server, behind a proxy that can do harm, with time that moves when told to.
import { Registry } from 'prom-client'
import { createKubeMetrics } from '../../../operator/kube/kube-metrics.ts'
import { Reflector, type ReflectorOptions } from '../../../operator/kube/reflector.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { FakeClock } from '../fake-clock.ts'
import { aKube, openClient, type Thing } from './a-kube.ts'
import { startFaultProxy } from './fault-proxy.ts'

export type ReflectorBench = Awaited<ReturnType<typeof aReflectorBench>>

export const aReflectorBench = async () => {
  const kube = await aKube()
  const proxy = await startFaultProxy(kube.kubeconfig)
  const { client, connection } = openClient(proxy.kubeconfig)
  const clock = new FakeClock()
  const told: string[] = []
  const opened: Reflector<Thing>[] = []
  const waitFor = (until: string, probe: () => boolean) => waitUntil({ until, deadlineMs: 8000 }, probe)
  const watches = () => proxy.seen.filter(({ url }) => url.includes('watch=true'))
  return {
    kube,
    proxy,
    clock,
    /** What was told, as `lane name`. */
    told,
    /** A started reflector; its waits are the longest that they may be. */
    start: (options: Partial<ReflectorOptions<Thing>> = {}): Reflector<Thing> => {
      const reflector = new Reflector<Thing>(
        { client, clock, metrics: createKubeMetrics(new Registry()), log: silentLog, random: () => 1 },
        {
          resource: kube.things,
          onKey: (key, lane) => void told.push(`${lane} ${key.split('/')[1]}`),
          ...options,
        },
      )
      opened.push(reflector)
      reflector.start()
      return reflector
    },
    paint: (name: string, color: string) => kube.client.apply<Thing>(kube.things, kube.aThing(name, color)),
    colorOf: (name: string) => opened[0]?.get(`${kube.namespace}/${name}`)?.spec?.color,
    watches,
    lists: () => proxy.seen.filter(({ url }) => url.includes('limit=')),
    watching: (count: number) => waitFor(`watch ${count} is open`, () => watches().length >= count),
    waiting: () => waitFor('it waits', () => clock.timers === 1),
    hearing: (what: string) => waitFor(`"${what}" is told`, () => told.includes(what)),
    close: async () => {
      for (const reflector of opened) await reflector.stop()
      await connection.close()
      await proxy.close()
      await kube.close()
    },
  }
}
