// On a phone the keyboard covers the lower half of the page. Where the browser does not shrink the page for it
// (iOS), the visible height is handed to the styles as `--konstruct-height`.

export const followKeyboard = (host: HTMLElement): (() => void) => {
  const viewport = window.visualViewport
  if (viewport === null) return () => undefined
  const update = (): void => {
    const covered = window.innerHeight - viewport.height > 120
    if (covered) host.style.setProperty('--konstruct-height', `${Math.round(viewport.height)}px`)
    else host.style.removeProperty('--konstruct-height')
  }
  const stop = new AbortController()
  viewport.addEventListener('resize', update, { signal: stop.signal })
  return () => stop.abort()
}
