/** Where every command keeps its results and finds those of others, unless it is told. */
export const DEFAULT_RESULTS_FILE = 'results.db'
