import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create } from 'tar'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { parseIp } from '../../../src/core/ip.ts'
import { defaultLocator } from '../../../src/geo/default-locator.ts'
import { type EditionUpdate, type UpdateOptions, updateGeolite } from '../../../src/geo/geolite/update.ts'
import { installedDatabases } from '../../../src/geo/installed.ts'
import { errorCodeOf } from '../../error-code.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { makeMmdb } from '../mmdb-fixture.ts'
import { type Asked, type Handler, serve } from '../online/server.ts'

const root = temporaryFolder('geolite')
const LICENCE_KEY = 'Licence0Key1That2Nobody3Sees'
const account = { accountId: '123456', licenseKey: LICENCE_KEY, editions: [] }
const clock: Clock = { nowUs: () => 1_800_000_000_000_000, sleepUntilUs: () => undefined }
const MODIFIED = 'Tue, 17 Nov 2026 10:00:00 GMT'
let numbered = 0
const freshFolder = (): string => {
  numbered += 1
  const path = join(root, String(numbered))
  mkdirSync(path)
  return path
}
const list = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

interface Archive {
  edition?: string
  type?: string
  city?: string
  name?: string
  damage?: (database: Buffer) => Buffer
}

const makeArchive = async ({
  edition = 'GeoLite2-City',
  type = edition,
  city = 'Berlin',
  name = `${edition}.mmdb`,
  damage = (b) => b,
}: Archive = {}): Promise<Buffer> => {
  const folder = freshFolder()
  const inner = `${edition}_20261117`
  mkdirSync(join(folder, inner))
  const place = {
    city: { names: { en: city } },
    country: { iso_code: 'DE' },
    location: { latitude: 52.5, longitude: 13.4 },
  }
  const holder = { autonomous_system_number: 3320, autonomous_system_organization: 'An Operator' }
  const record = edition.endsWith('ASN') ? holder : place
  writeFileSync(
    join(folder, inner, name),
    damage(
      Buffer.from(
        makeMmdb(
          [
            ['11.0.0.0/8', record],
            ['2600::/16', record],
          ],
          { databaseType: type, ipVersion: 6 },
        ),
      ),
    ),
  )
  for (const each of ['COPYRIGHT.txt', 'LICENSE.txt', 'README.txt', 'evil.sh'])
    writeFileSync(join(folder, inner, each), each)
  await create({ gzip: true, file: join(folder, 'a.tar.gz'), cwd: folder }, [inner])
  return readFileSync(join(folder, 'a.tar.gz'))
}
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** As MaxMind's: checks the credentials, knows 304, and sends on to a store. */
const maxmind = (archives: Record<string, Buffer>, store: string | null = null, checksum = sha256): Handler => {
  return ({ url, headers }, response) => {
    const wanted = Buffer.from(`123456:${LICENCE_KEY}`).toString('base64')
    if (headers.authorization !== `Basic ${wanted}`) return void response.writeHead(401).end('Invalid license key')
    const { pathname, searchParams } = new URL(url, 'http://x')
    const edition = /^\/geoip\/databases\/([^/]+)\/download$/.exec(pathname)?.[1] ?? ''
    const archive = archives[edition]
    if (archive === undefined) return void response.writeHead(404).end()
    if (searchParams.get('suffix') === 'tar.gz.sha256')
      return void response.end(`${checksum(archive)}  ${edition}_20261117.tar.gz\n`)
    if (headers['if-modified-since'] === MODIFIED) return void response.writeHead(304).end()
    if (store !== null) return void response.writeHead(302, { location: `${store}/${edition}` }).end()
    response.writeHead(200, { 'last-modified': MODIFIED, 'content-length': archive.length }).end(archive)
  }
}
const storeOf = (archives: Record<string, Buffer>): Handler => {
  return ({ url }, response) => void response.writeHead(200, { 'last-modified': MODIFIED }).end(archives[url.slice(1)])
}
const update = (baseUrl: string, folder: string, more: Partial<UpdateOptions> = {}): Promise<EditionUpdate[]> =>
  updateGeolite({ account, editions: ['GeoLite2-City'], baseUrl, folder, clock, timeoutMs: 2000, ...more })
const cityIn = (folder: string): string | undefined =>
  defaultLocator(folder).locator.locate(parseIp('11.1.2.3')!).place?.city

