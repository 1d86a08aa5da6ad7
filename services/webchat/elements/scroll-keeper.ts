// Keeps a reader's place: at the newest message while they are there, and otherwise exactly where they read,
// whatever is added above or below. The browser's own anchoring is off: not all have it, and it does nothing at
// the very top, where older messages are loaded.

/** Nearer to the end than this counts as being there, in pixels. */
const nearEnd = 64
/** Nearer to the beginning than this, older messages are worth loading. */
const nearStart = 160

export class ScrollKeeper {
  #scroller: HTMLElement | null = null
  #first: Element | null = null
  #height = 0
  #atEnd = true

  get atEnd(): boolean {
    return this.#atEnd
  }

  /** Before the content changes. */
  remember(scroller: HTMLElement | null): void {
    this.#scroller = scroller
    this.#first = firstEntry(scroller)
    this.#height = scroller?.scrollHeight ?? 0
  }

  /** After it has changed; `scroller` may be another element than before. */
  restore(scroller: HTMLElement | null): void {
    if (scroller === null) return
    if (scroller !== this.#scroller) this.#atEnd = true
    if (this.#atEnd) scroller.scrollTop = scroller.scrollHeight
    else if (this.#first !== firstEntry(scroller)) scroller.scrollTop += scroller.scrollHeight - this.#height
  }

  toEnd(scroller: HTMLElement | null): void {
    this.#atEnd = true
    this.restore(scroller)
  }

  /** The reader scrolled; true when older messages are worth loading. */
  scrolled(scroller: HTMLElement): boolean {
    this.#atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearEnd
    return !this.#atEnd && scroller.scrollTop < nearStart
  }
}

const firstEntry = (scroller: HTMLElement | null): Element | null => scroller?.querySelector('.entry') ?? null
