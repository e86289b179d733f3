/** The source of the event that reports an incident. */
export const REPORT_SOURCE = 'cdk-diagnostic-interrupt';

/** Its detail type. */
export const REPORT_DETAIL_TYPE = 'Crash Dump Response';
