/** Sends back what comes over TCP and UDP until its standard input ends: ADDRESS PORT. */

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [address = '', port = ''] = process.argv.slice(2)
const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.pipe(socket)
})
server.listen(Number(port), address, () => {
  const datagrams = createSocket('udp4')
  datagrams.on('message', (bytes, from) => datagrams.send(bytes, from.port, from.address))
  datagrams.bind(Number(port), address, () => void process.stderr.write('ready\n'))
})
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => process.exit(0))
