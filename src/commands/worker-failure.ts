/** How a failure of a worker thread reaches the main thread with its code and its advice: as plain data, and back. */

import { type ErrorCode, InterplotError } from '../core/errors.ts'

export interface WorkerFailure {
  kind: 'failed'
  code: ErrorCode
  message: string
  advice: string | undefined
  stack: string | undefined
}

/** To be posted. */
export const workerFailure = (error: unknown): WorkerFailure => {
  const coded = error instanceof InterplotError
  return {
    kind: 'failed',
    code: coded ? error.code : 'ERR_INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    advice: coded ? error.advice : undefined,
    stack: error instanceof Error ? error.stack : undefined,
  }
}

/** What was thrown there. */
export const errorOfWorker = ({ code, message, advice, stack }: WorkerFailure): InterplotError => {
  const error = new InterplotError(code, message, advice === undefined ? {} : { advice })
  if (stack !== undefined) error.stack = stack
  return error
}
