import { Names, Token } from 'aws-cdk-lib';
import { CfnAlarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { KdumpTargets } from '../kdump/kdump-targets';

/**
 * What IAM allows the inline policies of a role to have together, in characters.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const MOST_CHARACTERS = 10_240;

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

/** About how much of it a function takes for its targets, and for how many of its options that need statements of their own. */
export function charactersOf({ _tag: tag, _instances: instances }: KdumpTargets, options: number): number {
  // Each value stands in two statements: the services have condition keys of their own.
  const ofTargets = tag ? 2 * tag.values.reduce((sum, each) => sum + 3 + (Token.isUnresolved(each) ? ASSUMED_NAME : each.length), 0)
    : INSTANCE * instances.length;
  return ALWAYS + options * OPTION + ofTargets;
}

/** About how much of it each alarm takes. */
export function charactersOfAlarm(alarm: IAlarm): number {
  return ALARM + nameOf(alarm).length;
}

function nameOf(alarm: IAlarm): string {
  const given = (alarm.node.defaultChild as CfnAlarm | undefined)?.alarmName ?? alarm.alarmName;
  if (!Token.isUnresolved(given)) return given;
  return `${Names.nodeUniqueId(alarm.node)}${SUFFIX}`.slice(0, LONGEST_NAME);
}
