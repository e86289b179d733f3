import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Claim } from './claim';
import { INSTANCE_ID } from './instance-id';
import type { RequestSource } from './trigger';
import { parse } from './trigger';

/** What the workflow asks for first: whether to interrupt, and the claim. */
export interface AssessStep {
  readonly step: 'assess';
  /** What started the workflow. */
  readonly event: unknown;
  /** The ARN of the execution, which the claim is known by. */
  readonly execution: string;
}

/** What the workflow asks for when the instance is safe: the interrupt under the claim. */
export interface InterruptStep {
  readonly step: 'interrupt';
  readonly instanceId: string;
  readonly source: RequestSource;
  readonly claim: Claim;
  readonly attempt: number;
}

const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(2048));
const assessStep = v.strictObject({ step: v.literal('assess'), event: v.unknown(), execution: text });
const instanceId = v.pipe(v.string(), v.regex(INSTANCE_ID));
const interruptStep = v.strictObject({
  step: v.literal('interrupt'),
  instanceId,
  source: v.variant('kind', [
    v.strictObject({
      kind: v.literal('alarm'),
      alarmName: text,
      alarmArn: text,
      alarmState: text,
      time: text,
      mutedBy: v.optional(text),
      children: v.optional(v.array(text)),
    }),
    v.strictObject({ kind: v.literal('watch'), watch: text, time: text }),
    v.strictObject({ kind: v.literal('direct'), reason: text }),
  ]),
  claim: v.strictObject({ id: v.pipe(v.string(), v.uuid()), instanceId, slot: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  attempt: v.picklist([1, 2]),
}) satisfies v.GenericSchema<unknown, InterruptStep>;

export function isWorkflowStep(event: unknown): event is { readonly step: unknown } {
  return typeof event === 'object' && event !== null && Object.hasOwn(event, 'step');
}

/**
 * Reads what a workflow asks for, or throws an `UnknownEventError`.
 */
export function parseStep(event: { readonly step: unknown }): AssessStep | InterruptStep {
  return event.step === 'assess' ? parse(assessStep, event, 'A step') : parse(interruptStep, event, 'A step');
}

/**
 * The id of the claim that an execution makes, a UUID: the same however often it asks, since an answer may be lost.
 */
export function claimIdOf(execution: string): string {
  const hex = createHash('sha256').update(execution).digest('hex');
  // Version 8 is for those that are made in a way of one's own (RFC 9562).
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
