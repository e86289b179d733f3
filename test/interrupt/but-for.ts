import { ago, ALARM, ARMED, FROM_ALARM, HUNG } from './fixtures';
import type { Evidence } from '../../src/interrupt/facts';
import type { InterruptLimit, InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { AlarmSource, InterruptRequest } from '../../src/interrupt/trigger';
import { decide } from '../../src/interrupt/verdict';

// All is as it has to be for an interrupt, but for what is given.

export const reasons = (request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy) => {
  const verdict = decide(request, evidence, policy);
  return verdict.decision === 'interrupt' ? [] : verdict.refusals.map(({ reason }) => reason);
};
export const instance = (facts: object): Evidence => ({ ...HUNG, instance: { ...HUNG.instance, ...facts } });
export const type = (facts: object): Evidence => ({ ...HUNG, instanceType: { ...HUNG.instanceType, ...facts } });
export const alarm = (facts: object): Evidence => ({ ...HUNG, alarm: { ...HUNG.alarm, ...facts } });
export const kdump = (facts: object): Evidence => ({ ...HUNG, kdump: { ...HUNG.kdump, ...facts } });
export const ranAgo = (seconds: number) => kdump({ executionDate: ago(seconds) });
export const checks = (instanceStatus: string, systemStatus: string, details: object[] = HUNG.status.instance.details): Evidence => (
  { ...HUNG, status: { instance: { status: instanceStatus, details }, system: { status: systemStatus, details: [] } } }
);
export const volumes = (status: string): Evidence => ({ ...HUNG, status: { ...HUNG.status, attachedEbs: { status, details: [] } } });
export const impaired = (...since: (string | undefined)[]) => (
  checks('impaired', 'ok', since.map(impairedSince => ({ name: 'reachability', status: 'failed', impairedSince })))
);
export const taken = (...takenSlots: number[]): Evidence => ({ ...HUNG, claims: { takenSlots } });
export const event = (facts: Partial<AlarmSource>): InterruptRequest => ({ ...FROM_ALARM, source: { ...ALARM, ...facts } });
export const policy = (facts: Partial<InterruptPolicy>): InterruptPolicy => ({ ...ARMED, ...facts });
export const limit = (of: InterruptLimit): InterruptPolicy => ({ ...ARMED, claims: { ...ARMED.claims, limit: of } });
