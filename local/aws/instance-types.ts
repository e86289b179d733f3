export interface InstanceTypeFacts {
  readonly hypervisor?: 'nitro' | 'xen';
  readonly bareMetal: boolean;
  readonly architectures: string[];
  readonly manufacturer: string;
  readonly vCpus: number;
  readonly memoryMiB: number;
  readonly currentGeneration: boolean;
  readonly burstable: boolean;
}

const intel = { manufacturer: 'Intel', architectures: ['x86_64'], bareMetal: false, burstable: false, currentGeneration: true };
const graviton = { ...intel, manufacturer: 'AWS', architectures: ['arm64'] };

/**
 * What DescribeInstanceTypes answers for a handful of types (values: recorded answers of the API, as the moto project keeps
 * them). Note that a bare metal type has no hypervisor at all.
 */
export const INSTANCE_TYPES: Record<string, InstanceTypeFacts> = {
  't3.micro': { ...intel, hypervisor: 'nitro', vCpus: 2, memoryMiB: 1024, burstable: true },
  't3.small': { ...intel, hypervisor: 'nitro', vCpus: 2, memoryMiB: 2048, burstable: true },
  'm5.large': { ...intel, hypervisor: 'nitro', vCpus: 2, memoryMiB: 8192, currentGeneration: false },
  't4g.micro': { ...graviton, hypervisor: 'nitro', vCpus: 2, memoryMiB: 1024, burstable: true },
  't4g.small': { ...graviton, hypervisor: 'nitro', vCpus: 2, memoryMiB: 2048, burstable: true },
  't2.micro': { ...intel, hypervisor: 'xen', architectures: ['i386', 'x86_64'], vCpus: 1, memoryMiB: 1024, burstable: true },
  'm4.large': { ...intel, hypervisor: 'xen', vCpus: 2, memoryMiB: 8192, currentGeneration: false },
  'm5.metal': { ...intel, bareMetal: true, vCpus: 96, memoryMiB: 393216, currentGeneration: false },
};

export function instanceType(name: string): InstanceTypeFacts {
  const facts = INSTANCE_TYPES[name];
  if (!facts) {
    throw new Error(`The local stand has no facts about the instance type '${name}'; it knows ${Object.keys(INSTANCE_TYPES).join(', ')}. `
      + 'Add what `aws ec2 describe-instance-types` says to local/aws/instance-types.ts.');
  }
  return facts;
}

/** Whether EC2 can interrupt a type at all: Nitro, and not Graviton. For bare metal nothing is documented, so it is not refused here. */
export function takesDiagnosticInterrupt(facts: InstanceTypeFacts): boolean {
  return (facts.hypervisor === 'nitro' || facts.bareMetal) && facts.architectures.includes('x86_64');
}
