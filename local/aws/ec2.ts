import { ACCOUNT, instanceArn, REGION } from './account';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { Instance, PROBES_PER_MINUTE } from './instance';
import { instanceType, INSTANCE_TYPES, takesDiagnosticInterrupt } from './instance-types';
import { Machine } from './machine';
import { isTrue, listOf, Operations, Params, Permission } from './operation';

const STATE_CODES = { 'pending': 0, 'running': 16, 'shutting-down': 32, 'terminated': 48, 'stopping': 64, 'stopped': 80 };
/** GetConsoleOutput: "at most the most recent 64 KB". */
const CONSOLE_BYTES = 64 * 1024;

/** EC2: the instances, their status checks, and the actions on them. Names are those of the wire: EC2's XML is not its API's JSON. */
export class Ec2 {
  readonly instances = new Map<string, Instance>();

  readonly operations: Operations = {
    DescribeInstances: {
      params: ['InstanceId', 'Filter', 'MaxResults'], // a page has everything, and there is no next one
      needs: () => [{ action: 'ec2:DescribeInstances', resource: '*' }],
      run: params => ({
        reservationSet: this.select(params).map(instance => ({
          reservationId: instance.id.replace('i-', 'r-'),
          ownerId: ACCOUNT,
          instancesSet: [describeInstance(instance, this.clock)],
        })),
      }),
    },
    DescribeInstanceStatus: {
      params: ['InstanceId', 'Filter', 'IncludeAllInstances', 'MaxResults'],
      needs: () => [{ action: 'ec2:DescribeInstanceStatus', resource: '*' }],
      run: params => ({
        instanceStatusSet: this.select(params)
          .filter(instance => instance.running || isTrue(params.IncludeAllInstances))
          .map(instance => describeStatus(instance, this.clock)),
      }),
    },
    DescribeInstanceTypes: {
      params: ['InstanceType', 'MaxResults'],
      needs: () => [{ action: 'ec2:DescribeInstanceTypes', resource: '*' }],
      run: params => {
        const names: string[] = listOf(params.InstanceType);
        const unknown = names.filter(name => !INSTANCE_TYPES[name]);
        if (unknown.length) {
          throw new AwsError('InvalidInstanceType', `The following supplied instance types do not exist: [${unknown.join(', ')}]`);
        }
        return { instanceTypeSet: (names.length ? names : Object.keys(INSTANCE_TYPES)).map(describeType) };
      },
    },
    SendDiagnosticInterrupt: {
      params: ['InstanceId'],
      needs: params => [this.permission('ec2:SendDiagnosticInterrupt', this.get(params.InstanceId))],
      run: async params => {
        const { id, machine } = this.running(this.get(params.InstanceId));
        if (!takesDiagnosticInterrupt(instanceType(machine.instanceType))) {
          throw new AwsError('UnsupportedOperation', `The instance '${id}' of type ${machine.instanceType} does not support diagnostic interrupts.`);
        }
        await machine.injectNmi();
        return { return: true };
      },
    },
    RebootInstances: {
      params: ['InstanceId'],
      needs: params => this.all(params).map(instance => this.permission('ec2:RebootInstances', instance)),
      run: async params => {
        const instances = this.all(params).map(instance => this.running(instance));
        for (const instance of instances) {
          instance.rebooted();
          await instance.machine.reboot();
        }
        return { return: true };
      },
    },
    GetConsoleOutput: {
      params: ['InstanceId', 'Latest'],
      needs: params => [this.permission('ec2:GetConsoleOutput', this.get(params.InstanceId))],
      run: params => {
        const { id, machine } = this.get(params.InstanceId);
        const facts = instanceType(machine.instanceType);
        if (isTrue(params.Latest) && facts.hypervisor !== 'nitro' && !facts.bareMetal) {
          throw new AwsError('UnsupportedOperation', 'This instance type does not support retrieving the latest console logs. '
            + 'Only instances that are built on the Nitro System do.');
        }
        const output = Buffer.from(machine.consoleOutput()).subarray(-CONSOLE_BYTES).toString('base64');
        return { instanceId: id, timestamp: new Date(), output };
      },
    },
  };

  constructor(private readonly clock: Clock, private readonly log: (line: string) => void) {}

  launch(machine: Machine): Instance {
    instanceType(machine.instanceType);
    if (!/^i-[0-9a-f]{17}$/.test(machine.instanceId)) {
      throw new Error(`The instance id '${machine.instanceId}' is not one of EC2's: i- and 17 hexadecimal digits.`);
    }
    if (this.instances.has(machine.instanceId)) {
      throw new Error(`The machine ${machine.instanceId} is there already; every machine is one instance. Give each its own instance id.`);
    }
    const instance = new Instance(machine);
    this.instances.set(instance.id, instance);
    this.clock.every(1 / PROBES_PER_MINUTE, async () => {
      const before = instance.status;
      await instance.probe().catch(error => this.log(`ec2: the status check of ${instance.id} could not be made: ${error}`));
      if (instance.status !== before) this.log(`ec2: instance status of ${instance.id}: ${before} -> ${instance.status}`);
    });
    return instance;
  }

