// Follows what fires at a Prometheus, and how often each alert began to.
import { waitUntil } from '../support/wait-until.ts'
import { firingAlerts, type Alert } from './ask-prometheus.ts'

/** Longer than the ranges and `for` that the alerts are hurried to, and the scrapes between. */
const withinMs = 40_000

export class AlertWatcher {
  readonly #url: string
  readonly #begun = new Map<string, number>()
  #firing: ReadonlyMap<string, Alert> = new Map()

  constructor(url: string) {
    this.#url = url
  }

  /** What fires now. */
  async look(): Promise<readonly Alert[]> {
    const alerts = await firingAlerts(this.#url)
    const now = new Map(alerts.map((alert) => [JSON.stringify(alert.labels), alert]))
    for (const key of now.keys())
      if (!this.#firing.has(key)) this.#begun.set(key, (this.#begun.get(key) ?? 0) + 1)
    this.#firing = now
    return alerts
  }

  /** Alerts, by their labels, that were seen to begin more than once. */
  get again(): readonly string[] {
    return [...this.#begun].flatMap(([labels, times]) => (times > 1 ? [labels] : []))
  }

  /** Waits until an alert of that name, and of those labels among others, fires. */
  fires(name: string, about: Readonly<Record<string, string>> = {}): Promise<Alert> {
    const wanted = Object.entries({ alertname: name, ...about })
    return waitUntil({ until: `${name} fires`, deadlineMs: withinMs, everyMs: 250 }, async () =>
      (await this.look()).find(({ labels }) => wanted.every(([label, value]) => labels[label] === value)),
    )
  }

  async ends(name: string): Promise<void> {
    await waitUntil({ until: `${name} ends`, deadlineMs: withinMs, everyMs: 250 }, async () =>
      (await this.look()).every(({ labels }) => labels['alertname'] !== name),
    )
  }
}
