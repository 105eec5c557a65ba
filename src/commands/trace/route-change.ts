/** Whether a path is still that of the last trace: told on the terminal, to a server, by the exit code. */

import { formatIp } from '../../core/ip.ts'
import { printableText } from '../../core/printable-text.ts'
import { latestChange, type PathChange } from '../../probe/trace/path-history.ts'
import type { Store } from '../../store/store.ts'
import type { NewTrace } from '../../store/traces.ts'
import type { Terminal } from '../terminal.ts'
import { changeText } from './history-text.ts'
import { makeWebhook, type Webhook } from './route-webhook.ts'

/** A path is not that of the last trace. */
export const EXIT_CHANGED = 3
/** Alternatives show in what was seen before; older paths say nothing of the last one. */
const LOOK_BACK = 24

/** @param newest its own traces are in the file already. */
const changeOf = (store: Store, newest: NewTrace): PathChange | null => {
  const earlier = store
    .traces(newest.target)
    .filter(({ method, id }) => method === (newest.method ?? null) && id !== newest.id)
    .sort((one, other) => one.startedUs - other.startedUs)
    .slice(-LOOK_BACK)
  if (earlier.length === 0) return null
  const traces = earlier.map(({ id, startedUs, reached }) => ({ id, startedUs, reached, hops: store.hops(id) ?? [] }))
  return latestChange([...traces, newest])
}

export interface ChangeWatch {
  /** How many paths have changed so far. */
  readonly changes: number
  look(store: Store, trace: NewTrace): void
  /** Waits until everybody has been told. */
  finish(): Promise<void>
}

export const makeChangeWatch = (terminal: Terminal, url: URL | undefined): ChangeWatch => {
  const webhook: Webhook | null = url === undefined ? null : makeWebhook(url)
  const telling = new Set<Promise<void>>()
  let changes = 0
  return {
    get changes() {
      return changes
    },
    look(store, trace) {
      const change = changeOf(store, trace)
      if (change === null) return
      changes += 1
      const host = trace.targetName ?? formatIp(trace.target)
      terminal.note(`${printableText(host)}: the path changed, ${changeText(change, formatIp)}`)
      if (webhook === null) return
      const told = webhook.tell(host, trace.target, change).then((problem) => {
        if (problem !== null) terminal.note(problem)
        telling.delete(told)
      })
      telling.add(told)
    },
    async finish() {
      await Promise.all(telling)
    },
  }
}
