// One reader's chat with one tenant: joins the connection, the outbox, the followed conversations and their
// history into one view. It decides nothing about how a stream is put together (conversation-state) or what is
// shown of it (transcript); it knows what to ask the gateway for, and when.
//
// After every `welcome`: follow the open conversation from where it stands, then say again what was not accepted,
// then repeat the stops. That order lets the stream tell what became of a send whose `accepted` was lost.
import type { AcceptedFrame, ErrorFrame, ServerFrame, WelcomeFrame } from '../shared/domain/frames.ts'
import type { ChatPlace, ChatPorts } from './chat-ports.ts'
import type { ChatView } from './chat-view.ts'
import { Connection } from './connection.ts'
import type { ConnectionStatus } from './connection.ts'
import { ConversationShelf } from './conversation-shelf.ts'
import { emptyConversation } from './conversation-state.ts'
import type { ConversationState } from './conversation-state.ts'
import { Delivery } from './delivery.ts'
import { explainRefusal } from './explain-refusal.ts'
import { Follower } from './follower.ts'
import { History } from './history.ts'
import { OpenConversation } from './open-conversation.ts'
import { Outbox } from './outbox.ts'
import { Stops } from './stops.ts'
import { activeTurn } from './transcript.ts'
import { Vigil } from './vigil.ts'

export class Chat {
  readonly #ports: ChatPorts
  readonly #connection: Connection
  readonly #follower: Follower
  readonly #history: History
  readonly #shelf: ConversationShelf
  readonly #outbox: Outbox
  readonly #delivery: Delivery
  readonly #open: OpenConversation
  readonly #stops: Stops
  readonly #vigil: Vigil
  #link: ConnectionStatus = { name: 'idle' }
  #welcome: WelcomeFrame | null = null
  /** The socket's own: a visitor whose token runs out soon would get another one, and be somebody else by it. */
  #token = ''
  #notice: ErrorFrame['code'] | null = null

