/** Takes TCP connections on a port of every address until its standard input ends: PORT. */

import { createServer } from 'node:net'

const [port = ''] = process.argv.slice(2)
const server = createServer((connection) => connection.destroy())
server.listen(Number(port), '0.0.0.0', () => process.stderr.write('ready\n'))
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => process.exit(0))
