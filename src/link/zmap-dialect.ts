/**
 * What an installed zmap understands. Its versions differ in the names of options (blacklist-file became blocklist-file in
 * 3.0, target-port target-ports in 4.0) and in which there are, so its own --help and --list-output-fields decide, not a table
 * of versions.
 */

import { InterplotError } from '../core/errors.ts'

export interface ZmapDialect {
  /** `2.1.1` */
  readonly version: string
  readonly major: number
  readonly minor: number
  /** Long options, without their dashes. */
  readonly options: ReadonlySet<string>
}

const OLDEST = 2
const NEWEST = 4

/** @param versionText what --version prints. @param helpText what --help prints. @throws InterplotError ERR_LINK_UNAVAILABLE. */
export const parseDialect = (versionText: string, helpText: string): ZmapDialect => {
  const match = /\bzmap v?((\d+)\.(\d+)[\w.-]*)/i.exec(versionText)
  const options = new Set([...helpText.matchAll(/^\s+(?:-\w, )?--([a-z][a-z-]*)/gm)].map(([, name]) => name!))
  const [, version = '', major = '', minor = ''] = match ?? []
  if (match === null || !options.has('output-fields')) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', 'the command "zmap" does not say which zmap it is', {
      advice: 'Look at it with: zmap --version; or leave --engine out.',
    })
  }
  if (Number(major) < OLDEST || Number(major) > NEWEST) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `zmap ${version} is not one of the versions 2 to 4`, {
      advice: 'Leave --engine out: interplot scans by itself.',
    })
  }
  return { version, major: Number(major), minor: Number(minor), options }
}

/** Names of what --list-output-fields or --list-probe-modules prints, in its spelling. */
export const parseNames = (listText: string): string[] =>
  listText.split('\n').flatMap((line) => /^([a-z][\w-]*)(?:\s|$)/i.exec(line)?.[1] ?? [])

/** Under one spelling: 2.x has hyphens in its fields, later ones underscores. */
export const plainName = (field: string): string => field.replaceAll('-', '_')
