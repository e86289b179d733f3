/** How many characters the address of a runbook may have: as many as the description of an alarm. */
export const LONGEST_RUNBOOK_URL = 1024;
