// What a reader of the dashboard would see no number for.
import { queryNow } from './ask-prometheus.ts'
import { panelQueries } from './watched-files.ts'

/** Queries of the dashboard that are not answered by numbers now; `range` is that of a rate. */
export const unansweredPanels = async (url: string, range: string): Promise<readonly string[]> => {
  const asked = panelQueries(range).map(async ({ title, expr }) => {
    const samples = await queryNow(url, expr)
    const isAnswered = samples.length > 0 && samples.every(({ value }) => Number.isFinite(Number(value[1])))
    return isAnswered ? [] : [`${title}: ${expr}`]
  })
  return (await Promise.all(asked)).flat()
}
