import { Duration, Token } from 'aws-cdk-lib';
import { literalSeconds } from './evaluation-periods';
import { HeartbeatProps } from './heartbeat-props';

// A metric has at most 30 dimensions, one of which is InstanceId.
const MOST_DIMENSIONS = 29;
const LONGEST_NAME = 255;

/**
 * Throws if CloudWatch would refuse the metric, or if nobody could be sure which metric it is.
 */
export function requireHeartbeat(props: HeartbeatProps): void {
  requireName('namespace', props.namespace);
  requireName('metricName', props.metricName);
  // Whoever sees a metric of AWS's own learns nothing from it about the user space, and the status checks have signals of their own.
  if (/^AWS\//i.test(props.namespace) || props.namespace.startsWith(':')) {
    throw new Error(`namespace: '${props.namespace}' was given, which no program on the instance can publish to; a namespace of your own or of`
      + ' an agent is allowed, such as CWAgent. For a status check of EC2 use UnresponsiveSignal.instanceStatusCheck() or applicationStatusCheck().');
  }
  const names = Object.keys(props.dimensions ?? {});
  names.forEach(name => requireName('dimensions', name));
  if (names.includes('InstanceId')) {
    throw new Error('dimensions: InstanceId was given, but it is added with the instance that is watched. Leave it out.');
  }
  if (names.length > MOST_DIMENSIONS) {
    throw new Error(`dimensions: ${names.length} were given; ${MOST_DIMENSIONS} are allowed besides InstanceId, since a metric has at most 30.`);
  }
  for (const [name, value] of Object.entries(props.dimensions ?? {})) {
    if (!Token.isUnresolved(value) && (value.trim() === '' || value.length > LONGEST_NAME)) {
      throw new Error(`dimensions: the value of ${name} has ${value.trim() === '' ? 'nothing but blanks' : `${value.length} characters`};`
        + ` 1 to ${LONGEST_NAME} characters are allowed.`);
    }
  }
}

/**
 * The period of a heartbeat, checked.
 */
export function heartbeatPeriod(period = Duration.minutes(1)): Duration {
  const minutes = literalSeconds('period', period) / 60;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 60) {
    throw new Error(`period: ${minutes * 60} seconds were given; whole minutes from 1 to 60 are allowed. Use Duration.minutes(n).`);
  }
  return period;
}

function requireName(property: string, name: string): void {
  if (Token.isUnresolved(name)) {
    throw new Error(`${property}: a token was given, but the name of the metric is part of the policy by which interrupts are decided, which is`
      + ' written at synth. Give a literal string.');
  }
  if (typeof name !== 'string' || name.trim() === '' || name.length > LONGEST_NAME) {
    throw new Error(`${property}: a name of ${typeof name !== 'string' || name.trim() === '' ? 'nothing but blanks' : `${name.length} characters`} was given;`
      + ` 1 to ${LONGEST_NAME} characters are allowed.`);
  }
}