  constructor(ports: ChatPorts, place: ChatPlace) {
    this.#ports = ports
    this.#outbox = new Outbox(ports.storage, place.tenant)
    this.#open = new OpenConversation(ports.storage, place, ports.newId)
    this.#connection = new Connection({
      ...ports,
      token: async (refused) => (this.#token = await ports.token(refused)),
      explainRefusal: (token) => explainRefusal(ports.api, token),
      onFrame: (frame) => this.#received(frame),
      onStatus: (status) => this.#linkChanged(status),
    })
    this.#follower = new Follower({
      send: (frame) => this.#connection.send(frame),
      onChange: ({ id, messages }) => this.#outbox.arrived(id, messages),
      onHole: (id) => this.#readAnew(id),
    })
    this.#delivery = new Delivery({
      outbox: this.#outbox,
      send: (frame) => this.#connection.send(frame),
      now: ports.now,
    })
    this.#stops = new Stops((frame) => this.#connection.send(frame))
    this.#vigil = new Vigil({
      isNeeded: () => activeTurn(this.#conversation) !== null,
      probe: () => this.#follower.probe(this.#open.current.id),
    })
    this.#history = new History({
      page: async (id, before) => ports.api.messages(this.#token, id, before),
      add: (id, messages) => this.#follower.addOlder(id, messages),
      onChange: ports.onChange,
    })
    this.#shelf = new ConversationShelf({
      page: async (cursor) => ports.api.conversations(this.#token, cursor),
      onChange: ports.onChange,
    })
  }

  get view(): ChatView {
    const { id, begun } = this.#open.current
    return {
      link: this.#link,
      user: this.#welcome?.user ?? null,
      agents: this.#welcome?.agents ?? [],
      list: this.#shelf.list,
      conversation: this.#conversation,
      begun,
      outbox: this.#welcome === null ? [] : this.#outbox.entries(this.#welcome.user),
      stopping: this.#stops.turns,
      older: begun ? this.#history.older(id) : 'none',
      notice: this.#notice,
    }
  }

  start(): void {
    this.#connection.start()
  }

  close(): void {
    this.#connection.close()
    this.#follower.close()
    this.#vigil.close()
    this.#delivery.close()
  }

  /** The reader asks for it: again after an ending, or sooner than planned. */
  tryNow(): void {
    this.#connection.start()
  }

  /** The network is back or the page is looked at again. */
  wake(): void {
    this.#connection.hurry()
    if (this.#connection.isOpen) this.#follower.probe(this.#open.current.id)
  }

  /** Nothing can be said before the first `welcome`: until then nobody knows who says it. */
  say(text: string): void {
    const user = this.#welcome?.user
    if (user === undefined || text.trim() === '') return
    const conversation = this.#conversation
    const entry = this.#outbox.add(
      {
        id: this.#ports.newId(),
        user,
        conversation: conversation.id,
        agent: conversation.agent,
        text: text.trim(),
        after: conversation.messages.at(-1)?.id ?? null,
      },
      this.#ports.now(),
    )
    this.#follower.begin(conversation.id, conversation.agent)
    this.#delivery.deliver(entry)
    this.#ports.onChange()
  }

  retry(id: string): void {
    this.#delivery.retry(id)
    this.#ports.onChange()
  }

  discard(id: string): void {
    this.#outbox.remove(id)
    this.#ports.onChange()
  }

  stopReply(): void {
    this.#stops.ask(this.#conversation)
    this.#follower.probe(this.#conversation.id)
    this.#ports.onChange()
  }

  decide(confirmation: string, decision: 'approve' | 'reject'): boolean {
    return this.#connection.send({
      type: 'decide',
      conversation: this.#open.current.id,
      confirmation,
      decision,
    })
  }

  openConversation(id: string, agent: string): void {
    this.#open.existing(id, agent, this.#user)
    this.#followOpen()
    this.#ports.onChange()
  }

  newConversation(agent: string): void {
    this.#open.fresh(agent, this.#user)
    this.#ports.onChange()
  }

  async loadOlder(): Promise<void> {
    await this.#history.loadOlder(this.#open.current.id)
    this.#ports.onChange()
  }

  /** Reads the newest page of the list again. */
  refreshList(): void {
    void this.#shelf.refresh()
  }

  loadMoreConversations(): void {
    void this.#shelf.loadMore()
  }

  get #conversation(): ConversationState {
    const { id, agent } = this.#open.current
    return this.#follower.state(id) ?? emptyConversation(id, agent)
  }

  get #user(): string {
    return this.#welcome?.user ?? ''
  }

  #linkChanged(status: ConnectionStatus): void {
    this.#link = status
    this.#ports.onChange()
  }

  #received(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#welcomed(frame)
        break
      case 'accepted':
        this.#accepted(frame)
        break
      case 'subscribed':
        this.#follower.subscribed(frame)
        break
      case 'event':
        this.#follower.event(frame)
        this.#stops.heard(frame)
        break
      case 'error':
        this.#refused(frame)
        break
      case 'reconnect':
        break
      default:
      // A frame that a later gateway added.
    }
    this.#vigil.heard()
    this.#ports.onChange()
  }

  #welcomed(frame: WelcomeFrame): void {
    const before = this.#welcome?.user
    this.#welcome = frame
    this.#notice = null
    this.#follower.restart()
    if (before === undefined) this.#open.recall(frame, this.#outbox.entries(frame.user))
    else if (before !== frame.user) this.#becameAnother(before, frame)
    this.#followOpen()
    this.#delivery.deliverAll(frame.user)
    this.#stops.repeat(this.#conversation)
    this.refreshList()
  }

  #becameAnother(before: string, frame: WelcomeFrame): void {
    this.#follower.forgetAll()
    this.#history.forgetAll()
    this.#shelf.clear()
    this.#open.fresh(this.#open.current.agent, frame.user)
    const to = { user: frame.user, conversation: this.#open.current.id }
    if (this.#ports.anonymous) this.#outbox.readdress(before, to)
  }

  #followOpen(): void {
    const { id, agent, begun } = this.#open.current
    if (!begun) return
    this.#follower.follow(id, agent)
    void this.#history.open(id)
    this.#vigil.heard()
  }

  #readAnew(id: string): void {
    this.#history.forget(id)
    if (id === this.#open.current.id) void this.#history.open(id)
  }

  #accepted(frame: AcceptedFrame): void {
    const entry = this.#outbox.entries(this.#user).find(({ id }) => id === frame.id)
    this.#outbox.accepted(frame.id, frame.message)
    this.#notice = null
    if (entry === undefined) return
    if (frame.conversation === this.#open.current.id) this.#open.begun(this.#user)
    this.#follower.follow(frame.conversation, entry.agent)
    const updatedAt = new Date(this.#ports.now()).toISOString()
    this.#shelf.touch({ ...entry, id: frame.conversation, updatedAt })
    this.#ports.tellTabs()
  }

  #refused(frame: ErrorFrame): void {
    if (frame.id !== undefined) {
      this.#delivery.refused(frame.id, frame)
      return this.#outbox.arrived(this.#conversation.id, this.#conversation.messages)
    }
    if (!this.#follower.refused(frame)) this.#notice = frame.code
    else if (frame.code === 'CONVERSATION_NOT_FOUND' && frame.conversation === this.#open.current.id)
      this.#open.fresh(this.#open.current.agent, this.#user)
  }
}
