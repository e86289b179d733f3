import { dumpCommands } from './dump-commands';
import type { Incident } from './incident';
import { instanceOf } from './instance-of';
import type { KernelFindings } from './kernel-findings';
import { nextSteps } from './next-steps';
import { outcomeOf } from './outcome-of';
import { plain, readableSize } from './plain-text';
import { CauseClass } from './probable-cause';
import { refusalOf } from './refusal-of';
import { ResponseOutcome } from './response-outcome';
import { timeLineOf } from './time-line';
import { LONGEST_RUNBOOK_URL } from '../detection/longest-runbook-url';
import type { RequestSource } from '../interrupt/trigger';

const CAUSES: Record<CauseClass, string> = {
  [CauseClass.KERNEL_BUG]: 'a bug of the kernel or of a module',
  [CauseClass.HARD_LOCKUP]: 'a hard lockup: a CPU took no interrupts',
  [CauseClass.OUT_OF_MEMORY]: 'the memory ran out',
  [CauseClass.IO_STALL]: 'a disk or file system failed or did not answer',
  [CauseClass.OUT_OF_RESOURCES]: 'process numbers, open files or connections ran out',
  [CauseClass.SOFT_LOCKUP]: 'a soft lockup: a CPU did not leave the kernel',
  [CauseClass.RCU_STALL]: 'a CPU held up read-copy-update',
  [CauseClass.HUNG_TASK]: 'a task waited without being woken',
};

const HEADLINES: Record<ResponseOutcome, string> = {
  [ResponseOutcome.COLLECTED]: 'hung, was interrupted, and is back; its crash was collected',
  [ResponseOutcome.PARTLY_COLLECTED]: 'hung, was interrupted, and is back; not all of its crash could be collected',
  [ResponseOutcome.NOT_INTERRUPTED]: 'is unresponsive and was not interrupted',
  [ResponseOutcome.UNANSWERED]: 'hangs and took no notice of the diagnostic interrupt',
  [ResponseOutcome.NOT_BACK]: 'was interrupted and did not come back',
  [ResponseOutcome.STOPPED]: 'hung, and its crash dump response ended before it was done',
  [ResponseOutcome.FAILED]: 'needs a look: its crash dump response failed',
};

/** Whatever else went well: until somebody acts, its group is without it. */
const NOT_GIVEN_BACK = 'could not be given back to its Auto Scaling group';

/** SNS: "less than 100 characters", of ASCII. */
const LONGEST_SUBJECT = 99;
/** SNS takes 256 KiB. */
const LONGEST_MESSAGE = 100_000;

export function subjectOf(incident: Incident): string {
  const headline = incident.restored?.outcome === 'failed' ? NOT_GIVEN_BACK : HEADLINES[outcomeOf(incident)];
  return plain(`${instanceOf(incident) ?? 'An instance'} ${headline}`, LONGEST_SUBJECT).replace(/[^\x20-\x7e]/g, '?');
}

/** The report for people: what matters most comes first. */
export function messageOf(incident: Incident, findings: KernelFindings, runbookUrl?: string): string {
  const { execution } = incident;
  const sections = [
    [`${instanceOf(incident) ?? 'An instance'} ${HEADLINES[outcomeOf(incident)]}.`, ...runbookUrl ? [`Runbook: ${plain(runbookUrl, LONGEST_RUNBOOK_URL)}`] : []],
    whatIsWrong(incident),
    why(incident, findings),
    whereItIs(incident),
    givenBack(incident),
    titled('What to do next', nextSteps(incident)),
    titled('Time line (UTC)', timeLineOf(incident).map(({ at, what }) => `${at.slice(0, 19).replace('T', ' ')}  ${what}`)),
    titled('Why it was decided so', evidenceOf(incident)),
    titled('What to type next', incident.collection ? dumpCommands(incident.collection) : []),
    [`Execution: ${execution.arn}`],
  ];
  return sections.filter(lines => lines.length > 0).map(lines => lines.join('\n')).join('\n\n').slice(0, LONGEST_MESSAGE);
}

const titled = (title: string, lines: string[]) => lines.length > 0 ? [`${title}:`, ...lines.map(line => `  ${line}`)] : [];

