// The copy button of a code block. The clipboard API exists on https and localhost only; elsewhere the text is
// selected, which is one key away from a copy.

const shownMs = 1_600

/** Gives what to tell the reader, or null when the click was for something else. */
export const copyCode = async (event: Event): Promise<string | null> => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null
  const code = button?.closest('.code')?.querySelector('code')
  if (button === null || code === null || code === undefined) return null
  const copied = await writeClipboard(code.textContent)
  if (!copied) getSelection()?.selectAllChildren(code)
  const told = copied ? 'Copied' : 'Selected'
  button.textContent = told
  setTimeout(() => (button.textContent = 'Copy'), shownMs)
  return told
}

const writeClipboard = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
