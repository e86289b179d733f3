/** The source of all events of this library. */
export const EVENT_SOURCE = 'cdk-diagnostic-interrupt';

/** The detail type of the event that a FleetWatch sends for an instance. */
export const UNRESPONSIVE_DETAIL_TYPE = 'EC2 Instance Unresponsive';

/** Its detail. */
export interface UnresponsiveDetail {
  readonly version: 1;
  /** The name of the watch's function. */
  readonly watch: string;
  readonly instanceId: string;
  /** ISO 8601, as EC2 says it. */
  readonly impairedSince: string;
}
