/** How long work tells the person where it stands. Lower layers report; only commands draw. */

export interface ProgressStep {
  /** Work done and work in all, in the same unit; `total` is absent while it is unknown. */
  done: number
  total?: number
  /** What the numbers count: "addresses", "MB". */
  unit: string
  /** What is being done, where that is not what the work was announced as. */
  doing?: string
}

export type ProgressSink = (step: ProgressStep) => void

export const silentProgress: ProgressSink = () => undefined