function whatIsWrong(incident: Incident): string[] {
  const { assessed, notYet, interrupt, failure, watch, stopped } = incident;
  const refused = refusalOf(incident);
  const refusals = refused === assessed ? assessed?.refusals ?? [] : [];
  return [
    ...stopped ? [`The workflow ended as ${plain(stopped)} before it was done. Another one took over, to give the instance back. It collects nothing.`] : [],
    ...failure ? [`What failed: ${plain(failure.Error)}: ${plain(messageIn(failure.Cause), 1000)}`] : [],
    ...notYet ? titled('Nobody interrupted it', [`${plain(notYet.Error)}: ${plain(messageIn(notYet.Cause), 1000)}`]) : [],
    ...refused ? titled('Nobody interrupted it', refusals.length > 0
      ? refusals.map(({ reason, explanation }) => `${reason}: ${plain(explanation)}`) : [`${refused.reason}: ${plain(refused.explanation ?? '')}`]) : [],
    ...interrupt?.decision === 'refuse' && interrupt !== refused
      ? [`A second interrupt was not sent: ${interrupt.reason}: ${plain(interrupt.explanation ?? '')}`] : [],
    ...interrupt?.error ? [`EC2 answered ${plain(interrupt.error.name)}: ${plain(interrupt.error.message)}`] : [],
    ...watch?.explanation ? [`${plain(watch.explanation)}.`] : [],
  ];
}

/** Of an error of a function, which Step Functions hands on as JSON. */
function messageIn(cause = ''): string {
  try {
    return String((JSON.parse(cause) as { errorMessage?: unknown }).errorMessage ?? cause);
  } catch {
    return cause;
  }
}

function why({ collection }: Incident, { panic, cause, unread }: KernelFindings): string[] {
  if (unread) return [`The kernel log could not be read: ${plain(unread)}`];
  if (!collection?.files.some(({ kind, key }) => kind === 'kernelLog' && key)) return [];
  const seconds = cause?.secondsBeforePanic === undefined ? '' : `, first ${Math.round(cause.secondsBeforePanic)} s before the panic`;
  return [
    cause ? `Probable cause: ${CAUSES[cause.cause]} (${cause.cause}; ${cause.count} lines say so${seconds}).` : 'The kernel log names no cause; the backtrace is what there is.',
    ...cause ? [`  ${plain(cause.line)}`] : [],
    panic ? `Panic: ${plain(panic.panic)}` : 'The kernel log records no panic.',
    ...(panic?.backtrace ?? []).map(line => `  ${plain(line, 120)}`),
  ];
}

function whereItIs({ collection, watch }: Incident): string[] {
  if (!collection) return watch?.progress === 'back' ? ['Nothing was collected.'] : [];
  const { bucket, files, directory, missing } = collection;
  const brought = files.filter(({ key }) => key !== undefined);
  const left = files.filter(({ key }) => key === undefined);
  return [
    ...titled('Collected', brought.map(({ key, bytes, removed }) => `s3://${bucket}/${key}  ${readableSize(bytes)}${removed ? ', removed from the instance' : ''}`)),
    ...titled(`On the instance, in ${plain(directory ?? '')}`, left.map(({ name, bytes, incomplete }) => `${name}  ${readableSize(bytes)}${incomplete ? ', incomplete' : ''}`)),
    ...missing ? [`Missing: ${plain(missing, 1000)}.`] : [],
  ];
}

function givenBack({ shield, restored, collection }: Incident): string[] {
  const { kind = 'none', group, failure } = shield ?? {};
  // It has one member more than before, and whichever its termination policy chooses goes first.
  const atRisk = collection?.files.some(({ key }) => key === undefined) ? ' What was not collected is lost if the group terminates it.' : '';
  const lines = {
    inService: `It is in service again in the Auto Scaling group ${plain(group ?? '')}.${atRisk}`,
    terminationContinued: `Its termination in the Auto Scaling group ${plain(group ?? '')} goes on; what was not collected goes with it.`,
    nothingToDo: kind === 'none' ? '' : `There was nothing to give back to the Auto Scaling group ${plain(group ?? '')}.`,
    failed: `IT COULD NOT BE GIVEN BACK to the Auto Scaling group ${plain(group ?? '')}: ${plain(restored?.failure?.Error ?? '')}: `
      + `${plain(restored?.failure?.Cause ?? '', 500)}. Look in which state it is there.`,
  };
  return [
    ...failure ? [`It could not be kept from being replaced: ${plain(failure.Error)}: ${plain(failure.Cause ?? '', 500)}`] : [],
    ...restored && lines[restored.outcome] ? [lines[restored.outcome]] : [],
  ];
}

function evidenceOf({ assessed }: Incident): string[] {
  const { evidence, source, claim } = assessed ?? {};
  const facts = Object.entries(evidence ?? {}).filter(([name]) => name !== 'at')
    .map(([name, value]) => `${name}: ${plain(JSON.stringify(value), 500)}`);
  return [
    ...source ? [sourceOf(source)] : [],
    ...facts.filter(line => !line.startsWith('alarm: {') || source?.kind === 'alarm'),
    ...claim ? [`claim: ${claim.id}`] : [],
  ];
}

function sourceOf(source: RequestSource): string {
  switch (source.kind) {
    case 'alarm': return `alarm: ${plain(source.alarmName)}`;
    case 'watch': return `fleet watch: ${plain(source.watch)}`;
    default: return `asked for by hand: ${plain(source.reason)}`;
  }
}
