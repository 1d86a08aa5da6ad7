// Runs a command that does not end by itself, in the folder that it is given, and waits to be killed.
import { runCommand } from '../../../dev/parts/run-command.ts'

const [folder = ''] = process.argv.slice(2)
await runCommand({
  doing: 'waiting',
  command: 'sh',
  args: ['-c', 'sleep 60 & echo $! >child.part; mv child.part child; wait'],
  folder,
  report: () => {},
})
