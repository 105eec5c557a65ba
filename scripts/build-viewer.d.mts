export declare const buildViewer: () => Promise<unknown>
export declare const setup: () => Promise<void>
