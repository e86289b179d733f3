import { randomUUID } from 'node:crypto';
import { ACCOUNT, arn, REGION } from './account';
import { Clock } from './clock';
import { checkPattern, EventPattern, matches } from './event-pattern';
import { Iam } from './iam';
import { Lambda } from './lambda';
import { Queues } from './queues';

/** An event of an AWS service, as EventBridge hands it to a target. */
export interface BusEvent {
  readonly 'version': '0';
  readonly 'id': string;
  readonly 'detail-type': string;
  readonly 'source': string;
  readonly 'account': string;
  readonly 'time': string;
  readonly 'region': string;
  readonly 'resources': string[];
  readonly 'detail': Record<string, any>;
}

export interface RuleTarget {
  readonly Id: string;
  readonly Arn: string;
  /** The role by which a state machine is started. */
  readonly RoleArn?: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
  /** Makes no difference: the local Lambda takes an event at once or, for want of a permission, never; neither is tried again. */
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
}

/** The properties of AWS::Events::Rule that are played. */
export interface RuleProperties {
  readonly Name: string;
  readonly Description?: string;
  readonly EventBusName?: string;
  readonly EventPattern?: EventPattern;
  readonly ScheduleExpression?: string;
  readonly State?: string;
  readonly Targets?: RuleTarget[];
  readonly Tags?: unknown;
}

const RULE_PROPERTIES = ['Name', 'Description', 'EventBusName', 'EventPattern', 'ScheduleExpression', 'State', 'Targets', 'Tags'];
const TARGET_PROPERTIES = ['Id', 'Arn', 'RoleArn', 'DeadLetterConfig', 'RetryPolicy'];
const PLAYED_TARGETS = [arn('lambda', 'function:'), arn('states', 'stateMachine:')];
const EVENTS_PRINCIPAL = 'events.amazonaws.com';

export class Rule {
  readonly arn: string;
  /** How many minutes pass between the events of a rule with a schedule. */
  readonly everyMinutes?: number;

  constructor(readonly properties: RuleProperties) {
    const { Name, EventBusName = 'default', EventPattern: pattern, ScheduleExpression: schedule, State = 'ENABLED', Targets = [] } = properties;
    refuseOthers(`Rule ${Name}`, properties, RULE_PROPERTIES);
    if (EventBusName !== 'default') throw new Error(`Rule ${Name} is on the bus ${EventBusName}; the local EventBridge has the default bus only.`);
    if (!['ENABLED', 'DISABLED'].includes(State)) throw new Error(`Rule ${Name} has the state ${State}; the local EventBridge plays ENABLED and DISABLED.`);
    if ((pattern === undefined) === (schedule === undefined)) throw new Error(`Rule ${Name} must have either EventPattern or ScheduleExpression.`);
    if (pattern !== undefined) checkPattern(pattern, `Rule ${Name}: EventPattern`);
    if (schedule !== undefined) this.everyMinutes = rateMinutes(Name, schedule);
    for (const target of Targets) {
      refuseOthers(`Target ${target.Id} of rule ${Name}`, target, TARGET_PROPERTIES);
      if (!PLAYED_TARGETS.some(start => target.Arn.startsWith(start))) {
        throw new Error(`Target ${target.Id} of rule ${Name} is ${target.Arn}; the local EventBridge invokes Lambda functions and state machines only.`);
      }
    }
    this.arn = arn('events', `rule/${Name}`);
  }

  wants(event: BusEvent): boolean {
    const { EventPattern: pattern } = this.properties;
    return this.enabled && pattern !== undefined && matches(pattern, event);
  }

  get enabled(): boolean {
    return this.properties.State !== 'DISABLED';
  }
}

/** EventBridge: the default bus, its rules, and what becomes of an event that a target does not take. */
export class EventBridge {
  readonly rules = new Map<string, Rule>();
  /** Every event that was put on the bus, wanted or not. */
  readonly published: BusEvent[] = [];
  /** Starts a state machine; set by whoever has them. */
  startExecution?: (stateMachineArn: string, input: string, name: string) => Promise<unknown>;

  constructor(
    private readonly clock: Clock, private readonly lambda: Lambda, private readonly iam: Iam, private readonly queues: Queues,
    private readonly log: (line: string) => void,
  ) {}

