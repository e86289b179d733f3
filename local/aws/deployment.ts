import { createHash } from 'node:crypto';
import { stackId } from './account';
import { CloudAssembly, SynthesizedStack } from './cloud-assembly';
import { Machine } from './machine';
import { IGNORED_TYPES, RESOURCE_TYPES, ResourceRequest, ResourceResult, Services } from './resource-types';
import { Template, TemplateResource } from './template';

export interface DeployOptions {
  /** The machine of each AWS::EC2::Instance, by its logical id or its path in the construct tree (`MyStack/Web`). */
  readonly machines?: Record<string, Machine>;
  /** The instances of each AWS::AutoScaling::AutoScalingGroup, which are there already, likewise. */
  readonly members?: Record<string, string[]>;
  /** Values of the template's parameters. */
  readonly parameters?: Record<string, string>;
}

/** A stack of a cloud assembly, deployed: its template is carried out as it is. */
export class Deployment {
  readonly outputs: Record<string, string> = {};
  readonly stackId: string;
  private readonly resources = new Map<string, ResourceResult>();
  private readonly creating = new Set<string>();
  private readonly stack: SynthesizedStack;
  private readonly template: Template;
  private readonly services: Services;

  constructor(directory: string, stackName: string, options: DeployOptions, services: Omit<Services, 'assembly' | 'machine' | 'members'>) {
    const assembly = new CloudAssembly(directory);
    this.stack = assembly.stack(stackName);
    this.stackId = stackId(this.stack.name);
    const { machines = {}, members = {} } = options;
    this.services = {
      ...services,
      assembly,
      machine: request => machineOf(request, machines),
      members: ({ logicalId, path = logicalId }) => members[logicalId] ?? members[path] ?? [],
    };
    this.template = new Template(this.stack.template, this.stack.name, options.parameters ?? {}, {
      ref: logicalId => this.create(logicalId).ref,
      attribute: (logicalId, name) => this.attribute(logicalId, name),
    });
    const { Resources, Outputs = {} } = this.template.document;
    const unknown = Object.entries(Resources).filter(([, { Type }]) => !RESOURCE_TYPES[Type] && !IGNORED_TYPES.includes(Type));
    if (unknown.length) {
      throw new Error('The local stand does not know what to do with '
        + unknown.map(([logicalId, { Type }]) => `${logicalId} (${Type})`).join(', ')
        + '. Play the type in RESOURCE_TYPES or list it in IGNORED_TYPES, both in local/aws/resource-types.ts.');
    }
    // A policy is attached before anything acts under its role: an association runs as soon as it is created.
    const isPolicy = ([, { Type }]: [string, TemplateResource]) => Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy';
    const entries = Object.entries(Resources).filter(([, resource]) => this.template.wants(resource));
    for (const [logicalId] of [...entries.filter(isPolicy), ...entries.filter(entry => !isPolicy(entry))]) this.create(logicalId);
    for (const [name, output] of Object.entries(Outputs)) {
      if (this.template.wants(output)) this.outputs[name] = this.template.resolve(output.Value);
    }
  }

  /** What Ref gives for a resource, by its logical id or its path in the construct tree. */
  physicalId(logicalIdOrPath: string): string {
    const ids = Object.keys(this.template.document.Resources);
    const found = ids.find(logicalId => logicalId === logicalIdOrPath || this.stack.paths.get(logicalId) === logicalIdOrPath);
    if (!found) throw new Error(`Stack ${this.stack.name} has no resource '${logicalIdOrPath}'; it has ${ids.join(', ')}.`);
    return this.create(found).ref;
  }

  private create(logicalId: string): ResourceResult {
    const existing = this.resources.get(logicalId);
    if (existing) return existing;
    const resource = this.template.document.Resources[logicalId];
    if (!resource) throw new Error(`The template refers to ${logicalId}, which it does not have.`);
    if (this.creating.has(logicalId)) throw new Error(`Circular dependency between resources: [${[...this.creating].join(', ')}]`);
    this.creating.add(logicalId);
    for (const dependency of [resource.DependsOn ?? []].flat()) this.create(dependency);
    const result = this.carryOut(logicalId, resource);
    this.creating.delete(logicalId);
    this.resources.set(logicalId, result);
    return result;
  }

  private carryOut(logicalId: string, resource: TemplateResource): ResourceResult {
    const hash = createHash('sha256').update(`${this.stack.name}/${logicalId}`).digest('hex').slice(0, 12);
    const physicalName = [this.stack.name.slice(0, 24), logicalId.slice(0, 24), hash].join('-'); // as CloudFormation cuts them: 64 at most
    const create = RESOURCE_TYPES[resource.Type];
    if (!create) return { ref: physicalName, attributes: {} };
    const properties = this.template.resolve(resource.Properties ?? {});
    return create({ logicalId, path: this.stack.paths.get(logicalId), physicalName, properties }, this.services);
  }

  private attribute(logicalId: string, name: string): string {
    const { ref, attributes } = this.create(logicalId);
    if (name in attributes) return attributes[name];
    const { Type } = this.template.document.Resources[logicalId];
    if (IGNORED_TYPES.includes(Type)) return `${ref}.${name}`;
    throw new Error(`The template uses the attribute ${name} of ${logicalId} (${Type}); the local stand knows ${Object.keys(attributes).join(', ') || 'none'} of that type.`);
  }
}

function machineOf({ logicalId, path }: ResourceRequest, machines: Record<string, Machine>): Machine {
  const machine = machines[logicalId] ?? (path === undefined ? undefined : machines[path]);
  if (!machine) {
    throw new Error(`No machine was given for the instance ${logicalId}${path ? ` (${path})` : ''}; machines were given for ${Object.keys(machines).join(', ') || 'none'}.`);
  }
  return machine;
}
