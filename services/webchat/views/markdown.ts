// A lit directive that keeps an element's children equal to a markdown text. While a reply grows, only the
// blocks that changed are rendered again, so a long reply stays cheap and a selection in it survives.
import { noChange } from 'lit'
import { Directive, directive, PartType } from 'lit/directive.js'
import type { ElementPart, PartInfo } from 'lit/directive.js'
import { markdownBlocks } from '../render-markdown.ts'
import type { MarkdownBlock } from '../render-markdown.ts'

class MarkdownDirective extends Directive {
  #shown: { readonly key: string; readonly element: HTMLElement }[] = []
  #text: string | null = null

  constructor(part: PartInfo) {
    super(part)
    if (part.type !== PartType.ELEMENT)
      throw new Error('markdown() belongs in a tag, as in <div ${markdown(text)}>')
  }

  render(_text: string): typeof noChange {
    return noChange
  }

  override update(part: ElementPart, [text]: [string]): typeof noChange {
    if (text === this.#text) return noChange
    this.#text = text
    const blocks = markdownBlocks(text)
    const kept = this.#keepEqual(blocks)
    const added = blocks.slice(kept).map((block) => ({ key: block.key, element: blockElement(block) }))
    part.element.append(...added.map(({ element }) => element))
    this.#shown.push(...added)
    return noChange
  }

  /** Removes all from the first block that differs on; gives the number of those that stay. */
  #keepEqual(blocks: readonly MarkdownBlock[]): number {
    const differs = this.#shown.findIndex(({ key }, index) => blocks[index]?.key !== key)
    const kept = differs === -1 ? this.#shown.length : differs
    for (const { element } of this.#shown.splice(kept)) element.remove()
    return kept
  }
}

const blockElement = (block: MarkdownBlock): HTMLElement => {
  const element = document.createElement('div')
  element.className = 'block'
  element.append(block.render())
  return element
}

export const markdown = directive(MarkdownDirective)
