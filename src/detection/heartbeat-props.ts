import { Duration } from 'aws-cdk-lib';

/**
 * A metric that the user space of an instance publishes for as long as it lives.
 */
export interface HeartbeatProps {
  /**
   * The namespace of the metric. It must be literal, and none of AWS's own (`AWS/...`), which the instance does not publish.
   */
  readonly namespace: string;

  /**
   * The name of the metric. It must be literal.
   */
  readonly metricName: string;

  /**
   * The dimensions that the metric has besides `InstanceId`, which is added: all of them, since CloudWatch takes another set of
   * dimensions for another metric, and one that has no data looks like a dead instance. At most 29.
   *
   * @default - `InstanceId` is the only dimension
   */
  readonly dimensions?: { [name: string]: string };

  /**
   * How often the instance publishes the metric at the least: whole minutes, up to an hour.
   *
   * @default Duration.minutes(1)
   */
  readonly period?: Duration;
}
