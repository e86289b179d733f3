import { Agent, request } from 'node:http';

/** Calls AWS with no SDK in between; the local endpoint asks for no valid signature. */
export class RawAws {
  private readonly connections = new Agent({ keepAlive: true });

  constructor(private readonly port: number) {
  }

  public close(): void {
    this.connections.destroy();
  }

  public ec2(action: string, params: Record<string, string>): Promise<void> {
    return this.query('ec2', '2016-11-15', action, params);
  }

  public cloudWatch(action: string, params: Record<string, string>): Promise<void> {
    return this.query('monitoring', '2010-08-01', action, params);
  }

  public ssm(action: string, params: object): Promise<void> {
    return this.json('ssm', '1.1', `AmazonSSM.${action}`, params);
  }

  public dynamoDb(action: string, params: object): Promise<void> {
    return this.json('dynamodb', '1.0', `DynamoDB_20120810.${action}`, params);
  }

  private query(service: string, version: string, action: string, params: Record<string, string>): Promise<void> {
    const body = new URLSearchParams({ Action: action, Version: version, ...params }).toString();
    return this.post(service, body, { 'content-type': 'application/x-www-form-urlencoded' });
  }

  private json(service: string, version: string, target: string, params: object): Promise<void> {
    return this.post(service, JSON.stringify(params), { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target });
  }

  private post(service: string, body: string, headers: Record<string, string>): Promise<void> {
    const authorization = `AWS4-HMAC-SHA256 Credential=BENCH/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    return new Promise((resolve, reject) => {
      request({ port: this.port, method: 'POST', agent: this.connections, headers: { authorization, ...headers } }, response => {
        response.resume().once('end', () => response.statusCode === 200 ? resolve() : reject(new Error(`${service} answered ${response.statusCode}`)));
      }).once('error', reject).end(body);
    });
  }
}
