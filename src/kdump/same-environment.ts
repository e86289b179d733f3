import { Stack, Token } from 'aws-cdk-lib';
import { IEnvironmentAware } from 'aws-cdk-lib/interfaces';
import { IConstruct } from 'constructs';

type Located = IConstruct & Partial<IEnvironmentAware>;

/**
 * Requires two things to be in one account and Region, where these are known at synth: associations, alarms and alarm actions reach no
 * other, and nothing says so at deployment.
 */
export function requireSameEnvironment(construct: IConstruct, other: Located): void {
  requireSameRegion(construct, other);
  requireSame(construct, other, 'the account ', Stack.of(construct).account, other.env?.account ?? Stack.of(other).account);
}

/**
 * The same for what may be another account's, such as a bucket.
 */
export function requireSameRegion(construct: IConstruct, other: Located): void {
  requireSame(construct, other, '', Stack.of(construct).region, other.env?.region ?? Stack.of(other).region);
}

function requireSame(construct: IConstruct, other: IConstruct, what: string, here: string, there: string): void {
  if (here === there || Token.isUnresolved(here) || Token.isUnresolved(there)) return;
  throw new Error(`${construct.node.path} is in ${what}${here}, but ${other.node.path} is in ${what}${there}, which it cannot reach.`
    + ` Define it in a stack of ${what}${there}.`);
}
