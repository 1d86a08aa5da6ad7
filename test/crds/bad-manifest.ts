// A manifest that must be refused, with the place and the sentence.
import type { Manifest } from './manifests.ts'

export interface BadManifest {
  readonly title: string
  readonly manifest: Manifest
  /** What the manifest replaces, where the fault is in the change. */
  readonly old?: Manifest
  readonly path: string
  /** The sentence, or the part of it that says what to write instead. */
  readonly says: string
}
