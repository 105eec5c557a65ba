/**
 * `-C FILE`: options in a file, in the syntax of zmap.conf. A line is the long name of an option and, after white space
 * or =, its value, with or without quotes; # begins a comment. The command line wins over the file.
 */

import { readFileSync } from 'node:fs'
import type { Command, Option } from 'commander'
import { fileError, InterplotError } from '../core/errors.ts'

export interface ConfigEntry {
  /** The option's long name without its hyphens. */
  name: string
  /** Null for a line that is a name alone. */
  value: string | null
  /** From 1. */
  line: number
}

const LINE =
  /^(?:--)?(?<name>[A-Za-z][\w-]*)(?:(?:\s*=\s*|\s+)(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>[^\s"'#][^\s#]*(?:\s+[^\s#]+)*)))?\s*(?:#.*)?$/

const wrong = (origin: string, line: number, what: string, advice: string): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `${origin}:${line}: ${what}`, { advice })

/** @param origin the file's name, for messages. @throws InterplotError ERR_INPUT_FILE that names the line. */
export const parseConfig = (text: string, origin: string): ConfigEntry[] => {
  const entries: ConfigEntry[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/^\uFEFF/, '').trim()
    if (line === '' || line.startsWith('#')) continue
    const groups = LINE.exec(line)?.groups
    if (groups === undefined) {
      throw wrong(origin, index + 1, `"${line.slice(0, 60)}" is not an option`, 'Lines look like: rate 10000')
    }
    const value = groups['double'] ?? groups['single'] ?? groups['bare'] ?? null
    entries.push({ name: groups['name']!, value, line: index + 1 })
  }
  return entries
}

const optionNamed = (command: Command, { name, line }: ConfigEntry, origin: string): Option => {
  const option = command.options.find(({ long }) => long === `--${name}`)
  if (option !== undefined && name !== 'config') return option
  throw wrong(
    origin,
    line,
    `there is no option "${name}" of ${command.name()}`,
    `Take the line out, or see: interplot ${command.name()} --help`,
  )
}

/** The value as the command line would have given it. */
const configured = (option: Option, { name, value, line }: ConfigEntry, origin: string, before: unknown): unknown => {
  const takesValue = option.required || option.optional
  if (!takesValue && value !== null) throw wrong(origin, line, `${name} takes no value`, 'Leave the name alone.')
  if (!takesValue) return !option.negate
  if (value === null) throw wrong(origin, line, `${name} needs a value`, `Like: ${option.flags}`)
  if (option.parseArg === undefined) return value
  try {
    return option.parseArg(value, before)
  } catch (cause) {
    if (!(cause instanceof InterplotError)) throw cause
    throw new InterplotError(cause.code, `${origin}:${line}: ${cause.message}`, {
      ...(cause.advice === undefined ? {} : { advice: cause.advice }),
      cause,
    })
  }
}

const readConfig = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

/**
 * Gives the command those options of the file that the command line did not give.
 * @throws InterplotError ERR_INPUT_FILE for unreadable files, lines and names; what the options' parsers throw.
 */
export const applyConfig = (command: Command, path: string): void => {
  for (const entry of parseConfig(readConfig(path), path)) {
    const option = optionNamed(command, entry, path)
    const attribute = option.attributeName()
    const source = command.getOptionValueSource(attribute)
    const before = source === 'config' ? command.getOptionValue(attribute) : undefined
    const value = configured(option, entry, path, before)
    if (source !== 'cli') command.setOptionValueWithSource(attribute, value, 'config')
  }
}
