/** The environment variable that says how many looks the return of an instance may take. */
export const MOST_LOOKS_VARIABLE = 'MOST_LOOKS';
