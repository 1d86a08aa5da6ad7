// Starts a Redis in the folder that it is given, says where, and waits to be killed.
import { startOwnRedis } from '../../../dev/parts/redis.ts'

const [folder = ''] = process.argv.slice(2)
const redis = await startOwnRedis({ folder })
process.stdout.write(`${JSON.stringify({ pid: redis.pid, url: redis.url })}\n`)
setInterval(() => {}, 60_000)
