// Stands between the operator and the real API server, on the loopback, and does what networks and servers do:
// refuse, answer late, cut off, fall silent. Without a fault it passes everything on, so what is tested is real.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { connectKube, type KubeRequest } from '../../../operator/kube/connection.ts'

export interface Fault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `cut`: the connection breaks. `silence`: no answer comes, ever. Nothing: the request goes through. */
type Verdict = Fault | 'cut' | 'silence' | undefined

export interface SeenRequest {
  readonly url: string
  readonly authorization: string | undefined
}

export interface FaultProxy {
  /** A kubeconfig that leads through the proxy; a token in it is passed on to nobody. */
  readonly kubeconfig: string
  readonly seen: SeenRequest[]
  /** Asked for each request; set it to inject faults. */
  judge: (url: string) => Verdict
  /** Changes the path on its way; set it to make a page smaller. */
  rewrite: (url: string) => string
  /** Breaks every connection. */
  cutAll(): void
  /** What the server sends on open answers is held back from now on. */
  muteAll(): void
  /** Writes the kubeconfig anew, with another token. */
  useToken(token: string): void
  close(): Promise<void>
}

/** As kubectl would write it; `http` needs the explicit word that there is no TLS. */
const kubeconfigText = (server: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    clusters: [{ name: 'proxy', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'proxy', user: { token } }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy', namespace: 'konstruct' } }],
  })

export const startFaultProxy = async (realKubeconfig: string): Promise<FaultProxy> => {
  const upstream = connectKube(realKubeconfig)
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-proxy-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const seen: SeenRequest[] = []
  const open = new Set<ServerResponse>()
  const muted = new WeakSet<ServerResponse>()

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    outgoing.on('close', () => gone.abort())
    const { accept, 'content-type': type } = incoming.headers
    const body = await text(incoming)
    const answer = await upstream.send({
      method: incoming.method as KubeRequest['method'],
      path: proxy.rewrite(incoming.url ?? '/'),
      headers: {
        ...(accept === undefined ? {} : { accept }),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      ...(body === '' ? {} : { body }),
      signal: gone.signal,
      silenceMs: 600_000,
    })
    outgoing.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) })
    outgoing.flushHeaders()
    await pipeline(
      answer.body,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) if (!muted.has(outgoing)) yield chunk
      },
      outgoing,
    )
  }

  const server = createServer((incoming, outgoing) => {
    seen.push({ url: incoming.url ?? '', authorization: incoming.headers.authorization })
    open.add(outgoing)
    outgoing.on('close', () => open.delete(outgoing))
    const verdict = proxy.judge(incoming.url ?? '')
    if (verdict === undefined) pass(incoming, outgoing).catch(() => outgoing.destroy())
    else if (verdict === 'cut') incoming.socket.destroy()
    else if (verdict !== 'silence') outgoing.writeHead(verdict.status, verdict.headers).end(verdict.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const proxy: FaultProxy = {
    kubeconfig,
    seen,
    judge: () => undefined,
    rewrite: (path) => path,
    cutAll: () => server.closeAllConnections(),
    muteAll: () => {
      for (const response of open) muted.add(response)
    },
    useToken: (token) => writeFileSync(kubeconfig, kubeconfigText(url, token)),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  proxy.useToken('first')
  return proxy
}
