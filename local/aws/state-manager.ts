import { randomUUID } from 'node:crypto';
import { documentArn, instanceArn } from './account';
import { ManagedNode } from './agent';
import { Clock } from './clock';
import { CommandDocument } from './command-document';
import { Ec2 } from './ec2';
import { AccessDenied, Iam, Role } from './iam';
import { CommandInvocation } from './run-command';
import { matchesTargets, nodeContext, Target } from './targets';

/** The longest that a run waits for an agent before it counts as not delivered. */
const DELIVERY_MINUTES = 60;

export interface AssociationProperties {
  readonly name?: string;
  readonly document: CommandDocument;
  readonly parameters?: Record<string, unknown>;
  readonly targets: Target[];
  /** Minutes between runs; without it the association runs once a target. */
  readonly rateMinutes?: number;
  /** The role that the run is dispatched under; without it State Manager uses its service-linked role, which may do all it needs. */
  readonly dispatchRole?: Role;
}

/** What DescribeInstanceAssociationsStatus tells of an association on one instance. */
export interface AssociationStatus {
  Status: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut';
  DetailedStatus: string;
  ExecutionDate?: Date;
  ExecutionSummary?: string;
  ErrorCode?: string;
  /** The run that the status is of: not in the API, for the one who watches. */
  invocation?: CommandInvocation;
}

export class Association {
  readonly id = randomUUID();
  readonly statuses = new Map<string, AssociationStatus>();

  constructor(readonly properties: AssociationProperties) {}

  describe(instanceId: string, clock: Clock): object | undefined {
    const status = this.statuses.get(instanceId);
    if (!status) return undefined;
    const { invocation: _invocation, ...told } = status;
    return {
      AssociationId: this.id,
      AssociationName: this.properties.name,
      AssociationVersion: '1',
      Name: this.properties.document.name,
      DocumentVersion: '1',
      InstanceId: instanceId,
      ...told,
      ExecutionDate: told.ExecutionDate && clock.reported(told.ExecutionDate),
    };
  }
}

/**
 * State Manager: an association runs on a target when it is created, when the target first comes online, and then at its rate. All
 * targets are run at once: there are too few here for MaxConcurrency and MaxErrors to matter.
 */
export class StateManager {
  readonly associations: Association[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly ec2: Ec2,
    private readonly iam: Iam,
    private readonly nodes: () => ReadonlyMap<string, ManagedNode>,
    private readonly log: (line: string) => void,
  ) {}

  create(properties: AssociationProperties): Association {
    const { rateMinutes, dispatchRole, name } = properties;
    if (rateMinutes !== undefined && rateMinutes < 30) {
      throw new Error(`Association ${name}: the rate must be 30 minutes or more, got ${rateMinutes}.`);
    }
    if (dispatchRole && !dispatchRole.trusts('ssm.amazonaws.com')) {
      throw new Error(`Association ${name}: its dispatch role ${dispatchRole.name} does not trust ssm.amazonaws.com.`);
    }
    const association = new Association(properties);
    this.associations.push(association);
    this.runOnAll(association);
    if (rateMinutes !== undefined) this.clock.every(rateMinutes, () => this.runOnAll(association));
    return association;
  }

  /** A node came online for the first time. */
  registered(node: ManagedNode): void {
    for (const association of this.associations) {
      if (this.isTarget(association, node.instanceId)) this.run(association, node.instanceId);
    }
  }

  private runOnAll(association: Association): void {
    for (const id of this.ec2.instances.keys()) {
      if (this.isTarget(association, id)) this.run(association, id);
    }
  }

  private isTarget({ properties }: Association, instanceId: string): boolean {
    return matchesTargets(this.ec2.get(instanceId), properties.targets);
  }

  private run(association: Association, instanceId: string): void {
    const { document, parameters, dispatchRole } = association.properties;
    const status: AssociationStatus = association.statuses.get(instanceId) ?? { Status: 'Pending', DetailedStatus: 'Pending' };
    if (status.invocation && !status.invocation.ended) return; // the run before is not over
    association.statuses.set(instanceId, status);
    const node = this.nodes().get(instanceId);
    if (!node) return; // pending until it comes online

    if (dispatchRole) {
      try {
        this.iam.authorize({ arn: dispatchRole.arn, role: dispatchRole }, [
          { action: 'ssm:SendCommand', resource: documentArn(document.name) },
          { action: 'ssm:SendCommand', resource: instanceArn(instanceId), context: nodeContext(this.ec2.get(instanceId)) },
        ]);
      } catch (error) {
        if (!(error instanceof AccessDenied)) throw error;
        this.log(`ssm: association ${association.id} is not dispatched to ${instanceId}: ${error.message}`);
        Object.assign(status, {
          Status: 'Failed', DetailedStatus: 'Failed', ErrorCode: 'AccessDenied', ExecutionDate: new Date(), ExecutionSummary: error.message.slice(0, 512),
        });
        return;
      }
    }
    // It is the agent that reports the status (amazon-ssm-agent, agent/association): one that does not answer leaves the last one.
    status.invocation = new CommandInvocation(randomUUID(), instanceId, document, parameters, invocation => {
      if (invocation.started) report(status, invocation);
    });
    node.queue.add(status.invocation, DELIVERY_MINUTES);
  }
}

/** The words are those of the open-source agent, which reports the status of associations. */
function report(status: AssociationStatus, { status: now, statusDetails, started, ended }: CommandInvocation): void {
  const count = (name: string) => now === name ? 1 : 0;
  Object.assign(status, {
    Status: now,
    DetailedStatus: statusDetails === 'ExecutionTimedOut' ? 'TimedOut' : statusDetails,
    ErrorCode: now === 'Failed' ? 'ExecutionError' : undefined,
    ExecutionDate: ended ?? started ?? status.ExecutionDate,
    ExecutionSummary: ended
      ? `1 out of 1 plugin processed, ${count('Success')} success, ${count('Failed')} failed, ${count('TimedOut')} timedout, 0 skipped. `
      : undefined,
  });
}
