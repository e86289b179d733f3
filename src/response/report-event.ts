/** The detail type of the event that reports an incident. */
export const REPORT_DETAIL_TYPE = 'Crash Dump Response';
