import { Duration, Token } from 'aws-cdk-lib';
import { CircuitBreaker } from './circuit-breaker';
import { DiagnosticInterruptProps } from './diagnostic-interrupt-props';
import { InterruptMode, WhenNotArmed } from './interrupt-mode';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy, InterruptTargets } from './interrupt-policy';
import { DurationRange, literalSeconds } from './literal-duration';
import { KdumpTargets } from '../kdump/kdump-targets';

const COOLDOWN = { least: Duration.minutes(1), most: Duration.days(30) };
const IMPAIRED_TIME = { least: Duration.seconds(0), most: Duration.hours(1) };
const EVENT_AGE = { least: Duration.minutes(1), most: Duration.hours(6) };
const READINESS_AGE = { least: Duration.hours(1), most: Duration.days(365) };

// Lambda's limit for the variables of a function, measured as the JSON of them all: each quote of the policy counts twice.
const MOST_BYTES = 4096;
// For the variable that the CDK sets, and for names that turn out longer than is assumed below.
const RESERVED_BYTES = 300;
// An association's id; the ids of instances are shorter.
const ASSUMED_TOKEN = 'x'.repeat(36);

/** The policy as the function reads it, checked. */
export function renderPolicy(
  props: DiagnosticInterruptProps, targets: KdumpTargets, circuitBreaker: CircuitBreaker, tableName: string,
): InterruptPolicy {
  const seconds = (name: string, given: Duration | undefined, byDefault: Duration, range: DurationRange) =>
    literalSeconds(name, given ?? byDefault, range);
  const policy: InterruptPolicy = {
    mode: props.mode ?? InterruptMode.ARMED,
    targets: renderTargets(targets),
    associationId: props.kdump.associationId,
    minimumImpairedSeconds: seconds('minimumImpairedTime', props.minimumImpairedTime, Duration.minutes(1), IMPAIRED_TIME),
    maximumEventAgeSeconds: seconds('maximumEventAge', props.maximumEventAge, Duration.minutes(10), EVENT_AGE),
    maximumReadinessAgeSeconds: seconds('maximumReadinessAge', props.maximumReadinessAge, Duration.days(3), READINESS_AGE),
    whenNotArmed: props.whenNotArmed ?? WhenNotArmed.REFUSE,
    bareMetal: props.allowBareMetal ? 'interrupt' : 'refuse',
    signals: (props.signals ?? []).filter(signal => signal._vouches).map(signal => signal._metricIdentity),
    gameDays: false,
    claims: {
      tableName,
      cooldownSeconds: seconds('cooldown', props.cooldown, Duration.hours(6), COOLDOWN),
      ...circuitBreaker._render(),
    },
  };
  requireSmall(policy);
  return policy;
}

function requireSmall(policy: InterruptPolicy): void {
  const json = JSON.stringify(policy, (_, value) => Token.isUnresolved(value) ? ASSUMED_TOKEN : value);
  const bytes = Buffer.byteLength(JSON.stringify({ [INTERRUPT_POLICY_VARIABLE]: json }));
  const allowed = MOST_BYTES - RESERVED_BYTES;
  if (bytes > allowed) {
    throw new Error(`targets and signals: they make the policy of the function about ${bytes} bytes long; ${allowed} are allowed, since it is an`
      + ' environment variable of Lambda. Give fewer or shorter values to KdumpTargets.tag(), or tag the instances alike; or give fewer signals.');
  }
}

function renderTargets(targets: KdumpTargets): InterruptTargets {
  return targets._tag
    ? { tag: { key: targets._tag.key, values: targets._tag.values } }
    : { instanceIds: targets._instances.map(each => each.instanceRef.instanceId) };
}
