import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Incident } from './incident';
import { KernelFindings, readFindings } from './kernel-findings';
import { outcomeOf } from './outcome-of';
import { detailOf } from './report-detail';
import { messageOf, subjectOf } from './report-text';
import { RUNBOOK_URL_VARIABLE } from './report-variables';
import { ResponseMetric } from './response-metric';
import { ResponseOutcome } from './response-outcome';
import { METRIC_NAMESPACE } from '../interrupt/interrupt-metric';

// The panic stands at the end; what came before it in its last hour fits.
const LOG_BYTES = 1024 * 1024;
/** Systems Manager API Reference, CreateOpsItem. */
const LONGEST_DESCRIPTION = 2048;

type Unit = typeof MetricUnit[keyof typeof MetricUnit];

const serviceName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'crash-dump-report';
const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName });
const s3 = new S3Client();

/** What is told, and on which way. */
export interface Report {
  readonly outcome: ResponseOutcome;
  readonly subject: string;
  readonly message: string;
  /** Of the event. */
  readonly detail: object;
  readonly opsItem: { readonly title: string; readonly description: string; readonly severity: string };
}

/**
 * Puts an incident into words, and counts it.
 */
export async function handler({ incident }: { readonly incident: Incident }): Promise<Report> {
  const findings = await findingsOf(incident);
  const outcome = outcomeOf(incident);
  const subject = subjectOf(incident);
  const message = messageOf(incident, findings, process.env[RUNBOOK_URL_VARIABLE]);
  const detail = detailOf(incident, findings);
  logger.info('ResponseReported', { outcome, detail });
  count(incident, outcome);
  const fine = outcome === ResponseOutcome.COLLECTED;
  const opsItem = { title: subject, description: message.slice(0, LONGEST_DESCRIPTION), severity: fine ? '3' : '2' };
  return { outcome, subject, message, detail, opsItem };
}

/** A report without them is better than none. */
async function findingsOf({ collection }: Incident): Promise<KernelFindings> {
  const log = collection?.files.find(({ kind, key }) => kind === 'kernelLog' && key !== undefined);
  if (!collection || !log) return {};
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: collection.bucket, Key: log.key, Range: `bytes=-${LOG_BYTES}` }));
    return readFindings(await Body!.transformToString());
  } catch (error) {
    return { unread: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

function count({ interrupt, watch, collection }: Incident, outcome: ResponseOutcome): void {
  const one = (name: ResponseMetric, unit: Unit, value: number, dimensions?: Record<string, string>) => {
    const single = metrics.singleMetric();
    single.addDimensions({});
    if (dimensions) single.addDimensions(dimensions);
    single.addMetric(name, unit, value);
  };
  one(ResponseMetric.RESPONSES, MetricUnit.Count, 1, { Outcome: outcome });
  const bytes = (collection?.files ?? []).filter(({ kind }) => kind === 'vmcore').reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > 0) one(ResponseMetric.DUMP_BYTES, MetricUnit.Bytes, bytes);
  if (!interrupt || !watch?.backAt) return;
  one(ResponseMetric.SECONDS_TO_RETURN, MetricUnit.Seconds, (Date.parse(watch.backAt) - Date.parse(interrupt.at)) / 1000);
}
