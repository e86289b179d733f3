/**
 * Why an instance type cannot take a diagnostic interrupt, by the name of the refusal that the handler would give at run time.
 */
export interface UnsupportedInstanceType {
  readonly reason: 'UnsupportedInstanceType' | 'UnsupportedArchitecture' | 'BareMetal';
  readonly explanation: string;
}

// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html and the pages of the previous generations. The
// set is closed: every family since 2017 is Nitro.
const XEN_FAMILIES = new Set([
  't1', 't2', 'm1', 'm2', 'm3', 'm4', 'c1', 'c3', 'c4', 'cc1', 'cc2', 'cg1', 'cr1', 'd2', 'f1', 'g2', 'g3', 'g3s', 'h1', 'hi1', 'hs1',
  'i2', 'i3', 'p2', 'p3', 'r3', 'r4', 'x1', 'x1e',
]);

/**
 * Judges an instance type by its name alone, for use at synth. At run time EC2 is asked instead.
 *
 * @returns undefined where nothing in the name speaks against it
 */
export function unsupportedInstanceType(instanceType: string): UnsupportedInstanceType | undefined {
  const [family, size = ''] = instanceType.toLowerCase().split('.');
  const bareMetal = size.startsWith('metal');
  if (family.startsWith('mac')) {
    return { reason: 'UnsupportedInstanceType', explanation: 'it runs macOS; a crash dump of kdump needs Linux' };
  }
  // i3.metal has no hypervisor, so it is not Xen-based as its family.
  if (XEN_FAMILIES.has(family) && !bareMetal) {
    return { reason: 'UnsupportedInstanceType', explanation: 'it is Xen-based; the diagnostic interrupt needs a Nitro-based type' };
  }
  // Graviton: a1, and the attribute "g" right after the generation (t4g, c7gn, im4gn, but not g5 or g4dn). NVIDIA Grace: p6e-gb200.
  if (family === 'a1' || /^[a-z]+\d+g/.test(family) || /-gb\d/.test(family)) {
    return {
      reason: 'UnsupportedArchitecture',
      explanation: 'it has Arm processors, which cannot take a diagnostic interrupt (kdump works there; see SysRq over the EC2 Serial Console)',
    };
  }
  // Last: an owner may allow it, which helps none of the above.
  if (bareMetal) {
    return { reason: 'BareMetal', explanation: 'nothing documents that the diagnostic interrupt works on bare metal' };
  }
  return undefined;
}
