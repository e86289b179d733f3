import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { InterruptMetric, METRIC_NAMESPACE } from './interrupt-metric';

// Dimension and log key `service`: each function counts for itself.
const serviceName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'diagnostic-interrupt';

export const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName });

/** Counts once by the dimensions, and once without them, so that an alarm on the total needs no metric math. */
export function count(name: InterruptMetric, dimensions: Record<string, string> = {}): void {
  const single = metrics.singleMetric();
  single.addDimensions({});
  if (Object.keys(dimensions).length > 0) single.addDimensions(dimensions);
  single.addMetric(name, MetricUnit.Count, 1);
}

export function nameAndMessage({ name, message }: Error): { name: string; message: string } {
  return { name, message };
}
