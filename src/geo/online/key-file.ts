/**
 * Keys of accounts: from the environment, or from `keys.json` in the person's configuration folder, which nobody else may
 * read. Never from arguments, which every user of the machine sees.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fileError, InterplotError, systemErrorCode } from '../../core/errors.ts'
import { keyVariable } from './diagnosis.ts'
import { isObject } from './service.ts'

const MAX_BYTES = 65_536

/** XDG Base Directory Specification 0.8; INTERPLOT_CONFIG_DIR says otherwise. */
const configFolder = (environment: NodeJS.ProcessEnv): string => {
  const { INTERPLOT_CONFIG_DIR: chosen, XDG_CONFIG_HOME: config, APPDATA: roaming, HOME: home } = environment
  if (chosen !== undefined && chosen !== '') return chosen
  if (process.platform === 'win32' && roaming !== undefined) return join(roaming, 'interplot', 'Config')
  if (config !== undefined && isAbsolute(config)) return join(config, 'interplot')
  return join(home !== undefined && isAbsolute(home) ? home : homedir(), '.config', 'interplot')
}

export const keysPath = (environment: NodeJS.ProcessEnv, folder?: string): string =>
  join(folder ?? configFolder(environment), 'keys.json')

const refuse = (path: string, why: string, advice: string): InterplotError =>
  new InterplotError('ERR_GEO_KEY', `${path} is not used: ${why}`, { advice })

/** The person's own number, also under sudo; undefined where users have none. */
const ownersAllowed = (environment: NodeJS.ProcessEnv): number[] => {
  const own = process.getuid?.()
  if (own === undefined) return []
  const { SUDO_UID: caller } = environment
  return own === 0 && caller !== undefined && /^\d+$/.test(caller) ? [own, Number(caller)] : [own]
}

/**
 * The content of keys.json, null when there is none.
 * @throws InterplotError ERR_GEO_KEY when others can read it or it is no JSON object, ERR_INPUT_FILE.
 */
export const readKeys = (environment: NodeJS.ProcessEnv, folder?: string): Record<string, unknown> | null => {
  const path = keysPath(environment, folder)
  let descriptor: number
  try {
    // A pipe in its place would otherwise hold the program for ever.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT' || systemErrorCode(cause) === 'ENOTDIR') return null
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
  let text: string
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile() || stats.size > MAX_BYTES) throw refuse(path, 'it is no small file', 'Write it anew.')
    const owners = ownersAllowed(environment)
    if (owners.length > 0 && !owners.includes(stats.uid))
      throw refuse(path, 'it belongs to somebody else', `Make it your own: chown $(id -u) ${path}`)
    if (owners.length > 0 && (stats.mode & 0o077) !== 0)
      throw refuse(path, 'others may read or change it', `Run: chmod 600 ${path}`)
    text = readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // What the parser says repeats the text.
    value = null
  }
  if (isObject(value)) return value
  throw refuse(path, 'it is no JSON object', 'Write it like {"ipstack": "…"}.')
}

/** @returns null when there is no key. @throws InterplotError ERR_GEO_KEY, ERR_INPUT_FILE */
export const readKey = (name: string, environment: NodeJS.ProcessEnv, folder?: string): string | null => {
  const inEnvironment = environment[keyVariable(name)]
  const given =
    inEnvironment === undefined || inEnvironment === '' ? readKeys(environment, folder)?.[name] : inEnvironment
  if (given === undefined || given === null || given === '') return null
  // A key with a line end would tear a request apart; and it must not be repeated here.
  if (typeof given === 'string' && /^[\x21-\x7e]{4,512}$/.test(given)) return given
  throw new InterplotError('ERR_GEO_KEY', `the key for ${name} is no single word of printable characters`, {
    advice: 'Copy it again from the account’s page.',
  })
}
