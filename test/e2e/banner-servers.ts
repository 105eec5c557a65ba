/** Servers on the loopback interface that are as bad as servers get, and some good ones. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'

export interface LocalServers {
  /** Opens one and returns its port. */
  plain(onConnection: (socket: Socket) => void): Promise<number>
  tls(certificate: Certificate, onConnection: (socket: Socket) => void): Promise<number>
  close(): Promise<void>
}

export interface Certificate {
  key: Buffer
  cert: Buffer
}

const run = (folder: string, args: readonly string[]): void => {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`)
}

/** A self-signed certificate. @param names its alternative names, as openssl writes them. */
export const makeCertificate = (folder: string, common: string, names: readonly string[]): Certificate => {
  const file = fileURLToPath(new URL(`file://${join(folder, common.replace(/\W/g, '-'))}`))
  const config = `[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=${common}\nO=Test\n[ext]\nsubjectAltName=@names\n[names]\n`
  const lines = names.map((name, index) => `DNS.${index + 1}=${name}`)
  spawnSync('tee', [`${file}.cnf`], { input: config + lines.join('\n'), stdio: ['pipe', 'ignore', 'ignore'] })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  run(folder, [
    'req',
    '-x509',
    ...curve,
    '-nodes',
    '-days',
    '2',
    '-config',
    `${file}.cnf`,
    '-keyout',
    `${file}.key`,
    '-out',
    `${file}.crt`,
  ])
  return { key: readFileSync(`${file}.key`), cert: readFileSync(`${file}.crt`) }
}

export const startServers = (): LocalServers => {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const listen = (server: Server): Promise<number> =>
    new Promise((resolve) => {
      servers.push(server)
      server.on('connection', track)
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
  return {
    plain: (onConnection) => listen(createServer(onConnection)),
    tls(certificate, onConnection) {
      const server = createTlsServer(certificate, (socket) => {
        socket.on('error', () => undefined)
        onConnection(socket)
      })
      server.on('tlsClientError', () => undefined)
      return listen(server)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}
