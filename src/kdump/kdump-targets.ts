import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { IAutoScalingGroupRef } from 'aws-cdk-lib/aws-autoscaling';
import { IInstanceRef, ILaunchTemplateRef } from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { requireSameEnvironment } from './same-environment';

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html: the characters that every service takes.
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const LEGAL_CHARACTERS = 'letters, digits, spaces and _ . : / = + - @';
// State Manager takes up to 50 values for one target key.
const MOST_VALUES = 50;
// The values stand in a statement of IAM, which finds room in a managed policy: 6,144 characters
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). The rest is for the key, the ARN and what is between.
const MOST_VALUE_CHARACTERS = 5_000;
const GROUP_TAG = 'aws:autoscaling:groupName';
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html: every instance that is launched from one carries its id.
const LAUNCH_TEMPLATE_TAG = 'aws:ec2launchtemplate:id';

/**
 * Defines which instances are meant. The instances must be managed nodes of Systems Manager.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-state-manager-targets-and-rate-controls.html
 */
export class KdumpTargets {
  /**
   * One instance.
   */
  public static instance(instance: IInstanceRef): KdumpTargets {
    return KdumpTargets.instances(instance);
  }

  /**
   * Up to 50 instances. For more, tag them and use `KdumpTargets.tag()`.
   *
   * @param instances 1 to 50, each of them once
   * @throws if there are none or more, or one is given twice
   */
  public static instances(...instances: IInstanceRef[]): KdumpTargets {
    requireCount('KdumpTargets.instances', 'instances', instances.length);
    requireOnce('KdumpTargets.instances', instances.map(({ instanceRef, node }) => ({ id: instanceRef.instanceId, name: node.path })));
    return new KdumpTargets(instances);
  }

  /**
   * The instances of an Auto Scaling group, those to come included.
   */
  public static autoScalingGroup(group: IAutoScalingGroupRef): KdumpTargets {
    return new KdumpTargets([], { key: GROUP_TAG, values: [group.autoScalingGroupRef.autoScalingGroupName] }, { group });
  }

  /**
   * The instances that are launched from a launch template, whichever version of it and whoever launches them, those to come included.
   *
   * Which Auto Scaling groups they are members of is not known by it. For a CrashDumpResponse to keep such a group from replacing an
   * instance, name the groups there (`autoScalingGroups`), or take `KdumpTargets.autoScalingGroup()`.
   */
  public static launchTemplate(template: ILaunchTemplateRef): KdumpTargets {
    return new KdumpTargets([], { key: LAUNCH_TEMPLATE_TAG, values: [template.launchTemplateRef.launchTemplateId] }, { template });
  }

  /**
   * The instances that carry a tag with one of the values, those to come included.
   *
   * @param key the tag's key, 1 to 128 characters, not starting with `aws:`
   * @param values 1 to 50 values of up to 256 characters, 5,000 altogether, each of them once; no wildcards
   * @throws if the key is a token or not of this form, or the values are none, more, longer, twice the same, a list that is a token, or not of this form
   */
  public static tag(key: string, ...values: string[]): KdumpTargets {
    if (Token.isUnresolved(key)) {
      throw new Error('KdumpTargets.tag: the key is a token, but it becomes part of an IAM condition key at synth. Give a literal string.');
    }
    if (typeof key !== 'string' || !TAG_KEY.test(key) || /^aws:/i.test(key)) {
      throw new Error(`KdumpTargets.tag: the key ${JSON.stringify(key)} is not allowed; 1 to 128 of ${LEGAL_CHARACTERS} are,`
        + ' and it may not start with "aws:". Choose a tag of your own; for an Auto Scaling group use KdumpTargets.autoScalingGroup().');
    }
    // One token for all, as that of a CommaDelimitedList: how many there are is not known.
    if (Token.isUnresolved(values)) {
      throw new Error('KdumpTargets.tag: the values are a list that is a token. Give each by itself; a single value may be a token, as in Fn.select(0, list).');
    }
    requireCount('KdumpTargets.tag', 'values', values.length);
    for (const value of values.filter(each => !Token.isUnresolved(each))) {
      if (typeof value !== 'string' || !TAG_VALUE.test(value)) {
        throw new Error(`KdumpTargets.tag: the value ${JSON.stringify(value)} is not allowed; up to 256 of ${LEGAL_CHARACTERS} are.`
          + ' Wildcards are not expanded: list the values.');
      }
    }
    const characters = values.filter(each => !Token.isUnresolved(each)).join('').length;
    if (characters > MOST_VALUE_CHARACTERS) {
      throw new Error(`KdumpTargets.tag: the values have ${characters} characters altogether; ${MOST_VALUE_CHARACTERS} are allowed, since they stand in a policy of`
        + ' IAM. Give fewer or shorter values, or tag the instances alike.');
    }
    requireOnce('KdumpTargets.tag', values.map(value => ({ id: value, name: `the value ${JSON.stringify(value)}` })));
    return new KdumpTargets([], { key, values });
  }

