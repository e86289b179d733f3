import { Group, GroupProperties, Member } from './auto-scaling-group';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { Ec2 } from './ec2';
import { isTrue, listOf, Operation, Operations, Params, Permission } from './operation';

const invalid = (message: string) => new AwsError('ValidationError', message);

/** EC2 Auto Scaling: groups, their members' life cycle, standby and termination hooks. */
export class AutoScaling {
  readonly groups = new Map<string, Group>();

  readonly operations: Operations = {
    DescribeAutoScalingInstances: {
      params: ['InstanceIds', 'MaxRecords', 'NextToken'],
      needs: () => [{ action: 'autoscaling:DescribeAutoScalingInstances', resource: '*' }],
      run: ({ InstanceIds }) => ({
        AutoScalingInstances: this.members.filter(({ instance }) => !listOf(InstanceIds).length || listOf(InstanceIds).includes(instance.id))
          .map(({ instance, group, lifecycleState, health }) => ({
            InstanceId: instance.id,
            InstanceType: instance.machine.instanceType,
            AutoScalingGroupName: group.name,
            AvailabilityZone: 'us-east-1a',
            LifecycleState: lifecycleState,
            HealthStatus: health,
            ProtectedFromScaleIn: false,
          })),
      }),
    },
    DescribeLifecycleHooks: {
      params: ['AutoScalingGroupName', 'LifecycleHookNames'],
      needs: () => [{ action: 'autoscaling:DescribeLifecycleHooks', resource: '*' }],
      run: ({ AutoScalingGroupName }) => ({
        LifecycleHooks: this.group(AutoScalingGroupName).hooks.map(({ name, transition, heartbeatMinutes }) => ({
          LifecycleHookName: name,
          AutoScalingGroupName,
          LifecycleTransition: transition,
          HeartbeatTimeout: heartbeatMinutes * 60,
          DefaultResult: 'ABANDON',
        })),
      }),
    },
    EnterStandby: this.onGroup('EnterStandby', ['InstanceIds', 'ShouldDecrementDesiredCapacity'], params => {
      const members = this.membersOf(params, 'InService');
      const group = this.group(params.AutoScalingGroupName);
      if (isTrue(params.ShouldDecrementDesiredCapacity)) {
        const { minSize, maxSize } = group.properties;
        if (group.desired - members.length < minSize) {
          throw invalid(`AutoScalingGroup ${group.name} has min-size=${minSize}, max-size=${maxSize}, and desired-size=${group.desired}. `
            + `To place into standby ${members.length} instance, please update the AutoScalingGroup sizes appropriately.`);
        }
        group.desired -= members.length;
      } else {
        members.forEach(({ instance }) => group.note(`Launching a new EC2 instance while ${instance.id} is on standby`));
      }
      for (const member of members) {
        member.lifecycleState = 'EnteringStandby';
        group.note(`Moving EC2 instance to Standby: ${member.instance.id}`);
        this.clock.after(group.properties.drainMinutes ?? 0, () => member.lifecycleState = 'Standby');
      }
      return { Activities: [] };
    }),
    ExitStandby: this.onGroup('ExitStandby', ['InstanceIds'], params => {
      const members = this.membersOf(params, 'Standby');
      const group = this.group(params.AutoScalingGroupName);
      // "After you put the instances back in service, the desired capacity is incremented."
      group.desired += members.length;
      for (const member of members) {
        member.lifecycleState = 'InService';
        group.note(`Moving EC2 instance out of Standby: ${member.instance.id}`);
      }
      return { Activities: [] };
    }),
    RecordLifecycleActionHeartbeat: this.onGroup('RecordLifecycleActionHeartbeat', ['LifecycleHookName', 'InstanceId'], params => {
      const member = this.waitingFor(params);
      member.group.heartbeat(member, member.group.hooks.find(({ name }) => name === params.LifecycleHookName)!);
      return {};
    }),
    CompleteLifecycleAction: this.onGroup('CompleteLifecycleAction', ['LifecycleHookName', 'InstanceId', 'LifecycleActionResult'], params => {
      const member = this.waitingFor(params);
      member.group.complete(member, params.LifecycleHookName);
      return {};
    }),
  };

  constructor(private readonly clock: Clock, private readonly ec2: Ec2, private readonly log: (line: string) => void) {}

  createGroup(properties: GroupProperties): Group {
    if (this.groups.has(properties.name)) throw new Error(`There is an Auto Scaling group named ${properties.name} already.`);
    const group = new Group(properties, this.clock, this.log);
    this.groups.set(group.name, group);
    return group;
  }

  /** Makes an instance that is there a member. */
  attach(groupName: string, instanceId: string): Member {
    return this.group(groupName).attach(this.ec2.get(instanceId));
  }

  private get members(): Member[] {
    return [...this.groups.values()].flatMap(({ members }) => members);
  }

  private group(name: unknown): Group {
    const group = this.groups.get(String(name));
    if (!group) throw invalid(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
    return group;
  }

  private membersOf(params: Params, state: string): Member[] {
    const ids = listOf(params.InstanceIds);
    return ids.map(id => {
      const member = this.group(params.AutoScalingGroupName).members.find(({ instance }) => instance.id === id);
      if (member?.lifecycleState !== state) throw invalid(`The instance ${id} is not in ${state}.`);
      return member;
    });
  }

  private waitingFor({ AutoScalingGroupName, InstanceId, LifecycleHookName }: Params): Member {
    const member = this.group(AutoScalingGroupName).members.find(({ instance }) => instance.id === InstanceId);
    if (!member?.waiting.has(LifecycleHookName)) throw invalid(`No active Lifecycle Action found with instance ID ${InstanceId}`);
    return member;
  }

  private onGroup(action: string, params: string[], run: Operation['run']): Operation {
    return { params: ['AutoScalingGroupName', ...params], needs: given => [this.permission(action, given)], run };
  }

  private permission(action: string, { AutoScalingGroupName }: Params): Permission {
    const { arn: resource, properties: { tags = {} } } = this.group(AutoScalingGroupName);
    const context = Object.entries(tags).flatMap(([key, value]) => [[`aws:ResourceTag/${key}`, value], [`autoscaling:ResourceTag/${key}`, value]]);
    return { action: `autoscaling:${action}`, resource, context: Object.fromEntries(context) };
  }
}