  createRule(properties: RuleProperties): Rule {
    if (this.rules.has(properties.Name)) throw new Error(`There is a rule named ${properties.Name} already.`);
    const rule = new Rule(properties);
    this.rules.set(properties.Name, rule);
    if (rule.everyMinutes !== undefined) {
      this.clock.every(rule.everyMinutes, async () => {
        const { enabled, properties: { Targets = [] } } = rule;
        const scheduled = frame('aws.events', 'Scheduled Event', [rule.arn], {});
        if (enabled) Targets.forEach(target => this.send(rule, target, scheduled));
        // A time-out below the interval keeps a function's calls from overlapping on AWS. Here it does not: the minutes are short, the time-out is not.
        await Promise.all(Targets.map(({ Arn }) => this.lambda.ended(Arn)));
      });
    }
    return rule;
  }

  /** Puts a service's event on the bus: its frame is made here. */
  put(source: string, detailType: string, resources: string[], detail: Record<string, any>): void {
    this.publish(frame(source, detailType, resources, detail));
  }

  /** Hands an event to every target of every rule that wants it. Delivery is "at least once": a test may publish one again. */
  publish(event: BusEvent): void {
    this.published.push(event);
    for (const rule of this.rules.values()) {
      if (!rule.wants(event)) continue;
      for (const target of rule.properties.Targets ?? []) this.send(rule, target, event);
    }
  }

  /** Starts a state machine by the role of the target; answers why not when that is not allowed. */
  private start(stateMachineArn: string, roleArn: string | undefined, event: BusEvent): string | undefined {
    const role = roleArn === undefined ? undefined : this.iam.roleByArn(roleArn);
    if (!role?.trusts(EVENTS_PRINCIPAL)) return `the role ${roleArn ?? '(none)'} does not exist or does not trust ${EVENTS_PRINCIPAL}`;
    try {
      this.iam.authorize({ arn: role.arn, role }, [{ action: 'states:StartExecution', resource: stateMachineArn }]);
    } catch (error) {
      return (error as Error).message;
    }
    this.startExecution?.(stateMachineArn, JSON.stringify(event), `${event.id}_${randomUUID()}`)
      .catch((error: Error) => this.log(`events: ${stateMachineArn} cannot be started by ${event.id}: ${error.message}`));
    return undefined;
  }

  private send(rule: Rule, { Id, Arn, RoleArn, DeadLetterConfig }: RuleTarget, event: BusEvent): void {
    const source = { service: EVENTS_PRINCIPAL, arn: rule.arn, account: ACCOUNT };
    const refusal = Arn.includes(':stateMachine:') ? this.start(Arn, RoleArn, event) : this.lambda.invokeFrom(source, Arn, event);
    if (!refusal) return;
    this.log(`events: rule ${rule.properties.Name} cannot give ${event['detail-type']} ${event.id} to ${Id}: ${refusal}`);
    if (!DeadLetterConfig) return;
    // "EventBridge sends an event to the DLQ at once" when the permission or the target is missing.
    const lost = this.queues.deliver(DeadLetterConfig.Arn, JSON.stringify(event), {
      RULE_ARN: rule.arn,
      TARGET_ARN: Arn,
      ERROR_CODE: refusal.includes('does not exist') ? 'RESOURCE_NOT_FOUND' : 'NO_PERMISSIONS',
      ERROR_MESSAGE: refusal,
    }, source);
    if (lost) this.log(`events: ${event.id} is lost: ${lost}`);
  }
}

function frame(source: string, detailType: string, resources: string[], detail: Record<string, any>): BusEvent {
  return {
    'version': '0',
    'id': randomUUID(),
    'detail-type': detailType,
    source,
    'account': ACCOUNT,
    'time': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'region': REGION,
    resources,
    'detail': JSON.parse(JSON.stringify(detail)),
  };
}

/** The minutes of a rate; EventBridge's form of it is State Manager's, too. */
export function rateMinutes(what: string, expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (!count) throw new Error(`${what} has the schedule '${expression}'; the local stand plays rate(...): its clock has no times of day.`);
  return Number(count) * { minute: 1, hour: 60, day: 1440 }[unit as 'minute' | 'hour' | 'day'];
}

function refuseOthers(what: string, given: object, played: string[]): void {
  const others = Object.entries(given).filter(([name, value]) => value !== undefined && !played.includes(name)).map(([name]) => name);
  if (others.length) throw new Error(`${what} has ${others.join(', ')}, which the local EventBridge does not play; it plays ${played.join(', ')}.`);
}
