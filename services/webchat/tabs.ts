// Tells the reader's other tabs of the same tenant that the list of conversations has changed. What is said in a
// conversation needs no telling: every tab hears it from the gateway.

export interface Tabs {
  tell(): void
  close(): void
}

export const openTabs = (tenant: string, onTold: () => void): Tabs => {
  const channel = new BroadcastChannel(`konstruct:${tenant}`)
  channel.addEventListener('message', onTold)
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin only
    tell: () => channel.postMessage('conversations'),
    close: () => channel.close(),
  }
}
