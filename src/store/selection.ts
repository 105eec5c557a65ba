/** Which observations a query is about. */

/** All that are named must hold. */
export interface Selection {
  run?: number
  port?: number
  /** Also repeated answers and such that are no success. */
  everything?: boolean
}

export interface SelectionCondition {
  /** Joined by AND they make the condition; none for everything. */
  terms: string[]
  parameters: number[]
}

/** SQL terms for a selection; `success` says how the table or view at hand tells what counts. */
export const selectionCondition = (selection: Selection, { success }: { success: string }): SelectionCondition => {
  const terms: string[] = []
  const parameters: number[] = []
  if (selection.everything !== true) terms.push(success)
  if (selection.run !== undefined) {
    terms.push('run = ?')
    parameters.push(selection.run)
  }
  if (selection.port !== undefined) {
    terms.push('port = ?')
    parameters.push(selection.port)
  }
  return { terms, parameters }
}
