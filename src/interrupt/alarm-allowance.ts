import { Names, Token } from 'aws-cdk-lib';
import { CfnAlarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { KdumpTargets } from '../kdump/kdump-targets';

// 20 KB for the policy of a function: with names of usual length, each alarm takes 800 bytes.
const MOST_ALARMS = 20;
/**
 * What IAM allows the inline policies of a role to have together, in characters.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MOST_CHARACTERS = 10_240;

// The statements that there always are, with names of usual length.
const ALWAYS = 1_300;
// What a VPC, a key, or a share of the fleet as the limit adds.
const OPTION = 300;
// Its ARN in quotes, and a comma.
const INSTANCE = 75;
// A policy of its own around the ARN, and the ARN but for the name.
const ALARM = 175;
// The name of a group, where it is not known yet.
const ASSUMED_NAME = 100;
// What CloudWatch takes as the name of an alarm.
const LONGEST_NAME = 255;
// What CloudFormation puts behind the name of the stack and the logical ID where it makes a name.
const SUFFIX = '-ABCDEFGHIJKL';

/**
 * How many alarms a function has room for: each takes part of the limited policies of the function and of its role.
 */
export class AlarmAllowance {
  private alarms = 0;
  private characters: number;

  /**
   * @param owner whose function it is
   * @param options how many of them need statements of their own
   */
  constructor(private readonly owner: Construct, targets: KdumpTargets, options: number) {
    this.characters = ALWAYS + options * OPTION + charactersOf(targets);
  }

  /**
   * Takes the room that an alarm needs.
   *
   * @throws if there is none
   */
  public take(alarm: IAlarm): void {
    if (++this.alarms > MOST_ALARMS) {
      throw new Error(`${this.owner.node.path}: ${alarm.node.path} is its alarm number ${this.alarms}; ${MOST_ALARMS} are allowed, since each takes part of the`
        + ' limited policies of the role and of the function. Watch the instances with one FleetWatch (addFleetWatch); where the alarms are on another'
        + ' signal than the status check, divide the instances among several DiagnosticInterrupts.');
    }
    this.characters += ALARM + nameOf(alarm).length;
    if (this.characters > MOST_CHARACTERS) {
      throw new Error(`${this.owner.node.path}: with ${alarm.node.path} as its alarm number ${this.alarms}, the inline policies of its role have about`
        + ` ${this.characters} characters; IAM allows ${MOST_CHARACTERS}. Give fewer or shorter values to KdumpTargets.tag(), fewer instances, or shorter names`
        + ' to the alarms; or divide the targets among several DiagnosticInterrupts.');
    }
  }
}

function charactersOf({ _tag: tag, _instances: instances }: KdumpTargets): number {
  // Each value stands in two statements, one for each condition key.
  const sizeOf = (value: string) => 3 + (Token.isUnresolved(value) ? ASSUMED_NAME : value.length);
  return tag ? 2 * tag.values.reduce((sum, each) => sum + sizeOf(each), 0) : INSTANCE * instances.length;
}

function nameOf(alarm: IAlarm): string {
  const given = (alarm.node.defaultChild as CfnAlarm | undefined)?.alarmName ?? alarm.alarmName;
  if (!Token.isUnresolved(given)) return given;
  return `${Names.nodeUniqueId(alarm.node)}${SUFFIX}`.slice(0, LONGEST_NAME);
}
