/** The environment variable that says where it is written what to do; it is not there where nobody has said. */
export const RUNBOOK_URL_VARIABLE = 'RUNBOOK_URL';
