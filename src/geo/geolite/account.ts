/**
 * The account with which GeoLite2 databases are fetched: from the environment, from keys.json, or from the configuration file
 * of MaxMind's own updater, GeoIP.conf (lines of a name and its value: `AccountID`, formerly `UserId`, `LicenseKey`,
 * `EditionIDs`, formerly `ProductIds`).
 */

import { readFileSync } from 'node:fs'
import { fileError, InterplotError, systemErrorCode } from '../../core/errors.ts'
import { keysPath, readKeys } from '../online/key-file.ts'
import { isObject } from '../online/service.ts'

export interface GeoliteAccount {
  accountId: string
  licenseKey: string
  /** Those that GeoIP.conf names; empty elsewhere. */
  editions: readonly string[]
}

export interface AccountPlaces {
  environment: NodeJS.ProcessEnv
  /** Where keys.json is; the person's unless said. */
  configFolder?: string
  /** A GeoIP.conf that the person names; without it `/etc/GeoIP.conf` counts when it is there. */
  configFile?: string
}

const USUAL_FILE = '/etc/GeoIP.conf'

const readConfig = (path: string, named: boolean): ReadonlyMap<string, string> | null => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (!named && ['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemErrorCode(cause) ?? '')) return null
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z]+)\s+(\S.*?)\s*$/.exec(line)
    if (match !== null) values.set(match[1]!.toLowerCase(), match[2]!)
  }
  return values
}

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

const checked = (
  accountId: string,
  licenseKey: string,
  where: string,
  editions: readonly string[] = [],
): GeoliteAccount => {
  const wrong = !/^\d{1,12}$/.test(accountId)
    ? 'account number'
    : !/^[\x21-\x7e]{4,128}$/.test(licenseKey)
      ? 'licence key'
      : null
  if (wrong === null) return { accountId, licenseKey, editions }
  throw new InterplotError('ERR_GEO_KEY', `the ${wrong} in ${where} is not one`, {
    advice: 'Copy it again from the account’s page at MaxMind.',
  })
}

/** @throws InterplotError ERR_GEO_KEY when there is none, or one that cannot be; ERR_INPUT_FILE. Neither repeats the key. */
export const readAccount = ({ environment, configFolder, configFile }: AccountPlaces): GeoliteAccount => {
  const { MAXMIND_ACCOUNT_ID: id = '', MAXMIND_LICENSE_KEY: key = '' } = environment
  if (configFile === undefined && (id !== '' || key !== '')) return checked(id, key, 'the environment')
  const kept = configFile === undefined ? readKeys(environment, configFolder)?.['maxmind'] : undefined
  if (isObject(kept)) return checked(text(kept['accountId']), text(kept['licenseKey']), 'keys.json')
  const path = configFile ?? USUAL_FILE
  const config = readConfig(path, configFile !== undefined)
  const found = config?.get('accountid') ?? config?.get('userid')
  if (config !== null && found !== undefined) {
    const editions = (config.get('editionids') ?? config.get('productids') ?? '')
      .split(/\s+/)
      .filter((each) => each !== '')
    return checked(found, config.get('licensekey') ?? '', path, editions)
  }
  throw new InterplotError('ERR_GEO_KEY', 'GeoLite2 wants an account at MaxMind (free), and there is none', {
    advice: `Set MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY, or write {"maxmind": {"accountId": "…", "licenseKey": "…"}} into ${keysPath(environment, configFolder)} (mode 600), or name a GeoIP.conf with --config. Without an account: interplot geo install.`,
  })
}
