// Whether every channel that the tenant opens can serve.
import type { Desired, DesiredPublication } from '../desire.ts'
import { fails, type Finding, holds } from '../finding.ts'
import type { Observed } from '../observe.ts'

const type = 'ChannelsReady'

/** The names of the channels that are open. */
export const openChannels = ({ publication }: Desired): readonly string[] =>
  publication?.state === 'active' && publication.web?.enabled === true ? ['web'] : []

/** What keeps the default agent from being met first; undefined when nothing does. */
const judgeDefaultAgent = ({ agents, namespace }: Observed, { web, agents: usable }: DesiredPublication) => {
  if (web?.enabled !== true || usable.some(({ name }) => name === web.defaultAgent)) return undefined
  return agents.some(({ object }) => object.name === web.defaultAgent)
    ? {
        reason: 'DefaultAgentNotReady',
        message: `The default agent ${web.defaultAgent} of the web channel cannot be used yet: see its own status.`,
      }
    : {
        reason: 'DefaultAgentNotFound',
        message: `Create the Agent ${web.defaultAgent} in the namespace ${namespace}: it is the default agent of the web channel.`,
      }
}

export const checkChannels = (observed: Observed, desired: Desired): Finding => {
  const { publication } = desired
  if (publication === null)
    return fails(type, 'edit', { reason: 'NotAccepted', message: 'Only an accepted Tenant has channels.' })
  const amiss = judgeDefaultAgent(observed, publication)
  if (amiss !== undefined) return fails(type, 'other', amiss)
  if (publication.state === 'suspended')
    return holds(type, 'Suspended', 'The Tenant is suspended: its channels admit no messages.')
  const open = openChannels(desired)
  return open.length === 0
    ? holds(type, 'NoChannels', 'No channel is open.')
    : holds(type, 'Open', `Open: ${open.join(', ')}.`)
}
