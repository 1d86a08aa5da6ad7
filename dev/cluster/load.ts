// Builds the project's image and gives it to the cluster under its name.
import { withWorkPlace } from '../parts/cache.ts'
import { buildImage, type ImageOptions } from './build-image.ts'
import { openBuildah } from './buildah.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { findNode } from './find-node.ts'
import { importImage } from './import-image.ts'
import { timed } from './timed.ts'

/** @returns the image's name, as a pod has to give it. */
export const clusterLoad = async (folder: ClusterFolder, options: ImageOptions): Promise<string> => {
  const { report } = options
  const { debian, space } = await findNode(folder, report)
  const buildah = await openBuildah(debian, report)
  const image = await timed(report, 'the image is built', () => buildImage(buildah, options))
  await withWorkPlace('image-to-load', async (file) => {
    await timed(report, 'the image is in a file', () => buildah.export(image, file))
    await timed(report, 'the image is in the cluster', () => importImage(space, file, report))
  })
  return image
}
