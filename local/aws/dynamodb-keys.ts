import { Params } from './operation';

/**
 * The partition keys that a call names, which IAM knows as `dynamodb:LeadingKeys`: of the item that is put, of the key that is
 * got or deleted, or of a query's condition. A call without one, such as Scan, has none.
 */
export function keyValues(params: Params, partitionKey: string | undefined): string[] {
  if (partitionKey === undefined) return [];
  const value = params.Key?.[partitionKey] ?? params.Item?.[partitionKey] ?? queried(params, partitionKey);
  return value === undefined ? [] : [String(Object.values(value)[0])];
}

/** `#kind = :kind AND begins_with(...)`: the partition key is compared for equality and nothing else. */
function queried(params: Params, partitionKey: string): object | undefined {
  const { KeyConditionExpression, ExpressionAttributeNames = {}, ExpressionAttributeValues = {} } = params;
  for (const [, name, value] of String(KeyConditionExpression ?? '').matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g)) {
    if ((ExpressionAttributeNames[name] ?? name) === partitionKey) return ExpressionAttributeValues[value];
  }
  return undefined;
}
