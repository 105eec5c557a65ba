/** The code of the failure that some work ends in; tests compare it with the code they expect. */

import { InterplotError } from '../src/core/errors.ts'

const codeOf = (error: unknown): string => {
  if (error instanceof InterplotError) return error.code
  throw error
}

export const errorCode = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return codeOf(error)
  }
  return 'no error'
}

export const errorCodeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    return codeOf(error)
  }
  return 'no error'
}

/** The coded failure itself. */
export const caught = (work: () => unknown): InterplotError => {
  try {
    work()
  } catch (error) {
    if (error instanceof InterplotError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
