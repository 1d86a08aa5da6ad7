// What the demo model answers: pure, the same for the same conversation. It is no language model and says so; it knows a
// few kinds of question, remembers the conversation that it is given, and shows some markdown.

export interface ChatMessage {
  readonly role: string
  readonly content: string
}

interface Talk {
  /** Who the instructions say that it is. */
  readonly name: string
  readonly said: string
  /** What the user said before, oldest first. */
  readonly before: readonly string[]
}

interface Answer {
  readonly when: RegExp
  readonly reply: (talk: Talk) => string
}

const honesty =
  'I am the **demo model**: a small program that comes with Konstruct, not a language model. ' +
  'Name a real one in the Tenant’s `models` to put it in my place.'

const quote = (text: string): string => `“${text.length > 120 ? `${text.slice(0, 117)}…` : text}”`

const essay = ({ said }: Talk): string => {
  const topic = quote(said)
  const paragraphs = [
    `You asked for something long, so here is as much as I can write about ${topic} without knowing anything.`,
    'Every word that you see takes the way that a real answer would take. Your message was stored in PostgreSQL before it was accepted. ' +
      'Kafka carried its id to an orchestrator, which claimed the turn and asked me. I answer with about forty tokens a second.',
    'While I write, the orchestrator gathers my words and appends them to a stream in Redis, a few times in a tenth of a second. ' +
      'The gateway that you are connected to listens, numbers what it hears against what you have, and hands it on.',
    'Close this tab and open it again, and you will find the text where it is by then. Kill the orchestrator, and another one begins anew. ' +
      'Whatever happens on the way, the reply that is stored in the end is one, and it is the one that you see.',
    honesty,
  ]
  return paragraphs.join('\n\n')
}

const answers: readonly Answer[] = [
  { when: /\b(long|essay|story|detail)/i, reply: essay },
  {
    when: /(first|earlier|before|remember)/i,
    reply: ({ before }) =>
      before.length === 0
        ? 'This is the first thing that you said to me.'
        : `The first thing that I remember you saying is ${quote(before[0] ?? '')}, and the last one before this is ${quote(before.at(-1) ?? '')}.`,
  },
  {
    when: /\b(code|program|function|typescript)/i,
    reply: () =>
      "Here is a piece of code:\n\n```ts\nconst greet = (name: string): string => `Hello, ${name}!`\n\nconsole.log(greet('Acme'))\n```\n\nCopy it with the button in its corner.",
  },
  {
    when: /\b(help|what can you|who are you|list)/i,
    reply: ({ name }) =>
      `I am **${name}**. Here is what you can try with me:\n\n` +
      '- ask for a piece of **code**\n- ask for something **long**, and stop me\n- ask what you said **first**\n\n' +
      `More is in the [documentation](https://konstruct.example/docs). ${honesty}`,
  },
  { when: /\b(thanks|thank you|bye)\b/i, reply: () => 'You are welcome. Come back any time.' },
  {
    when: /^(hello|hi|hey|good \w+)\b/i,
    reply: ({ name }) => `Hello! I am ${name}. How can I help you today? ${honesty}`,
  },
]

const general: Answer['reply'] = ({ name, said, before }) =>
  `You said ${quote(said)}. I am ${name}, and I have no idea what that means, but I heard every word of it` +
  `${before.length === 0 ? '' : `, as I heard the ${before.length} messages before it`}. ${honesty}`

const nameIn = (instructions: string): string =>
  /\byou are ([A-Z]\w+)/i.exec(instructions)?.[1] ?? 'your agent'

/** The text for a conversation, as chat completions carry it. */
export const composeReply = (messages: readonly ChatMessage[]): string => {
  const userTexts = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
  const instructions = messages.find(({ role }) => role === 'system')?.content ?? ''
  const talk: Talk = {
    name: nameIn(instructions),
    said: userTexts.at(-1) ?? '',
    before: userTexts.slice(0, -1),
  }
  const known = answers.find(({ when }) => when.test(talk.said))
  return (known?.reply ?? general)(talk)
}

/** Pieces about as long as a model's tokens; together they are the text. */
export const splitIntoTokens = (text: string): readonly string[] => text.match(/\s*\S{1,6}|\s+$/g) ?? []
