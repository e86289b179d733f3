import { Fault, FaultedCall } from './fault';

/** Which calls a fault befalls. */
export interface FaultRule {
  /** `ec2`, `ssm`, `cloudwatch`, `dynamodb` or `lambda`. @default - every service */
  readonly service?: string;
  /** @default - every action */
  readonly action?: string;
  /** Whether a call of the action is meant. @default - all are */
  readonly only?: (params: FaultedCall['params']) => boolean;
  /** How many matching calls go well before the first that does not. @default 0 */
  readonly after?: number;
  /** How many calls it befalls. @default - all from then on */
  readonly times?: number;
  /** How likely a matching call is to be befallen, between 0 and 1. @default 1 */
  readonly probability?: number;
  readonly fault: Fault;
}

/** The name that a service's signature has, where that is another one. */
const SIGNED_AS: Record<string, string> = { cloudwatch: 'monitoring' };
const SERVICES = ['ec2', 'ssm', 'monitoring', 'cloudformation', 'dynamodb', 'lambda', 'autoscaling', 'sns', 'events', 'states', 's3'];

/** What goes wrong between a caller and AWS, on purpose. */
export class Faults {
  private rules: (FaultRule & { passed: number; befallen: number })[] = [];

  /** @param random answers a number from 0 to 1, as Math.random does */
  constructor(private readonly random: () => number = Math.random) {}

  /**
   * Lets calls fail from now on; the first rule that takes a call decides. Returns a function that ends it.
   *
   * @throws when the service is unknown or a number is out of its range
   */
  add(rule: FaultRule): () => void {
    const service = rule.service && (SIGNED_AS[rule.service] ?? rule.service);
    if (service !== undefined && !SERVICES.includes(service)) {
      throw new Error(`A fault was given for the service ${rule.service}; the local AWS has cloudwatch, ${SERVICES.join(', ')}.`);
    }
    for (const [name, value, most] of [['times', rule.times, Infinity], ['after', rule.after, Infinity], ['probability', rule.probability, 1]] as const) {
      if (value !== undefined && !(value >= 0 && value <= most)) throw new Error(`A fault's ${name} must be from 0 to ${most}, got ${value}.`);
    }
    const added = { ...rule, service, passed: 0, befallen: 0 };
    this.rules.push(added);
    return () => {
      this.rules = this.rules.filter(other => other !== added);
    };
  }

  /** Ends all faults. */
  clear(): void {
    this.rules = [];
  }

  /** The fault of a call, which counts as having befallen it. */
  take(call: FaultedCall): Fault | undefined {
    for (const rule of this.rules) {
      const { service = call.service, action = call.action, after = 0, times = Infinity, probability = 1, fault } = rule;
      if (service !== call.service || action !== call.action || rule.only?.(call.params) === false) continue;
      if (rule.passed < after) {
        rule.passed += 1;
        continue;
      }
      if (rule.befallen >= times || this.random() >= probability) continue;
      rule.befallen += 1;
      return fault;
    }
    return undefined;
  }
}
