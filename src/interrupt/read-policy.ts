import * as v from 'valibot';
import { INSTANCE_ID } from './instance-id';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy, MOST_SLOTS } from './interrupt-policy';

/**
 * The policy is absent or not exactly of the form that the construct writes. The handler then does nothing at all.
 */
export class InvalidPolicyError extends Error {
  public readonly name = 'InvalidPolicy';
}

const text = v.pipe(v.string(), v.nonEmpty());
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0));
const atLeastOne = v.pipe(v.number(), v.integer(), v.minValue(1));

// Strict objects: a key that is not known is an error, since whoever wrote it wanted something that would not be done.
const policySchema = v.strictObject({
  mode: v.picklist(['armed', 'dryRun']),
  targets: v.union([
    v.strictObject({ instanceIds: v.pipe(v.array(v.pipe(v.string(), v.regex(INSTANCE_ID))), v.nonEmpty()) }),
    // The empty string is a value that a tag may have.
    v.strictObject({ tag: v.strictObject({ key: text, values: v.pipe(v.array(v.string()), v.nonEmpty()) }) }),
  ]),
  associationId: text,
  minimumImpairedSeconds: seconds,
  maximumEventAgeSeconds: seconds,
  maximumReadinessAgeSeconds: seconds,
  whenNotArmed: v.picklist(['refuse', 'interrupt']),
  bareMetal: v.picklist(['refuse', 'interrupt']),
  signals: v.array(v.strictObject({ namespace: text, metricName: text })),
  gameDays: v.boolean(),
  claims: v.strictObject({
    tableName: text,
    cooldownSeconds: atLeastOne,
    windowSeconds: atLeastOne,
    limit: v.union([
      v.strictObject({ count: v.pipe(atLeastOne, v.maxValue(MOST_SLOTS)) }),
      v.strictObject({ percent: v.pipe(v.number(), v.gtValue(0), v.maxValue(100)) }),
    ]),
  }),
}) satisfies v.GenericSchema<unknown, InterruptPolicy>;

/**
 * Reads the policy, or throws an `InvalidPolicyError`.
 */
export function readPolicy(json: string | undefined): InterruptPolicy {
  if (!json) throw new InvalidPolicyError(`${INTERRUPT_POLICY_VARIABLE} is not set`);
  let policy: unknown;
  try {
    policy = JSON.parse(json);
  } catch {
    throw new InvalidPolicyError(`${INTERRUPT_POLICY_VARIABLE} is not JSON`);
  }
  const { success, issues, output } = v.safeParse(policySchema, policy);
  if (!success) {
    throw new InvalidPolicyError(issues.map(issue => `${v.getDotPath(issue) ?? 'the policy'}: ${issue.message}`).join('; '));
  }
  return output;
}
