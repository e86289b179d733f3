/** The variables of the function that looks at a fleet. */
export const UNRESPONSIVE_SECONDS_VARIABLE = 'UNRESPONSIVE_SECONDS';
export const TABLE_NAME_VARIABLE = 'TABLE_NAME';
