/** Where a server is. The address is stored with a run and shown, so it must not hold a key. */

import { InterplotError } from '../../core/errors.ts'

/** Null for what is no URL. (`URL.parse` came with Node.js 22.) */
export const parseUrl = (text: string, base?: URL): URL | null => {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}

/** The variable that says where a provider's server is. */
export const urlVariable = (name: string): string => `INTERPLOT_${name.toUpperCase()}_URL`

/**
 * The person's choice, the environment's, or the provider's own. Plain http is spoken only where one of the first two says so.
 * @returns null when nobody says. @throws InterplotError ERR_USAGE, which does not repeat what may hold a key.
 */
export const baseUrlFor = (
  name: string,
  ownUrl: string | null,
  { chosen, environment }: { chosen: string | undefined; environment: NodeJS.ProcessEnv },
): URL | null => {
  const text = chosen ?? (environment[urlVariable(name)] || ownUrl)
  if (text === null || text === undefined) return null
  const where = chosen === undefined ? urlVariable(name) : '--provider-url'
  const refuse = (why: string, advice: string): InterplotError =>
    new InterplotError('ERR_USAGE', `the URL in ${where} ${why}`, { advice })
  const url = parseUrl(text)
  if (url === null) throw refuse('is none', 'Write it like https://geo.example.net.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('is not http or https', 'Use https.')
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw refuse(
      'has more than a host and a path',
      'A key belongs into the environment or keys.json, where nothing stores or shows it.',
    )
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}
