import { Stack, Token } from 'aws-cdk-lib';
import { IEnvironmentAware } from 'aws-cdk-lib/interfaces';
import { IConstruct } from 'constructs';

/**
 * Requires two things to be in one Region, where both Regions are known at synth: associations, alarms and alarm actions reach no
 * other, and nothing says so at deployment.
 */
export function requireSameRegion(construct: IConstruct, other: IConstruct & Partial<IEnvironmentAware>): void {
  const [here, there] = [Stack.of(construct).region, other.env?.region ?? Stack.of(other).region];
  if (here !== there && !Token.isUnresolved(here) && !Token.isUnresolved(there)) {
    throw new Error(`${construct.node.path} is in ${here}, but ${other.node.path} is in ${there}, which it cannot reach.`
      + ` Define it in a stack of ${there}.`);
  }
}
