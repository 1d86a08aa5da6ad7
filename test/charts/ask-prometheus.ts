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

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

export const firingAlerts = async (url: string): Promise<readonly Alert[]> =>
  (await ask<{ readonly alerts: readonly Alert[] }>(url, 'alerts')).alerts.filter(
    ({ state }) => state === 'firing',
  )