  /** An instance by an id that a caller gave. */
  get(id: unknown): Instance {
    if (typeof id !== 'string') throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceId');
    if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
    const instance = this.instances.get(id);
    if (!instance) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return instance;
  }

  permission(action: string, instance: Instance): Permission {
    return { action, resource: instanceArn(instance.id), context: instanceContext(instance) };
  }

  private all(params: Params): Instance[] {
    const ids = listOf(params.InstanceId);
    return ids.length ? ids.map(id => this.get(id)) : [this.get(undefined)];
  }

  private running(instance: Instance): Instance {
    if (!instance.running) {
      throw new AwsError('IncorrectState', `The instance '${instance.id}' is not in the 'running' state; it is ${instance.machine.state()}.`);
    }
    return instance;
  }

  /** The instances that ids and filters name. */
  private select(params: Params): Instance[] {
    const ids = listOf(params.InstanceId);
    const instances = ids.length ? ids.map(id => this.get(id)) : [...this.instances.values()];
    return instances.filter(instance => listOf(params.Filter).every(({ Name, Value }) => listOf(Value).includes(property(instance, Name))));
  }
}

/** The condition keys that EC2 sets from the instance that a call is about. */
export function instanceContext(instance: Instance): Record<string, string> {
  const context: Record<string, string> = { 'ec2:InstanceType': instance.machine.instanceType, 'ec2:InstanceID': instance.id };
  for (const [key, value] of Object.entries(instance.tags)) {
    context[`aws:ResourceTag/${key}`] = context[`ec2:ResourceTag/${key}`] = value;
  }
  return context;
}

function property(instance: Instance, filter: string): string {
  if (filter.startsWith('tag:')) return instance.tags[filter.slice('tag:'.length)];
  switch (filter) {
    case 'instance-id': return instance.id;
    case 'instance-type': return instance.machine.instanceType;
    case 'instance-state-name': return instance.machine.state();
    case 'instance-status.status': return instance.status;
    case 'system-status.status': return systemStatus(instance);
    default: throw new AwsError('InvalidParameterValue', `The filter '${filter}' is invalid`);
  }
}

/** AWS's side of the instance: this machine's host does not fail here, unless a test says so. */
const systemStatus = (instance: Instance): Instance['status'] => instance.running ? instance.systemStatus : 'not-applicable';

const state = (instance: Instance) => ({ code: STATE_CODES[instance.machine.state()], name: instance.machine.state() });

function describeInstance(instance: Instance, clock: Clock): object {
  const facts = instanceType(instance.machine.instanceType);
  return {
    instanceId: instance.id,
    instanceState: state(instance),
    instanceType: instance.machine.instanceType,
    launchTime: clock.reported(instance.launchTime),
    placement: { availabilityZone: `${REGION}a`, tenancy: 'default' },
    architecture: facts.architectures[facts.architectures.length - 1],
    hypervisor: 'xen', // EC2 says so of Nitro instances too
    virtualizationType: 'hvm',
    platformDetails: 'Linux/UNIX',
    tagSet: Object.entries(instance.tags).map(([key, value]) => ({ key, value })),
  };
}

function describeStatus(instance: Instance, clock: Clock): object {
  const { applicationStatus: application } = instance;
  const detail = { ok: 'passed', impaired: 'failed', initializing: 'initializing' };
  const summary = (status: Instance['status'], impairedSince?: Date) => status === 'not-applicable' ? { status } : {
    status,
    details: [{ name: 'reachability', status: detail[status], impairedSince: impairedSince && clock.reported(impairedSince) }],
  };
  return {
    instanceId: instance.id,
    availabilityZone: `${REGION}a`,
    instanceState: state(instance),
    instanceStatus: summary(instance.status, instance.impairedSince),
    applicationStatus: application && {
      status: application.status,
      impairedSince: application.impairedSince && clock.reported(application.impairedSince),
    },
    systemStatus: summary(systemStatus(instance)),
  };
}

function describeType(name: string): object {
  const facts = INSTANCE_TYPES[name];
  return {
    instanceType: name,
    currentGeneration: facts.currentGeneration,
    bareMetal: facts.bareMetal,
    hypervisor: facts.hypervisor,
    supportedVirtualizationTypes: ['hvm'],
    processorInfo: { manufacturer: facts.manufacturer, supportedArchitectures: facts.architectures },
    vCpuInfo: { defaultVCpus: facts.vCpus },
    memoryInfo: { sizeInMiB: facts.memoryMiB },
    burstablePerformanceSupported: facts.burstable,
  };
}
