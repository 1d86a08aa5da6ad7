// Ranges of IPv4 addresses without the ranges that are taken out of them, as ranges again.

interface Range {
  readonly first: number
  readonly bits: number
}

const parse = (text: string): Range => {
  const [address = '', bits = '32'] = text.split('/')
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return { first: Math.floor(number / size) * size, bits: Number(bits) }
}

const format = ({ first, bits }: Range): string => {
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256)
  return `${parts.join('.')}/${bits}`
}

const contains = (outer: Range, inner: Range): boolean =>
  outer.bits <= inner.bits && inner.first >= outer.first && inner.first < outer.first + 2 ** (32 - outer.bits)

const without = (range: Range, hole: Range): readonly Range[] => {
  if (contains(hole, range)) return []
  if (!contains(range, hole)) return [range]
  const bits = range.bits + 1
  const halves = [range.first, range.first + 2 ** (32 - bits)].map((first) => ({ first, bits }))
  return halves.flatMap((half) => without(half, hole))
}

export const subtractRanges = (range: string, holes: readonly string[]): readonly string[] =>
  holes
    .map(parse)
    .reduce<readonly Range[]>((left, hole) => left.flatMap((one) => without(one, hole)), [parse(range)])
    .map(format)