describe('updating', () => {
  it('fetches, verifies, puts in place; the second time nothing has changed', async () => {
    const folder = freshFolder()
    const archives = {
      'GeoLite2-City': await makeArchive(),
      'GeoLite2-ASN': await makeArchive({ edition: 'GeoLite2-ASN' }),
    }
    const server = await serve(maxmind(archives))
    const steps: number[] = []
    const editions = ['GeoLite2-City', 'GeoLite2-ASN']
    const first = await update(server.url, folder, { editions, progress: ({ done }) => steps.push(done) })
    expect(first.map(({ edition, changed }) => [edition, changed])).toEqual([
      ['GeoLite2-City', true],
      ['GeoLite2-ASN', true],
    ])
    expect(steps).toContain(archives['GeoLite2-City'].length)
    const { place } = defaultLocator(folder).locator.locate(parseIp('11.1.2.3')!)
    expect(place).toMatchObject({ city: 'Berlin', countryCode: 'DE', asn: 3320, asOrganization: 'An Operator' })
    expect(defaultLocator(folder).locator.locate(parseIp('2600::1')!).place?.city).toBe('Berlin')
    expect(defaultLocator(folder).attributions.join()).toMatch(/GeoLite2.*MaxMind.*https:\/\/www\.maxmind\.com/)
    expect(
      list(join(folder, 'geo'))
        .filter((each) => /txt|sh|lock|install/.test(each))
        .map((each) => each.replace(/.*\//, '')),
    ).toEqual(['COPYRIGHT.txt', 'LICENSE.txt', 'COPYRIGHT.txt', 'LICENSE.txt'])
    const before = list(folder)
    const second = await update(server.url, folder, { editions })
    expect(second.map(({ changed }) => changed)).toEqual([false, false])
    expect(list(folder)).toEqual(before)
    expect(server.asked).toHaveLength(6)
    for (const each of list(folder)) {
      const path = join(folder, each)
      if (existsSync(path) && /json$/.test(each)) expect(readFileSync(path, 'utf8')).not.toContain(LICENCE_KEY)
    }
  })

  it('a new one replaces the old, of which nothing stays', async () => {
    const folder = freshFolder()
    await update((await serve(maxmind({ 'GeoLite2-City': await makeArchive({ city: 'Bonn' }) }))).url, folder)
    const next = await makeArchive({ city: 'Berlin' })
    const server = await serve((asked: Asked, response) => {
      delete asked.headers['if-modified-since']
      maxmind({ 'GeoLite2-City': next })(asked, response, 0)
    })
    await update(server.url, folder)
    expect(cityIn(folder)).toBe('Berlin')
    expect(readdirSync(join(folder, 'geo', 'geolite2-city'))).toHaveLength(1)
  })

  it('a redirect is followed without the credentials', async () => {
    const archives = { 'GeoLite2-City': await makeArchive() }
    const store = await serve(storeOf(archives))
    const server = await serve(maxmind(archives, store.url))
    const folder = freshFolder()
    await update(server.url, folder)
    expect(cityIn(folder)).toBe('Berlin')
    expect(store.asked).toHaveLength(1)
    expect(store.asked[0]?.headers.authorization).toBe(undefined)
    expect(JSON.stringify(store.asked)).not.toContain(LICENCE_KEY)
    expect(installedDatabases(folder)[0]?.lastModified).toBe(MODIFIED)
  })

  it('of a city database each, the newer goes first', async () => {
    const folder = freshFolder()
    await update((await serve(maxmind({ 'GeoLite2-City': await makeArchive() }))).url, folder)
    const path = join(folder, 'geo', 'sources.json')
    const { databases } = JSON.parse(readFileSync(path, 'utf8')) as { databases: Record<string, string>[] }
    const [geolite] = databases as [Record<string, string>]
    for (const [built, first] of [
      ['2031-01-01T00:00:00.000Z', 'dbip-city'],
      ['2001-01-01T00:00:00.000Z', 'geolite2-city'],
    ] as const) {
      const other = { ...geolite, name: 'dbip-city', built }
      mkdirSync(join(folder, 'geo', 'dbip-city', geolite['folder']!), { recursive: true })
      writeFileSync(join(folder, 'geo', 'dbip-city', geolite['folder']!, geolite['ipv4File']!), '')
      writeFileSync(path, JSON.stringify({ databases: [geolite, other] }))
      expect(installedDatabases(folder).map(({ name }) => name)[0]).toBe(first)
    }
  })
})

describe('what fails leaves the old one in use', () => {
  const good = makeArchive({ city: 'Bonn' })
  const rows: Record<
    string,
    { handler: (archive: Buffer) => Handler; archive?: Archive; code: string; words?: RegExp }
  > = {
    'a wrong key': { handler: () => (_a, r) => void r.writeHead(401).end('no'), code: 'ERR_GEO_KEY' },
    'an account that may not': { handler: () => (_a, r) => void r.writeHead(403).end('no'), code: 'ERR_GEO_KEY' },
    'too many downloads': { handler: () => (_a, r) => void r.writeHead(429).end('no'), code: 'ERR_GEO_QUOTA' },
    'no such edition': { handler: () => (_a, r) => void r.writeHead(404).end('no'), code: 'ERR_GEO_INSTALL' },
    'a server at fault': { handler: () => (_a, r) => void r.writeHead(503).end('no'), code: 'ERR_GEO_INSTALL' },
    'a wrong checksum': {
      handler: (archive) => maxmind({ 'GeoLite2-City': archive }, null, () => '0'.repeat(64)),
      code: 'ERR_GEO_INSTALL',
    },
    'HTML for a checksum': {
      handler: (archive) => maxmind({ 'GeoLite2-City': archive }, null, () => '<html>'),
      code: 'ERR_GEO_INSTALL',
    },
    'HTML for the archive': {
      handler: () => maxmind({ 'GeoLite2-City': Buffer.from('<html>') }),
      code: 'ERR_GEO_INSTALL',
    },
    'an archive cut short': {
      handler: (archive) => maxmind({ 'GeoLite2-City': archive.subarray(0, archive.length / 2) }),
      code: 'ERR_GEO_INSTALL',
    },
    'a connection cut': {
      handler: (archive) => (_a, r) => {
        r.writeHead(200, { 'content-length': archive.length }).write(archive.subarray(0, 20))
        setImmediate(() => r.destroy())
      },
      code: 'ERR_GEO_INSTALL',
    },
    'no database in it': {
      handler: (archive) => maxmind({ 'GeoLite2-City': archive }),
      archive: { name: 'other.mmdb' },
      code: 'ERR_GEO_INSTALL',
    },
    'another edition in it': {
      handler: (archive) => maxmind({ 'GeoLite2-City': archive }),
      archive: { type: 'GeoLite2-ASN' },
      code: 'ERR_GEO_INSTALL',
    },
    'a broken database in it': {
      handler: (archive) => maxmind({ 'GeoLite2-City': archive }),
      archive: { damage: (b) => b.subarray(0, b.length - 30) },
      code: 'ERR_GEO_INSTALL',
    },
    'redirects for ever': {
      handler: () => (a, r) => void r.writeHead(302, { location: a.url }).end(),
      code: 'ERR_GEO_INSTALL',
    },
    'a redirect to a file': {
      handler: () => (_a, r) => void r.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      code: 'ERR_GEO_INSTALL',
    },
    'nothing new': { handler: () => (_a, r) => void r.writeHead(304).end(), code: 'no error' },
  }
  it.each(Object.entries(rows))('%s', async (_name, { handler, archive, code }) => {
    const folder = freshFolder()
    await update((await serve(maxmind({ 'GeoLite2-City': await good }))).url, folder)
    const before = list(folder)
    const server = await serve(handler(archive === undefined ? await makeArchive() : await makeArchive(archive)))
    // As if the server did not know what we have.
    const path = join(folder, 'geo', 'sources.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(MODIFIED, 'Mon, 01 Jan 2001 00:00:00 GMT'))
    const work = update(server.url, folder)
    expect(await errorCodeOf(work)).toBe(code)
    const error: unknown = await work.catch((cause: unknown) => cause)
    expect(error instanceof Error ? `${error.message}${error.stack}` : '').not.toContain(LICENCE_KEY)
    expect(list(folder)).toEqual(before)
    expect(cityIn(folder)).toBe('Bonn')
  })

  it('304 where nothing is installed', async () => {
    const server = await serve((_a, r) => void r.writeHead(304).end())
    expect(await errorCodeOf(update(server.url, freshFolder()))).toBe('ERR_GEO_INSTALL')
  })
  it('a second update at the same time says so', async () => {
    const folder = freshFolder()
    const archives = { 'GeoLite2-City': await makeArchive() }
    const server = await serve(maxmind(archives))
    const [first, second] = await Promise.all([
      errorCodeOf(update(server.url, folder)),
      errorCodeOf(update(server.url, folder)),
    ])
    expect([first, second].sort()).toEqual(['ERR_GEO_INSTALL', 'no error'])
    expect(cityIn(folder)).toBe('Berlin')
  })
  it('the lock of a process that has died does not count', async () => {
    const folder = freshFolder()
    mkdirSync(join(folder, 'geo'))
    // Above the kernel's highest process number.
    writeFileSync(join(folder, 'geo', '.update-lock'), '99999999')
    await update((await serve(maxmind({ 'GeoLite2-City': await makeArchive() }))).url, folder)
    expect(cityIn(folder)).toBe('Berlin')
    expect(existsSync(join(folder, 'geo', '.update-lock'))).toBe(false)
  })
  it('interrupted while fetching', async () => {
    const folder = freshFolder()
    const abort = new AbortController()
    const server = await serve((_a, r) => {
      r.writeHead(200, { 'content-length': 1000 }).write('x')
      setImmediate(() => abort.abort())
    })
    expect(await errorCodeOf(update(server.url, folder, { cancelSignal: abort.signal }))).toBe('ERR_GEO_INSTALL')
    expect(list(join(folder, 'geo'))).toEqual([])
  })
  it.each(['../../etc', 'GeoLite2-City?x', 'dbip-city', ''])('"%s" is no edition', async (edition) => {
    expect(await errorCodeOf(update('http://127.0.0.1:1', freshFolder(), { editions: [edition] }))).toBe('ERR_USAGE')
  })
  it.each([`http://u:${LICENCE_KEY}@127.0.0.1`, 'ftp://x', 'x', `http://127.0.0.1/?k=${LICENCE_KEY}`])(
    'a wrong base URL',
    async (url) => {
      expect(await errorCodeOf(update(url, freshFolder()))).toBe('ERR_USAGE')
    },
  )
})
