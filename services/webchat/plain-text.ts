// Text as people can see it. Characters without a shape can carry orders to a model or hide what a link says,
// so they are taken out of everything that is shown: tags (U+E0000-E007F), variation selectors, zero-width and
// bidirectional marks. Joiners and the emoji selector stay where they shape their neighbour.

const shapeless = /(?!\u200C|\u200D|\uFE0F)\p{Default_Ignorable_Code_Point}/gu

/** The scripts whose letters are spelled with joiners. */
const joining = ['Arabic', 'Syriac', 'Devanagari', 'Bengali', 'Gujarati', 'Gurmukhi', 'Oriya', 'Tamil']
  .concat(['Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Mongolian'])
  .map((script) => `\\p{Script=${script}}`)
  .join('')

const idle = new RegExp(
  `(?<!\\p{Emoji})\\uFE0F|(?<![\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F${joining}])[\\u200C\\u200D]`,
  'gu',
)

export const plainText = (text: string): string => text.replace(shapeless, '').replace(idle, '')
