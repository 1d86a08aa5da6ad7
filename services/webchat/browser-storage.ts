// The browser's storage where it may be used. Private windows, full disks and strict settings make it throw;
// the page then remembers until it is closed.
import type { KeyValueStorage } from './outbox.ts'

export const browserStorage = (find: () => Storage): KeyValueStorage => {
  const real = usableStorage(find)
  return real === null ? memoryStorage() : withoutQuotaErrors(real)
}

const usableStorage = (find: () => Storage): Storage | null => {
  try {
    const storage = find()
    storage.setItem('konstruct:probe', '')
    storage.removeItem('konstruct:probe')
    return storage
  } catch {
    return null
  }
}

const withoutQuotaErrors = (real: Storage): KeyValueStorage => ({
  get length() {
    return real.length
  },
  key: (index) => real.key(index),
  getItem: (key) => real.getItem(key),
  removeItem: (key) => real.removeItem(key),
  setItem: (key, value) => {
    try {
      real.setItem(key, value)
    } catch {
      // Full: what is in memory still counts until the page is closed.
    }
  },
})

export const memoryStorage = (): KeyValueStorage => {
  const values = new Map<string, string>()
  return {
    get length() {
      return values.size
    },
    key: (index) => [...values.keys()][index] ?? null,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  }
}
