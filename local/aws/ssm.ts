import { randomUUID } from 'node:crypto';
import { arn, documentArn, instanceArn } from './account';
import { Agents } from './agent';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { CommandDocument, RUN_SHELL_SCRIPT } from './command-document';
import { Ec2, instanceContext } from './ec2';
import { Iam } from './iam';
import { Instance } from './instance';
import { OpsItem, opsItemOperations } from './messages';
import { listOf, Operations, Params } from './operation';
import { CommandInvocation } from './run-command';
import { StateManager } from './state-manager';
import { matchesTargets, nodeContext } from './targets';

/** SendCommand's TimeoutSeconds: how long it waits for an agent. */
const DEFAULT_TIMEOUT_SECONDS = 3600;

/** Systems Manager: documents, Run Command, State Manager, and the managed nodes. */
export class Ssm {
  readonly documents = new Map<string, CommandDocument>([[RUN_SHELL_SCRIPT.name, RUN_SHELL_SCRIPT]]);
  readonly agents: Agents;
  readonly stateManager: StateManager;
  readonly opsItems: OpsItem[] = [];
  /** By command id, then by instance. */
  private readonly commands = new Map<string, Map<string, CommandInvocation>>();

  readonly operations: Operations = {
    ...opsItemOperations(this.opsItems),
    DescribeInstanceInformation: {
      params: ['Filters', 'MaxResults'],
      needs: () => [{ action: 'ssm:DescribeInstanceInformation', resource: '*' }],
      run: ({ Filters }) => {
        const filters = listOf(Filters);
        const nodes = [...this.agents.nodes.values()].filter(node => filters.every(({ Key, Values }) => {
          if (Key === 'InstanceIds') return Values.includes(node.instanceId);
          if (Key === 'PingStatus') return Values.includes(node.pingStatus);
          throw new AwsError('InvalidFilterKey', `The local stand does not play the filter ${Key}; it plays InstanceIds and PingStatus.`);
        }));
        return {
          InstanceInformationList: nodes.map(node => ({
            InstanceId: node.instanceId,
            PingStatus: node.pingStatus,
            LastPingDateTime: node.lastPing,
            RegistrationDate: node.registered,
            PlatformType: 'Linux',
            ResourceType: 'EC2Instance',
          })),
        };
      },
    },
    DescribeInstanceAssociationsStatus: {
      params: ['InstanceId', 'MaxResults'],
      needs: ({ InstanceId }) => [{
        action: 'ssm:DescribeInstanceAssociationsStatus',
        resource: instanceArn(String(InstanceId)),
        // Not ssm:resourceTag, which the service authorization reference has for other actions only.
        context: this.ec2.instances.has(InstanceId) ? instanceContext(this.ec2.get(InstanceId)) : {},
      }],
      run: ({ InstanceId }) => {
        this.instance(InstanceId);
        const infos = this.stateManager.associations.map(association => association.describe(InstanceId, this.clock));
        return { InstanceAssociationStatusInfos: infos.filter(info => info !== undefined) };
      },
    },
    DescribeAssociation: {
      params: ['AssociationId'],
      needs: ({ AssociationId }) => [{ action: 'ssm:DescribeAssociation', resource: arn('ssm', `association/${AssociationId}`) }],
      run: ({ AssociationId }) => {
        const association = this.stateManager.associations.find(({ id }) => id === AssociationId);
        if (!association) throw new AwsError('AssociationDoesNotExist', 'The specified association does not exist.');
        const { name, document, targets } = association.properties;
        const counts: Record<string, number> = {};
        for (const { Status } of association.statuses.values()) counts[Status] = (counts[Status] ?? 0) + 1;
        const overall = ['Failed', 'TimedOut', 'InProgress', 'Pending', 'Success'].find(status => counts[status]) ?? 'Pending';
        return {
          AssociationDescription: {
            AssociationId,
            AssociationName: name,
            AssociationVersion: '1',
            Name: document.name,
            Targets: targets,
            Overview: { Status: overall, DetailedStatus: overall, AssociationStatusAggregatedCount: counts },
          },
        };
      },
    },
    SendCommand: {
      params: ['DocumentName', 'DocumentVersion', 'InstanceIds', 'Targets', 'Parameters', 'TimeoutSeconds', 'Comment'],
      needs: params => [
        { action: 'ssm:SendCommand', resource: documentArn(String(params.DocumentName)) },
        ...this.selected(params).map(instance => ({
          action: 'ssm:SendCommand',
          resource: instanceArn(instance.id),
          context: nodeContext(instance),
        })),
      ],
      run: params => this.sendCommand(params),
    },
    GetCommandInvocation: {
      params: ['CommandId', 'InstanceId'],
      needs: () => [{ action: 'ssm:GetCommandInvocation', resource: '*' }],
      run: ({ CommandId, InstanceId }) => {
        const invocation = this.commands.get(CommandId)?.get(InstanceId);
        if (!invocation) throw new AwsError('InvocationDoesNotExist', `There is no invocation of command ${CommandId} on ${InstanceId}.`);
        return invocation.describe();
      },
    },
  };

  constructor(private readonly clock: Clock, private readonly ec2: Ec2, iam: Iam, log: (line: string) => void) {
    this.agents = new Agents(clock, id => ec2.instances.has(id), node => this.stateManager.registered(node), log);
    this.stateManager = new StateManager(clock, ec2, iam, () => this.agents.nodes, log);
  }

  private instance(id: unknown): Instance {
    const instance = this.ec2.instances.get(String(id));
    if (!instance) throw new AwsError('InvalidInstanceId', `The instance ID '${id}' is not valid for account.`);
    return instance;
  }

  private selected({ InstanceIds, Targets }: Params): Instance[] {
    const ids = listOf(InstanceIds);
    if (ids.length) return ids.map(id => this.instance(id));
    return [...this.ec2.instances.values()].filter(instance => matchesTargets(instance, listOf(Targets)));
  }

  private sendCommand(params: Params): object {
    const document = this.documents.get(params.DocumentName);
    if (!document) throw new AwsError('InvalidDocument', `Document with name ${params.DocumentName} does not exist.`);
    const instances = this.selected(params);
    // A command for an agent that is silent waits for it; one that never reported is no managed node.
    const unmanaged = instances.filter(({ id }) => !this.agents.nodes.has(id)).map(({ id }) => id);
    if (listOf(params.InstanceIds).length && unmanaged.length) {
      throw new AwsError('InvalidInstanceId', `Instances [[${unmanaged.join(', ')}]] not in a valid state for account`);
    }
    const commandId = randomUUID();
    const invocations = new Map<string, CommandInvocation>();
    for (const { id } of instances.filter(instance => !unmanaged.includes(instance.id))) {
      invocations.set(id, new CommandInvocation(commandId, id, document, params.Parameters));
    }
    this.commands.set(commandId, invocations);
    for (const [id, invocation] of invocations) {
      this.agents.nodes.get(id)!.queue.add(invocation, (params.TimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) / 60);
    }
    return {
      Command: {
        CommandId: commandId,
        DocumentName: document.name,
        Comment: params.Comment ?? '',
        Parameters: params.Parameters ?? {},
        InstanceIds: listOf(params.InstanceIds),
        Targets: listOf(params.Targets),
        RequestedDateTime: new Date(),
        Status: 'Pending',
        StatusDetails: 'Pending',
        TargetCount: invocations.size,
      },
    };
  }
}
