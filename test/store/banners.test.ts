import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { Banner } from '../../src/core/banner.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('banners')
const STARTED_US = 1_800_000_000_000_000

const banner = (more: Partial<Banner> = {}): Banner => ({
  address: 0xc6336407,
  port: 22,
  timeUs: STARTED_US + 1_500_000,
  outcome: 'read',
  protocol: 'ssh',
  bytes: Buffer.from("SSH-2.0-'; DROP TABLE banners\r\n"),
  title: null,
  tls: null,
  ...more,
})

describe('banners in the results file', () => {
  it('are there for people, and a second one replaces the first', () => {
    const path = join(folder, 'results.db')
    const store = openStore(path, { mode: 'write' })
    const run = store.beginRun({ command: 'scan', arguments: [], startedUs: STARTED_US })
    const tls = {
      version: 'TLSv1.3',
      names: ['a.test', 'b "c"'],
      issuer: 'CA',
      notBefore: '2026-01-01',
      notAfter: null,
    }
    store.putBanners(run, [
      banner({ title: 'old' }),
      banner({ port: 443, protocol: null, bytes: new Uint8Array(0), tls, outcome: 'silent' }),
    ])
    store.putBanners(run, [banner({ title: 'new' })])
    store.close()
    const database = new Database(path, { readonly: true })
    const rows = database.prepare('SELECT * FROM banner_results ORDER BY port').all()
    database.close()
    const common = { run, time: '2027-01-15T08:00:01.500Z', address: '198.51.100.7' }
    const noTls = { tls_version: null, tls_names: null, tls_issuer: null, tls_not_before: null, tls_not_after: null }
    expect(rows).toEqual([
      {
        ...common,
        ...noTls,
        port: 22,
        outcome: 'read',
        protocol: 'ssh',
        banner: "SSH-2.0-'; DROP TABLE banners\r\n",
        title: 'new',
      },
      {
        ...{ ...common, port: 443, outcome: 'silent', protocol: null, banner: null, title: null },
        ...{ tls_version: 'TLSv1.3', tls_names: '["a.test","b \\"c\\""]', tls_issuer: 'CA' },
        ...{ tls_not_before: '2026-01-01', tls_not_after: null },
      },
    ])
  })
})
