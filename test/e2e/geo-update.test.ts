import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create } from 'tar'
import { describe, expect, it } from 'vitest'
import { makeMmdb } from '../geo/mmdb-fixture.ts'
import { serve } from '../geo/online/server.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'

const root = temporaryFolder('geo-update')
const LICENCE_KEY = 'Licence0Key1That2Nobody3Sees'

const makeArchive = async (cwd: string): Promise<Buffer> => {
  const inner = 'GeoLite2-City_20261117'
  mkdirSync(join(cwd, inner))
  const record = { city: { names: { en: 'Berlin' } }, location: { latitude: 52.5, longitude: 13.4 } }
  writeFileSync(
    join(cwd, inner, 'GeoLite2-City.mmdb'),
    makeMmdb([['11.0.0.0/8', record]], { databaseType: 'GeoLite2-City', ipVersion: 6 }),
  )
  await create({ gzip: true, file: join(cwd, 'a.tar.gz'), cwd }, [inner])
  return readFileSync(join(cwd, 'a.tar.gz'))
}

describe('geo update', () => {
  it('with an account: fetched, told of, used; the key nowhere', async () => {
    const cwd = folderFor(root, 'account')
    const archive = await makeArchive(cwd)
    const server = await serve(({ url }, response) => {
      if (url.includes('sha256')) response.end(`${createHash('sha256').update(archive).digest('hex')}  x.tar.gz`)
      else response.end(archive)
    })
    const env = {
      INTERPLOT_DATA_DIR: join(cwd, 'data'),
      INTERPLOT_CONFIG_DIR: join(cwd, 'config'),
      INTERPLOT_MAXMIND_URL: server.url,
      MAXMIND_ACCOUNT_ID: '1234',
      MAXMIND_LICENSE_KEY: LICENCE_KEY,
    }
    const updated = await interplot(['geo', 'update', '--edition', 'GeoLite2-City'], { cwd, env })
    expect(updated.stderr).toMatch(/^GeoLite2-City: updated, built \d{4}-\d\d-\d\d, in /m)
    expect(updated.code).toBe(0)
    const found = await interplot(['geo', 'lookup', '11.1.2.3'], { cwd, env })
    expect(found.stdout).toMatch(/Berlin/)
    const info = await interplot(['geo', 'info'], { cwd, env })
    expect(info.stdout).toMatch(/GeoLite2 End User License Agreement.*MaxMind/)
    for (const { stdout, stderr } of [updated, found, info]) expect(stdout + stderr).not.toContain(LICENCE_KEY)
    expect(readFileSync(join(cwd, 'data', 'geo', 'sources.json'), 'utf8')).not.toContain(LICENCE_KEY)
  })
  it('without one: says what to set, and exit code 1', async () => {
    const cwd = folderFor(root, 'none')
    const env = { INTERPLOT_CONFIG_DIR: cwd, INTERPLOT_DATA_DIR: cwd, MAXMIND_ACCOUNT_ID: '', MAXMIND_LICENSE_KEY: '' }
    const { code, stderr } = await interplot(['geo', 'update'], {
      cwd,
      env: { ...env, INTERPLOT_MAXMIND_URL: 'http://127.0.0.1:1' },
    })
    expect(stderr).toMatch(/^ERR_GEO_KEY: .*MAXMIND_ACCOUNT_ID.*keys\.json.*GeoIP\.conf.*geo install/m)
    expect(code).toBe(1)
  })
  it('keys.json that others can read is refused', async () => {
    const cwd = folderFor(root, 'open')
    writeFileSync(join(cwd, 'keys.json'), JSON.stringify({ maxmind: { accountId: '1', licenseKey: LICENCE_KEY } }), {
      mode: 0o644,
    })
    const env = {
      INTERPLOT_CONFIG_DIR: cwd,
      MAXMIND_ACCOUNT_ID: '',
      MAXMIND_LICENSE_KEY: '',
      INTERPLOT_MAXMIND_URL: 'http://127.0.0.1:1',
    }
    const { code, stderr } = await interplot(['geo', 'update'], { cwd, env })
    expect(stderr).toMatch(/^ERR_GEO_KEY: .*chmod 600/m)
    expect(stderr).not.toContain(LICENCE_KEY)
    expect(code).toBe(1)
  })
})
