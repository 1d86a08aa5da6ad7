// The chat page: one <konstruct-chat> that fills the window, for the tenant that the path names.
//   /chat/{tenant}?agent=support#token=…
// A token in the fragment never reaches a server or its log; it leaves the address at once, and stays with the
// tab so that a reload does not sign the reader out, until it is refused.
import { browserStorage } from './browser-storage.ts'
import type { KeyValueStorage } from './outbox.ts'
import { plainText } from './plain-text.ts'
import { ChatElement } from './elements/chat-element.ts'

const openPage = (): void => {
  const [, prefix = '', tenant = ''] = /^(.*)\/chat\/([^/]+)\/?$/.exec(location.pathname) ?? []
  const chat = new ChatElement()
  chat.layout = 'inline'
  chat.base = `${location.origin}${prefix}/`
  chat.tenant = decodeURIComponent(tenant)
  chat.agent = new URLSearchParams(location.search).get('agent') ?? ''
  chat.token = takeToken(chat.tenant)
  chat.addEventListener('konstruct-sign-in-needed', () => tabStorage().removeItem(tokenKey(chat.tenant)))
  chat.addEventListener('konstruct-agent', (event) => (document.title = titleOf(event)))
  chat.addEventListener('konstruct-agent', () => void letReaderType(chat), { once: true })
  document.body.append(chat)
}

/** Once it is known who answers; on a touch screen the keyboard would cover the greeting. */
const letReaderType = async (chat: ChatElement): Promise<void> => {
  await chat.updateComplete
  const untouched = document.activeElement === null || document.activeElement === document.body
  if (untouched && !matchMedia('(pointer: coarse)').matches) chat.focusText()
}

const titleOf = (event: Event): string => {
  const { name } = (event as CustomEvent<{ readonly name: string }>).detail
  return name === '' ? 'Chat' : `${plainText(name)} · Chat`
}

const tabStorage = (): KeyValueStorage => browserStorage(() => sessionStorage)

const tokenKey = (tenant: string): string => `konstruct:${tenant}:token`

const takeToken = (tenant: string): string => {
  const storage = tabStorage()
  const key = tokenKey(tenant)
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given === null) return storage.getItem(key) ?? ''
  history.replaceState(null, '', location.pathname + location.search)
  storage.setItem(key, given)
  return given
}

customElements.define('konstruct-chat', ChatElement)
openPage()
