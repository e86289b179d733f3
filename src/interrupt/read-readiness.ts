import { DescribeAssociationCommand, DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import { findOnPages, IncompleteAnswerError, ReadOptions, text } from './answers';
import { ssm } from './clients';
import { FleetFacts, KdumpFacts } from './facts';

/** What the last run of the association on the instance reported. */
export async function readKdump(instanceId: string, associationId: string, options: ReadOptions): Promise<KdumpFacts> {
  const found = await findOnPages(async NextToken => {
    const answer = await ssm.send(new DescribeInstanceAssociationsStatusCommand({ InstanceId: instanceId, MaxResults: 50, NextToken }), options);
    if (!answer.InstanceAssociationStatusInfos) throw new IncompleteAnswerError('InstanceAssociationStatusInfos is not in it');
    return {
      found: answer.InstanceAssociationStatusInfos.find((info) => info.AssociationId === associationId && info.InstanceId === instanceId),
      nextToken: answer.NextToken,
    };
  });
  return found ? {
    status: text(found.Status, 'Status'),
    detailedStatus: found.DetailedStatus,
    errorCode: found.ErrorCode,
    executionDate: found.ExecutionDate?.toISOString(),
  } : {};
}

/** How many targets the association has, by the count of them that it keeps for each status (AssociationOverview). */
export async function readFleet(associationId: string, options: ReadOptions): Promise<FleetFacts> {
  const answer = await ssm.send(new DescribeAssociationCommand({ AssociationId: associationId }), options);
  const counts = answer.AssociationDescription?.Overview?.AssociationStatusAggregatedCount;
  if (!counts) throw new IncompleteAnswerError('AssociationStatusAggregatedCount is not in it');
  return { size: Object.values(counts).reduce((sum, count) => sum + count, 0) };
}
