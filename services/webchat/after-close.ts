// What a closed socket means for the page: the protocol's table of close codes as data.
import { closeCodes } from '../shared/domain/frames.ts'

/** Nothing to try again: this reader may not chat here, or the page is too old for the gateway. */
export type Ending = 'forbidden' | 'protocol'

/** `return`: the gateway went on purpose, and may have said when to come back. */
export type AfterClose = 'reconnect' | 'return' | 'renew-token' | Ending

const table: ReadonlyMap<number, AfterClose> = new Map([
  [closeCodes.goingAway, 'return'],
  [closeCodes.restart, 'return'],
  [closeCodes.frameTooLarge, 'reconnect'],
  [closeCodes.overload, 'reconnect'],
  [closeCodes.tooManyFrames, 'reconnect'],
  [closeCodes.token, 'renew-token'],
  [closeCodes.forbidden, 'forbidden'],
  [closeCodes.protocol, 'protocol'],
])

/** A code that the table does not know, such as 1006 for a lost network, is worth another try. */
export const afterClose = (code: number): AfterClose => table.get(code) ?? 'reconnect'
