// A Prometheus that scrapes the pods of a release and has the chart's alerts. Of the rules only times are shortened, so that
// minutes become seconds.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { hostAddress } from '../../dev/cluster/addresses.ts'
import { type PrometheusPart, startPrometheus } from '../../dev/parts/prometheus.ts'
import { AlertWatcher } from '../charts/alert-watcher.ts'
import { queryNow } from '../charts/ask-prometheus.ts'
import { unansweredPanels } from '../charts/unanswered-panels.ts'
import { alertsText, hurry } from '../charts/watched-files.ts'
import { PodTargets } from './pod-targets.ts'
import type { Release } from './release.ts'

/** A part takes up to 2.5 s to tell that a store does not answer. */
const scraping = { scrape_interval: '5s', scrape_timeout: '5s', evaluation_interval: '1s' }

/** Thresholds that are times, in seconds: what is waited for here instead. */
const hurriedThresholds = hurry(alertsText).replaceAll('> 120', '> 15').replaceAll('> 300', '> 8')

export class ReleaseWatch {
  readonly alerts: AlertWatcher
  readonly #prometheus: PrometheusPart
  readonly #targets: PodTargets
  readonly #folder: string

  private constructor(prometheus: PrometheusPart, targets: PodTargets, folder: string) {
    this.#prometheus = prometheus
    this.#targets = targets
    this.#folder = folder
    this.alerts = new AlertWatcher(prometheus.url)
  }

  static async begin(release: Release): Promise<ReleaseWatch> {
    const folder = mkdtempSync(join(tmpdir(), 'konstruct-watch-'))
    const rules = join(folder, 'alerts.yaml')
    writeFileSync(rules, hurriedThresholds)
    const targets = new PodTargets(release.kubectl)
    const configuration = stringify({
      global: scraping,
      rule_files: [rules],
      scrape_configs: [{ job_name: 'pods', file_sd_configs: [{ files: [targets.file] }] }],
    })
    return new ReleaseWatch(await startPrometheus({ configuration, host: hostAddress }), targets, folder)
  }

  /** The sum of the samples; NaN when there is none. */
  async sum(expr: string): Promise<number> {
    return Number((await queryNow(this.#prometheus.url, `sum(${expr})`))[0]?.value[1])
  }

  /** Queries of the dashboard that are not answered by numbers now. */
  unanswered(): Promise<readonly string[]> {
    return unansweredPanels(this.#prometheus.url, '20s')
  }

  async end(): Promise<void> {
    await this.#prometheus.stop()
    await this.#targets.end()
    rmSync(this.#folder, { recursive: true })
  }
}
