/**
 * The environment variable by which the construct hands its policy to the handler, as JSON.
 */
export const INTERRUPT_POLICY_VARIABLE = 'INTERRUPT_POLICY';

/**
 * Which instances may be interrupted: these, or those that carry the tag with one of the values.
 */
export type InterruptTargets =
  | { readonly instanceIds: string[] }
  | { readonly tag: { readonly key: string; readonly values: string[] } };

/**
 * What the owner of the instances allows. It can only narrow: nothing in a policy makes an interrupt more likely than the
 * rules in verdict.ts do.
 */
export interface InterruptPolicy {
  /** `armed` sends; `dryRun` does everything else and says that it would have sent. */
  readonly mode: 'armed' | 'dryRun';
  readonly targets: InterruptTargets;
  /** The State Manager association whose status on an instance tells whether kdump is armed there. */
  readonly associationId: string;
}

/**
 * The policy is absent or not exactly of the form above. The handler then does nothing at all.
 */
export class InvalidPolicyError extends Error {
  public readonly name = 'InvalidPolicy';
}

/**
 * Whether a value is an EC2 instance ID: 17 hexadecimal digits, or 8 in old accounts (the pattern of `InstanceId` in the Systems
 * Manager API Reference).
 */
export function isInstanceId(value: unknown): value is string {
  return typeof value === 'string' && /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(value);
}

/**
 * Reads the policy. A key that it does not know is an error: whoever wrote it wanted something that would not be done.
 */
export function parseInterruptPolicy(json: string | undefined): InterruptPolicy {
  if (!json) throw new InvalidPolicyError(`${INTERRUPT_POLICY_VARIABLE} is not set`);
  let policy: unknown;
  try {
    policy = JSON.parse(json);
  } catch {
    throw new InvalidPolicyError(`${INTERRUPT_POLICY_VARIABLE} is not JSON`);
  }

  const { mode, targets, associationId } = fields(policy, 'the policy', ['mode', 'targets', 'associationId']);
  if (mode !== 'armed' && mode !== 'dryRun') throw new InvalidPolicyError('mode must be "armed" or "dryRun"');
  if (!isText(associationId)) throw new InvalidPolicyError('associationId must be a non-empty string');
  return { mode, targets: parseTargets(targets), associationId };
}

function parseTargets(targets: unknown): InterruptTargets {
  if (isObject(targets) && 'tag' in targets) {
    const { key, values } = fields(fields(targets, 'targets', ['tag']).tag, 'targets.tag', ['key', 'values']);
    if (!isText(key)) throw new InvalidPolicyError('targets.tag.key must be a non-empty string');
    // The empty string is a value that a tag may have.
    return { tag: { key, values: list(values, 'targets.tag.values', 'strings', (value) => typeof value === 'string') } };
  }
  const { instanceIds } = fields(targets, 'targets', ['instanceIds']);
  return { instanceIds: list(instanceIds, 'targets.instanceIds', 'instance IDs', isInstanceId) };
}

function fields(value: unknown, what: string, names: string[]): Record<string, unknown> {
  if (!isObject(value)) throw new InvalidPolicyError(`${what} must be an object`);
  const unknown = Object.keys(value).filter((key) => !names.includes(key));
  if (unknown.length > 0) throw new InvalidPolicyError(`${what} has unknown keys: ${unknown.join(', ')}`);
  return value;
}

function list(value: unknown, what: string, of: string, isItem: (item: unknown) => boolean): string[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isItem)) {
    throw new InvalidPolicyError(`${what} must be a list of one or more ${of}`);
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}
