/**
 * Asking a server for the places of a few addresses until there is an answer that counts. What may go away (timeouts, a
 * cut connection, 429, 5xx, garbled answers) is tried again after a wait that doubles, with jitter so that many who
 * failed together do not come back together ("Exponential Backoff And Jitter", M. Brooker, AWS Architecture Blog 2015),
 * or after the time that the server names (Retry-After, RFC 9110 section 10.2.3).
 */

import type { InterplotError } from '../../core/errors.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { RandomStream } from '../../core/random.ts'
import type { Budget } from './budget.ts'
import { notAnswering } from './diagnosis.ts'
import type { JsonClient } from './json-client.ts'
import type { Pause } from './online-options.ts'
import type { AddressAnswer, OnlineService, Verdict } from './service.ts'

const ATTEMPTS = 4
const FIRST_WAIT_MS = 500
/** A server that wants more time than this is asked no more in this run. */
const LONGEST_WAIT_MS = 60_000
/** So many failed questions in a row: the server is no use today. */
const FAILURES_IN_A_ROW = 5

export interface Asker {
  /** One for each address; null for those that were not asked any more. */
  ask(addresses: readonly IpAddress[]): Promise<(AddressAnswer | null)[]>
  /** Why nothing more is asked, or null. */
  readonly stopped: InterplotError | null
  readonly budgetEnded: boolean
}

/** What one lookup learns for the next. */
export interface AskerMemory {
  /** The plan allows no more. */
  oneByOne: boolean
}

export interface AskerParts {
  memory: AskerMemory
  service: OnlineService
  client: JsonClient
  budget: Budget
  pause: Pause
  random: RandomStream
  cancelSignal: AbortSignal
}

export const makeAsker = ({ memory, service, client, budget, pause, random, cancelSignal }: AskerParts): Asker => {
  let stopped: InterplotError | null = null
  const halt = new AbortController()
  const pauseSignal = AbortSignal.any([cancelSignal, halt.signal])
  let budgetEnded = false
  let failuresInARow = 0

  /** The first reason counts; nobody waits any more. */
  const stop = (error: InterplotError): void => {
    stopped ??= error
    halt.abort()
  }
  const failed = (addresses: readonly IpAddress[], reason: string): AddressAnswer[] => {
    failuresInARow += 1
    if (failuresInARow >= FAILURES_IN_A_ROW) stop(notAnswering(service.name, failuresInARow, reason))
    return addresses.map(() => ({ failure: reason }))
  }
  const sendOnce = async (addresses: readonly IpAddress[]): Promise<Verdict & { retryAfterMs?: number | null }> => {
    const outcome = await client.send(service.request(addresses), cancelSignal)
    if (outcome.kind === 'failure') return { kind: 'again', reason: outcome.reason }
    const verdict = service.interpret(outcome.status, outcome.value, addresses)
    const { retryAfterMs } = outcome
    if (verdict.kind !== 'answers') return { ...verdict, retryAfterMs }
    const [first] = verdict.answers
    // Some that count are kept as they are; none is another try.
    const useless = verdict.answers.every((answer) => 'failure' in answer && answer.again === true)
    if (useless && first !== undefined && 'failure' in first)
      return { kind: 'again', reason: first.failure, retryAfterMs }
    return verdict
  }
  const waitMs = (attempt: number, askedMs: number | null): number =>
    Math.max(askedMs ?? 0, FIRST_WAIT_MS * 2 ** attempt * (0.5 + random.nextFloat() / 2))

  const askTogether = async (addresses: readonly IpAddress[]): Promise<AddressAnswer[] | 'singles' | null> => {
    for (let attempt = 0; ; attempt += 1) {
      if (stopped !== null || cancelSignal.aborted) return null
      if (budget.left < addresses.length) {
        budgetEnded = true
        return null
      }
      budget.take(addresses.length)
      const verdict = await sendOnce(addresses)
      if (cancelSignal.aborted) return null
      if (verdict.kind === 'answers') {
        failuresInARow = 0
        return [...verdict.answers]
      }
      if (verdict.kind === 'singles') {
        budget.giveBack(addresses.length)
        memory.oneByOne ||= verdict.always
        return 'singles'
      }
      if (verdict.kind === 'stop') {
        stop(verdict.error)
        return null
      }
      const { reason, stays, retryAfterMs: askedMs = null } = verdict
      if (attempt + 1 === ATTEMPTS || (askedMs ?? 0) > LONGEST_WAIT_MS) {
        if (stays === undefined) return failed(addresses, reason)
        stop(stays)
        return null
      }
      await pause(waitMs(attempt, askedMs), pauseSignal)
    }
  }

  /** As many as the budget still has. */
  const askSome = async (addresses: readonly IpAddress[]): Promise<(AddressAnswer | null)[] | 'singles'> => {
    const some = addresses.slice(0, Math.max(0, budget.left))
    if (some.length < addresses.length) budgetEnded = true
    const answers = some.length === 0 ? [] : await askTogether(some)
    if (answers === 'singles') return answers
    return addresses.map((_, i) => answers?.[i] ?? null)
  }

  return {
    async ask(addresses) {
      if (!memory.oneByOne && addresses.length > 1) {
        const answers = await askSome(addresses)
        if (answers !== 'singles') return answers
      }
      const answers: (AddressAnswer | null)[] = []
      for (const address of addresses) {
        const [answer] = await askSome([address])
        // A refusal of several where one was asked makes no sense.
        answers.push(typeof answer === 'string' ? { failure: 'refused' } : (answer ?? null))
      }
      return answers
    },
    get stopped() {
      return stopped
    },
    get budgetEnded() {
      return budgetEnded
    },
  }
}
