// The chart's alerts and dashboard, read as what they are.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Shorter `for`, of so many seconds, and ranges; nothing else of the rules is touched. */
export const hurry = (rules: string, seconds = 1): string =>
  rules.replaceAll(/^( +for:) .*$/gm, `$1 ${seconds}s`).replaceAll(/\[\d+m\]/g, '[20s]')

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string }[]
}

interface Dashboard {
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

const files = new URL('../../charts/konstruct/files/', import.meta.url)

export const alertsFile = new URL('alerts.yaml', files).pathname

export const alertsText = readFileSync(alertsFile, 'utf8')

export const alertRules = (
  parse(alertsText) as { readonly groups: readonly { readonly rules: readonly AlertRule[] }[] }
).groups.flatMap(({ rules }) => rules)

export const dashboard = JSON.parse(readFileSync(new URL('dashboard.json', files), 'utf8')) as Dashboard

export interface PanelQuery {
  readonly title: string
  readonly expr: string
}

/** The panels' queries as Grafana would send them, for all namespaces and tenants; `range` is that of a rate. */
export const panelQueries = (range: string): readonly PanelQuery[] =>
  dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll('$__rate_interval', range).replaceAll(/\$(namespace|tenant)\b/g, '.*'),
    })),
  )

/** Metrics that an expression names; a name is what stands before a selector or a closing bracket, and has an underscore. */
export const metricsIn = (expr: string): readonly string[] => {
  const withoutLabels = expr.replaceAll(/\{[^}]*\}|"[^"]*"|\b(by|on)\s*\([^)]*\)/g, ' ')
  const words = withoutLabels.match(/[a-z][a-z0-9_]*/g) ?? []
  const functions = ['histogram_quantile', 'label_replace']
  return [...new Set(words.filter((word) => word.includes('_') && !functions.includes(word)))]
}
