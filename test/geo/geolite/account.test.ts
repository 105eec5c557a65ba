import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type AccountPlaces, readAccount } from '../../../src/geo/geolite/account.ts'
import { caught } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'

const root = temporaryFolder('account')
const KEY = 'abcDEF123456_secret'

interface Given {
  environment?: NodeJS.ProcessEnv
  keys?: string
  config?: string
}
const places = (test: string, { environment = {}, keys, config }: Given): AccountPlaces => {
  const folder = folderFor(root, test)
  if (keys !== undefined) writeFileSync(join(folder, 'keys.json'), keys, { mode: 0o600 })
  if (config !== undefined) writeFileSync(join(folder, 'GeoIP.conf'), config)
  return {
    environment,
    configFolder: folder,
    ...(config === undefined ? {} : { configFile: join(folder, 'GeoIP.conf') }),
  }
}
const account = (accountId: string, editions: string[] = []) => ({ accountId, licenseKey: KEY, editions })

describe('the account', () => {
  it.each<[string, Given, unknown]>([
    ['environment', { environment: { MAXMIND_ACCOUNT_ID: '1', MAXMIND_LICENSE_KEY: KEY } }, account('1')],
    ['keys.json', { keys: JSON.stringify({ maxmind: { accountId: '2', licenseKey: KEY } }) }, account('2')],
    ['a number in keys.json', { keys: JSON.stringify({ maxmind: { accountId: 2, licenseKey: KEY } }) }, account('2')],
    [
      'GeoIP.conf',
      { config: `# comment\nAccountID 3\nLicenseKey ${KEY}\nEditionIDs GeoLite2-ASN GeoLite2-City\n` },
      account('3', ['GeoLite2-ASN', 'GeoLite2-City']),
    ],
    [
      'an old GeoIP.conf',
      { config: `UserId 4\r\nLicenseKey ${KEY}\r\nProductIds GeoLite2-City\r\n` },
      account('4', ['GeoLite2-City']),
    ],
    [
      'the file that is named before the environment',
      {
        environment: { MAXMIND_ACCOUNT_ID: '1', MAXMIND_LICENSE_KEY: KEY },
        config: `AccountID 3\nLicenseKey ${KEY}\n`,
      },
      account('3'),
    ],
  ])('%s', (name, given, wanted) => expect(readAccount(places(name, given))).toEqual(wanted))

  it.each<[string, Given]>([
    ['half an environment', { environment: { MAXMIND_LICENSE_KEY: KEY } }],
    ['a number that is none', { environment: { MAXMIND_ACCOUNT_ID: KEY, MAXMIND_LICENSE_KEY: KEY } }],
    ['a key of two words', { environment: { MAXMIND_ACCOUNT_ID: '1', MAXMIND_LICENSE_KEY: `${KEY} ${KEY}` } }],
    ['an empty GeoIP.conf', { config: '' }],
  ])('%s: ERR_GEO_KEY, without the key', (name, given) => {
    const error = caught(() => readAccount(places(name, given)))
    expect(error.code).toBe('ERR_GEO_KEY')
    expect(`${error.toLine()}${error.stack}`).not.toContain(KEY)
  })
  it('no file where one is named: ERR_INPUT_FILE', () => {
    expect(caught(() => readAccount({ environment: {}, configFile: '/nonexistent' })).code).toBe('ERR_INPUT_FILE')
  })
})
