import { Annotations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { unsupportedInstanceType } from './instance-type-support';
import { instanceTypesOf } from './instance-types-of';
import { KdumpTargets } from '../kdump/kdump-targets';

/** Reports the targets whose type is known at synth not to take an interrupt, all at once. */
export function requireInterruptible(scope: IConstruct, targets: KdumpTargets, allowBareMetal: boolean): void {
  for (const type of instanceTypesOf(targets)) {
    const unsupported = unsupportedInstanceType(type);
    if (unsupported && !(unsupported.reason === 'BareMetal' && allowBareMetal)) {
      Annotations.of(scope).addError(`${unsupported.reason}: the targets include instances of type ${type}, which cannot be interrupted: `
        + `${unsupported.explanation}. Use a Nitro-based x86 type, or give DiagnosticInterrupt only targets of such types.`);
    }
  }
}
