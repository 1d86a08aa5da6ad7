import { keepsTheContractOfALeaseStore } from '../../contracts/lease-store.ts'
import { MemoryLeaseStore } from './memory-lease-store.ts'

describe('MemoryLeaseStore', () => {
  keepsTheContractOfALeaseStore(async () => new MemoryLeaseStore())
})
