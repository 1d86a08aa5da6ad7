// The moment to render: the next frame, or soon where no frames are drawn, as in a tab in the background.

const hiddenMs = 200

export const nextFrame = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, hiddenMs)
    requestAnimationFrame(() => {
      clearTimeout(timer)
      resolve()
    })
  })
