// Kafka 4 is a folder of jars and a Java 17: from an unpacked distribution on the PATH, else from Maven Central.
import { globSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { findContainerEngine } from './container-engine.ts'
import { findProgram } from './find-program.ts'
import { fetchJars } from './maven-central.ts'
import { askJavaVersion, findJava } from './find-java.ts'
import { mayComeFrom, partUnavailable, type Report } from './part.ts'

export type KafkaProgram =
  | { readonly origin: 'path' | 'package'; readonly java: string; readonly jars: string }
  | { readonly origin: 'container'; readonly engine: string }

const version = '4.1.1'
const oldestMajor = 4
const oldestJava = 17

/** The jars of the distribution whose start script is on the PATH. */
const jarsOnPath = (): string | undefined => {
  if (!mayComeFrom('path')) return undefined
  const script = findProgram('kafka-server-start.sh') ?? findProgram('kafka-server-start')
  if (script === undefined) return undefined
  const jars = join(realpathSync(script), '../../libs')
  const found = globSync('kafka_2.13-*.jar', { cwd: jars }).some(
    (name) => Number(/kafka_2\.13-(\d+)\./.exec(name)?.[1] ?? 0) >= oldestMajor,
  )
  return found ? jars : undefined
}

export const packagedJars = async (report: Report): Promise<string> => {
  try {
    return await cached({
      name: `kafka-${version}`,
      report,
      fill: (folder) => fetchJars(new URL(`kafka-${version}.sha256`, import.meta.url), folder, report),
    })
  } catch (cause) {
    throw partUnavailable('Kafka', {
      why: `its files could not be fetched from Maven Central (${(cause as Error).message}).`,
      command:
        'npm run parts -- get kafka, where Maven Central can be reached, or set KONSTRUCT_PART_KAFKA_BROKERS',
      cause,
    })
  }
}

const usableJava = async (): Promise<string | undefined> => {
  const java = findJava()
  return java !== undefined && (await askJavaVersion(java)) >= oldestJava ? java : undefined
}

/** Finds Kafka, and gets it when it has to. */
export const findKafka = async (report: Report): Promise<KafkaProgram> => {
  const java = await usableJava()
  const jars = jarsOnPath()
  if (java !== undefined && jars !== undefined) return { origin: 'path', java, jars }
  const engine = await findContainerEngine()
  if (engine !== undefined) return { origin: 'container', engine }
  if (java === undefined)
    throw partUnavailable('Kafka', {
      why: `it needs Java ${oldestJava}, and there is none on the PATH or in JAVA_HOME.`,
      command: `apt-get install openjdk-${oldestJava}-jre-headless`,
    })
  return { origin: 'package', java, jars: await packagedJars(report) }
}
