// What came of a look at something outside: a value, or the reason why it cannot be told now. Steps that judge get
// both, so that a part that is away becomes a condition and never an exception on its way.
import { asKonstructError, type KonstructError } from '../../services/shared/runtime/errors.ts'

export type Reading<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: KonstructError }

export const tryReading = async <Value>(look: () => Promise<Value>): Promise<Reading<Value>> => {
  try {
    return { ok: true, value: await look() }
  } catch (thrown) {
    return { ok: false, error: asKonstructError(thrown) }
  }
}
