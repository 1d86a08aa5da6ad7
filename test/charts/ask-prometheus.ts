// Prometheus' HTTP API, as Grafana asks it.

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  /** Time and value. */
  readonly value: readonly [number, string]
}

const ask = async <Data>(url: string, path: string): Promise<Data> => {
  const response = await fetch(`${url}/api/v1/${path}`)
  const answer = (await response.json()) as { readonly data: Data; readonly error?: string }
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer.data
}

/** The samples of an instant vector. @throws with what is wrong in the expression */
export const queryNow = async (url: string, expr: string): Promise<readonly Sample[]> =>
  (await ask<{ readonly result: readonly Sample[] }>(url, `query?query=${encodeURIComponent(expr)}`)).result

/** The names of all metrics that it has scraped. */
export const metricNames = (url: string): Promise<readonly string[]> =>
  ask<readonly string[]>(url, 'label/__name__/values')

/** The names of all labels that it has seen. */
export const labelNames = (url: string): Promise<readonly string[]> => ask<readonly string[]>(url, 'labels')

interface Target {
  readonly labels: Readonly<Record<string, string>>
  readonly health: 'up' | 'down' | 'unknown'
  readonly scrapeInterval: string
}

/** What it scrapes. */
export const activeTargets = async (url: string): Promise<readonly Target[]> =>
  (await ask<{ readonly activeTargets: readonly Target[] }>(url, 'targets?state=active')).activeTargets

interface LoadedRule {
  readonly name: string
  readonly health: 'ok' | 'err' | 'unknown'
  readonly labels: Readonly<Record<string, string>>
}

/** The rules of all groups, in their order. */
export const loadedRules = async (url: string): Promise<readonly LoadedRule[]> =>
  (
    await ask<{ readonly groups: readonly { readonly rules: readonly LoadedRule[] }[] }>(url, 'rules')
  ).groups.flatMap(({ rules }) => rules)

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

const alertsOf =
  (wanted: Alert['state']) =>
  async (url: string): Promise<readonly Alert[]> =>
    (await ask<{ readonly alerts: readonly Alert[] }>(url, 'alerts')).alerts.filter(
      ({ state }) => state === wanted,
    )

export const firingAlerts = alertsOf('firing')

/** What fires when it stays so. */
export const pendingAlerts = alertsOf('pending')
