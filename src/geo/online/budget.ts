/** How many addresses may still be sent: accounts are billed by address, and each repetition counts. */

export interface Budget {
  readonly total: number
  readonly sent: number
  readonly left: number
  /** @param count at most `left`. */
  take(count: number): void
  /** Gives back what was taken for a question that was refused as such: nobody bills that. */
  giveBack(count: number): void
}

export const makeBudget = (total: number): Budget => {
  let sent = 0
  return {
    total,
    get sent() {
      return sent
    },
    get left() {
      return total - sent
    },
    take(count) {
      sent += count
    },
    giveBack(count) {
      sent -= count
    },
  }
}
