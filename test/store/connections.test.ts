import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/core/connection.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch, STILL_OPEN } from '../../src/core/connection-batch.ts'
import { parseIp } from '../../src/core/ip.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('connections')
const US = 1_760_000_000e6

const connection = (id: number, more: Partial<Connection> = {}): Connection => ({
  ...{ id, protocol: 6, local: parseIp('10.0.0.1')!, localPort: 50_000, remote: parseIp('198.51.100.7')! },
  ...{ remotePort: 443, initiator: 'local', packetsOut: 1, bytesOut: 40, packetsIn: 0, bytesIn: 0 },
  ...{ firstUs: US, lastUs: US, tcpState: 'syn-sent', rttUs: null, name: null, nameSource: 'none' },
  ...{ process: null, device: 'eth0' },
  ...more,
})

const batchOf = (connections: readonly Connection[], ended = STILL_OPEN) => {
  const batch = makeConnectionBatch(16)
  for (const each of connections) addConnection(batch, each, ended)
  return batch
}

const open = (name: string) => {
  const path = join(folder, name)
  const store = openStore(path, { mode: 'write', create: true })
  const run = store.beginRun({ command: 'watch', arguments: [], startedUs: US })
  const rows = (sql: string): unknown[] => {
    const database = new Database(path, { readonly: true })
    try {
      return database.prepare(sql).all()
    } finally {
      database.close()
    }
  }
  return { store, run, rows }
}

describe('connections in a results file', () => {
  it('are the last that is known of each', () => {
    const { store, run, rows } = open('last.db')
    store.putConnections(run, batchOf([connection(1), connection(2, { name: 'example.com', nameSource: 'sni' })]))
    const later = { tcpState: 'closed', rttUs: 12_345, packetsIn: 3, bytesIn: 400, lastUs: US + 5e6 } as const
    store.putConnections(run, batchOf([connection(1, later)], HAS_ENDED))
    store.close()
    expect(rows('SELECT id, tcp_state, rtt_ms, bytes_in, name, protocol, last_seen FROM connection_results')).toEqual([
      {
        ...{ id: 1, tcp_state: 'closed', rtt_ms: 12.345, bytes_in: 400, name: null, protocol: 'tcp' },
        last_seen: '2025-10-09T08:53:25.000Z',
      },
      {
        ...{ id: 2, tcp_state: 'syn-sent', rtt_ms: null, bytes_in: 0, name: 'example.com', protocol: 'tcp' },
        last_seen: '2025-10-09T08:53:20.000Z',
      },
    ])
    expect(rows('SELECT id, ended FROM connections')).toEqual([
      { id: 1, ended: 1 },
      { id: 2, ended: 0 },
    ])
  })

  it('hold IPv6, what is not TCP, and times that no clock shows', () => {
    const { store, run, rows } = open('odd.db')
    const far = { local: parseIp('fd00::1')!, remote: parseIp('2001:db8::2')! }
    store.putConnections(
      run,
      batchOf([connection(1, { ...far, protocol: 58, tcpState: null, firstUs: -5, lastUs: 2 ** 60 })]),
    )
    store.close()
    expect(rows('SELECT local, remote, protocol, tcp_state FROM connection_results')).toEqual([
      {
        local: 'fd00:0000:0000:0000:0000:0000:0000:0001',
        remote: '2001:0db8:0000:0000:0000:0000:0000:0002',
        ...{ protocol: 'icmp6', tcp_state: null },
      },
    ])
    expect(rows('SELECT first_us FROM connections')).toEqual([{ first_us: 0 }])
  })

  it('are forgotten by age, whichever run they are of, and the file stays valid', () => {
    const { store, run, rows } = open('purge.db')
    const other = store.beginRun({ command: 'watch', arguments: [], startedUs: US })
    store.putConnections(run, batchOf([connection(1, { lastUs: US }), connection(2, { lastUs: US + 10e6 })]))
    store.putConnections(other, batchOf([connection(1, { lastUs: US + 1e6 })]))
    expect(store.purgeConnections(US + 5e6)).toBe(2)
    expect(store.purgeConnections(US + 5e6)).toBe(0)
    store.close()
    expect(rows('SELECT run, id FROM connections')).toEqual([{ run, id: 2 }])
    expect(rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    const again = openStore(join(folder, 'purge.db'), { mode: 'write', create: false })
    expect(again.purgeConnections(US + 60e6)).toBe(1)
    again.close()
    expect(rows('SELECT count(*) AS n FROM connection_results')).toEqual([{ n: 0 }])
  })
})
