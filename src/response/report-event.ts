/** The detail type of the event that reports an incident. */
export const REPORT_DETAIL_TYPE = 'Crash Dump Response';
/** Changes with every change that a reader of the event would have to know of; a new key is none. */
export const SCHEMA_VERSION = 1;
