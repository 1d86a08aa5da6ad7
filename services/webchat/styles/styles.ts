// All styles of the element, in the order in which they build on one another.
import { composerStyles } from './composer.ts'
import { controls } from './controls.ts'
import { launcher } from './launcher.ts'
import { markdownStyles } from './markdown.ts'
import { shell } from './shell.ts'
import { tokens } from './tokens.ts'
import { transcriptStyles } from './transcript.ts'
import { welcomeStyles } from './welcome.ts'

export const styles = [
  tokens,
  controls,
  shell,
  transcriptStyles,
  welcomeStyles,
  markdownStyles,
  composerStyles,
  launcher,
]