  /**
   * The instances, where they are known at synth; otherwise empty.
   *
   * @internal
   */
  public readonly _instances: IInstanceRef[];

  /**
   * The tag that selects the instances, where they are not known at synth.
   *
   * @internal
   */
  public readonly _tag?: { readonly key: string; readonly values: string[] };

  /**
   * @internal
   */
  public readonly _group?: IAutoScalingGroupRef;

  /**
   * @internal
   */
  public readonly _template?: ILaunchTemplateRef;

  private constructor(
    instances: IInstanceRef[], tag?: { key: string; values: string[] }, of: { group?: IAutoScalingGroupRef; template?: ILaunchTemplateRef } = {},
  ) {
    this._instances = instances;
    this._tag = tag;
    this._group = of.group;
    this._template = of.template;
  }

  /**
   * Takes others of the same kind in, if they find room. The targets that State Manager was given before name them, too.
   *
   * @internal
   */
  public _takeIn(others: KdumpTargets): boolean {
    const [mine, theirs] = [this._tag?.values ?? this._instances, others._tag?.values ?? others._instances] as [unknown[], unknown[]];
    const fits = this._tag?.key === others._tag?.key && mine.length + theirs.length <= MOST_VALUES;
    if (fits) mine.push(...theirs);
    return fits;
  }

  /**
   * The targets as State Manager names them.
   *
   * @internal
   */
  public _ssmTargets(): Array<{ key: string; values: string[] }> {
    const values = (produce: () => string[]) => Lazy.list({ produce });
    return this._tag
      ? [{ key: `tag:${this._tag.key}`, values: values(() => this._tag!.values) }]
      : [{ key: 'InstanceIds', values: values(() => this._instances.map(each => each.instanceRef.instanceId)) }];
  }

  /**
   * Throws where a target is in another account or Region than the construct that is to act on it.
   *
   * @internal
   */
  public _requireEnvironmentOf(construct: IConstruct): void {
    this._instances.forEach(each => requireSameEnvironment(construct, each));
    [this._group, this._template].forEach(each => each && requireSameEnvironment(construct, each));
  }

  /**
   * The part of an IAM statement that limits it to the targets. Not a list token: the CDK merges statements
   * (`@aws-cdk/aws-iam:minimizePolicies`, true in new apps), and cannot merge those.
   *
   * @param stack the stack of the policy
   * @param tagConditionKey the service's condition key for the tags of a resource, such as `aws:ResourceTag`
   * @internal
   */
  public _iamScope(stack: Stack, tagConditionKey: string): { resources: string[]; conditions?: Record<string, unknown> } {
    const arn = (of: Stack, id: string) => of.formatArn({ service: 'ec2', resource: 'instance', resourceName: id });
    return this._tag
      ? { resources: [arn(stack, '*')], conditions: { StringEquals: { [`${tagConditionKey}/${this._tag.key}`]: this._tag.values } } }
      : { resources: this._instances.map(each => arn(Stack.of(each), each.instanceRef.instanceId)) };
  }
}

function requireCount(where: string, what: string, count: number) {
  if (count < 1 || count > MOST_VALUES) {
    throw new Error(`${where}: ${count} ${what} were given; 1 to ${MOST_VALUES} are allowed (State Manager's limit). `
      + (count < 1 ? 'Give at least one.' : 'Tag the instances alike and use KdumpTargets.tag() for more.'));
  }
}

function requireOnce(where: string, given: Array<{ id: string; name: string }>) {
  const twice = given.find(({ id }, index) => given.findIndex(other => other.id === id) < index);
  if (twice) {
    throw new Error(`${where}: ${twice.name} was given twice; each is allowed once. Leave one of them out.`);
  }
}
