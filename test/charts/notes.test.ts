// What Helm prints when the chart is installed, and whether the commands and addresses in it are right.
import assert from 'node:assert/strict'
import { helmWith, withLeast } from './render-chart.ts'

const notesWith = async (values: object, release = 'konstruct'): Promise<string> => {
  const args = ['install', release, 'charts/konstruct', '--namespace=chat', '--dry-run=client']
  const text = await helmWith(withLeast(values), args, { KUBECONFIG: '/dev/null' })
  return text.slice(text.indexOf('\nNOTES:\n'))
}

const ingress = { enabled: true, host: 'chat.example' }

describe('The notes of an installation', function () {
  this.timeout(600_000)

  it('tell the commands with the names that there are', async () => {
    const notes = await notesWith({ gateway: { service: { port: 8000 } } }, 'office')
    assert.match(notes, /installed as office in chat/)
    assert.match(notes, /^ {2}helm test office --namespace chat$/m)
    assert.match(notes, /^ {2}kubectl --namespace chat port-forward service\/office-konstruct-gateway 8080:8000$/m)
  })

  it('tell where the chat is: by https where the Ingress has a certificate, else by http', async () => {
    const at = async (more: object): Promise<string> =>
      notesWith({ gateway: { trustedProxies: 1, ingress: { ...ingress, ...more } } })
    assert.match(await at({ tlsSecret: 'tls' }), /open the chat at https:\/\/chat\.example\/chat\/<tenant>/)
    assert.match(await at({}), /open the chat at http:\/\/chat\.example\/chat\/<tenant>/)
  })

  it('tell that nobody watches, unless somebody does', async () => {
    assert.match(await notesWith({}), /set monitoring\.enabled to true/)
    assert.doesNotMatch(await notesWith({ monitoring: { enabled: true } }), /Nobody watches/)
  })

  it('tell what answers and where data goes when it is only tried', async () => {
    const notes = await notesWith({ demoModel: { enabled: true } })
    assert.match(notes, /are answered by the demo model/)
    assert.doesNotMatch(notes, /takes their data away/)
  })
})
