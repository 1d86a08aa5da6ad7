// While a reply is written, its last line often ends inside a mark: "see [our gui", "this is **impor". Shown as
// it stands, the marks would flash up and vanish. Here the open ones are closed or held back until they are
// whole. Only for the eye: the finished message is shown as it was written. Pure.

export const steadyTail = (text: string): string => {
  if (isInsideCode(text)) return text
  const start = text.lastIndexOf('\n') + 1
  return text.slice(0, start) + closeMarks(holdBackLink(text.slice(start)))
}

const isInsideCode = (text: string): boolean => (text.match(/^ {0,3}(?:```|~~~)/gm) ?? []).length % 2 === 1

const holdBackLink = (line: string): string =>
  line.replace(/!?\[([^\]]*)\]\([^)\s]*$/, '$1').replace(/!?\[([^\]]*)\]?$/, '$1')

const closeMarks = (line: string): string => {
  const open = line.replace(/(?<!^\s*)(?:\*{1,3}|_{1,3}|~{1,2}|`)$/, '')
  if (count(open, '`') % 2 === 1) return `${open}\``
  if (count(open, '**') % 2 === 1) return `${open.trimEnd()}**`
  return open
}

const count = (text: string, mark: string): number => text.split(mark).length - 1
