import type { Incident } from './incident';
import { instanceOf } from './instance-of';
import type { KernelFindings } from './kernel-findings';
import { outcomeOf } from './outcome-of';
import { plain } from './plain-text';
import { refusalOf } from './refusal-of';
import { SCHEMA_VERSION } from './report-event';
import { timeLineOf } from './time-line';
import { isMissing } from '../interrupt/facts';

/**
 * The detail of the event that reports an incident; docs/response.md has the schema. EventBridge takes 256 KB.
 */
export function detailOf(incident: Incident, { panic, cause }: KernelFindings): object {
  const { execution, assessed, notYet, watch, collection, shield, restored, failure, stopped } = incident;
  const { source, evidence } = assessed ?? {};
  const refused = refusalOf(incident);
  const instance = evidence && !isMissing(evidence.instance) ? evidence.instance : undefined;
  return withoutNothing({
    version: SCHEMA_VERSION,
    outcome: outcomeOf(incident),
    instanceId: instanceOf(incident),
    instanceType: instance?.instanceType,
    alarm: source?.kind === 'alarm' ? { name: plain(source.alarmName), arn: plain(source.alarmArn, 400) } : undefined,
    fleetWatch: source?.kind === 'watch' ? plain(source.watch) : undefined,
    refusal: notYet ? { reason: plain(notYet.Error), explanation: plain(notYet.Cause ?? '', 1000) } : refused && { reason: refused.reason, explanation: plain(refused.explanation ?? '', 1000) },
    panic: panic && { line: plain(panic.panic), backtrace: panic.backtrace.map(line => plain(line, 120)) },
    probableCause: cause && { class: cause.cause, line: plain(cause.line), count: cause.count, secondsBeforePanic: cause.secondsBeforePanic },
    watch: watch && { progress: watch.progress, explanation: watch.explanation },
    dump: collection && {
      bucket: collection.bucket,
      directory: collection.directory,
      missing: collection.missing && plain(collection.missing, 1000),
      system: collection.system,
      files: collection.files.map(({ name, kind, bytes, key, checksumSha256, removed }) => ({ name, kind, bytes, key, checksumSha256, removed })),
    },
    autoScaling: shield && shield.kind !== 'none' ? { group: shield.group, shield: shield.kind, restored: restored?.outcome } : undefined,
    failure: failure && { error: plain(failure.Error), cause: plain(failure.Cause ?? '', 1000) },
    stopped,
    timeLine: timeLineOf(incident),
    execution: execution.arn,
  });
}

/** As JSON has it: what is undefined is not there. */
function withoutNothing(detail: object): object {
  return JSON.parse(JSON.stringify(detail)) as object;
}
