/** Why a server will not go on answering, and what the person can do about it. Everything found before is kept. */

import { InterplotError } from '../../core/errors.ts'
import { formatCount } from '../../core/units.ts'

const KEPT = 'What was found before is kept.'
const said = (words: string): string => (words === '' ? '' : `: "${words}"`)

/** The variable that holds a provider's key. */
export const keyVariable = (name: string): string => `INTERPLOT_${name.toUpperCase()}_KEY`

export const keyMissing = (name: string, keysPath: string): InterplotError =>
  new InterplotError('ERR_GEO_KEY', `${name} wants a key, and there is none`, {
    advice: `Put it into the environment as ${keyVariable(name)}, or into ${keysPath} (mode 600) as {"${name}": "…"}.`,
  })

export const keyRefused = (name: string, words: string): InterplotError =>
  new InterplotError('ERR_GEO_KEY', `${name} does not accept the key${said(words)}`, {
    advice: `Check ${keyVariable(name)} or keys.json against the account's page. ${KEPT}`,
  })

export const quotaUsedUp = (name: string, words: string): InterplotError =>
  new InterplotError(
    'ERR_GEO_QUOTA',
    `the account's quota at ${name} is used up, or it is asked too fast${said(words)}`,
    {
      advice: `Run the same command again when it is renewed: it goes on where it stopped. ${KEPT}`,
    },
  )

export const planLacks = (name: string, what: string, advice: string): InterplotError =>
  new InterplotError('ERR_GEO_PLAN', `the account's plan at ${name} does not allow this: ${what}`, {
    advice: `${advice} ${KEPT}`,
  })

export const requestRefused = (name: string, words: string): InterplotError =>
  new InterplotError('ERR_GEO_PROVIDER', `${name} refuses the request${said(words)}`, {
    advice: `Check --provider-url, or use another provider. ${KEPT}`,
  })

export const notAnswering = (name: string, failures: number, reason: string): InterplotError =>
  new InterplotError('ERR_GEO_PROVIDER', `${name} gave no valid answer ${failures} times in a row (last: ${reason})`, {
    advice: `Check the connection and --provider-url, and run the same command again later. ${KEPT}`,
  })

export const budgetUsedUp = (name: string, budget: number, left: number): InterplotError =>
  new InterplotError(
    'ERR_GEO_BUDGET',
    `the budget of ${formatCount(budget)} addresses for ${name} is used up; ${formatCount(left)} are not looked up`,
    { advice: `Run the same command again to go on, or allow more with --budget. ${KEPT}` },
  )
