/** What cannot stand together, or would do nothing, is refused before a packet leaves. */

import { describe, expect, it } from 'vitest'
import { massOptions } from '../../../src/commands/trace/mass-command.ts'
import type { MassWords } from '../../../src/commands/trace/mass-conflicts.ts'
import { checkOptions } from '../../../src/commands/trace/trace-conflicts.ts'
import type { TraceOptions } from '../../../src/commands/trace/trace-options.ts'
import { ipv4 } from '../../../src/core/ip.ts'
import { errorCode } from '../../error-code.ts'

type Asked = Partial<TraceOptions & MassWords>
const codeOf = (work: () => unknown): string | null => {
  try {
    work()
    return null
  } catch {
    return errorCode(work)
  }
}

describe('a trace of one host', () => {
  it.each<[Asked, string | null]>([
    [{}, null],
    [{ port: 443 }, 'ERR_USAGE'],
    [{ port: 443, icmp: true }, 'ERR_USAGE'],
    [{ port: 443, tcp: true }, null],
    [{ port: 443, udp: true }, null],
    [{ report: true, queries: 2 }, 'ERR_USAGE'],
    [{ queries: 2 }, null],
    [{ flow: 1, rule: 'classic' }, 'ERR_USAGE'],
    [{ flow: 1, rule: 'dublin' }, null],
    [{ numeric: true, dnsServer: '192.0.2.1' }, 'ERR_USAGE'],
    [{ places: false, database: ['a.mmdb'] }, 'ERR_USAGE'],
    [{ sourceIp: ipv4(1), interface: 'eth0' }, null],
    [{ interface: 'eth0,eth1' }, 'ERR_USAGE'],
  ])('with %j: %s', (asked, code) => {
    expect(codeOf(() => checkOptions({ hosts: ['192.0.2.9'], ...asked }))).toBe(code)
  })

  it.each<Asked>([{ preprobe: false }, { fill: 40 }, { shards: 2 }])('has not %j', (asked) => {
    expect(codeOf(() => massOptions({ hosts: ['192.0.2.9'], ...asked }, ['192.0.2.9']))).toBe('ERR_USAGE')
  })
})

describe('a trace of many targets', () => {
  const targets = ['192.0.2.0/24']
  it.each<[Asked, string | null]>([
    [{ targets }, null],
    [{ targets, preprobe: false, live: false, numeric: true }, null],
    [{ targets: [] }, 'ERR_USAGE'],
    [{ targets: ['/no/such/file.txt'] }, 'ERR_INPUT_FILE'],
    [{ targets: ['192.0.2.0/24', 'no/such/file.txt'] }, 'ERR_INPUT_FILE'],
    [{ targets, map: 'a.png' }, 'ERR_USAGE'],
    [{ targets, csv: true }, 'ERR_USAGE'],
    [{ targets, report: true }, 'ERR_USAGE'],
    [{ targets, rounds: 2 }, 'ERR_USAGE'],
    [{ targets, webhook: new URL('http://127.0.0.1/') }, 'ERR_USAGE'],
    [{ targets, live: true }, 'ERR_USAGE'],
    [{ targets, sourcePort: 80 }, 'ERR_USAGE'],
    [{ resume: 'a.db' }, null],
    [{ resume: 'a.db', rate: 1000, maxRuntime: 1e6, outputFile: 'a.csv', cooldownTime: 1e6 }, null],
    [{ resume: 'a.db', targets }, 'ERR_USAGE'],
    [{ resume: 'a.db', db: 'b.db' }, 'ERR_USAGE'],
    [{ resume: 'a.db', exhaustive: true }, 'ERR_USAGE'],
    [{ resume: 'a.db', preprobe: false }, 'ERR_USAGE'],
  ])('with %j: %s', (asked, code) => {
    expect(codeOf(() => massOptions({ hosts: [], ...asked }, []))).toBe(code)
  })
})
