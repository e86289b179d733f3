import { DescribeInstanceStatusCommand } from '@aws-sdk/client-ec2';
import { sdk } from './clients';
import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';

test('DescribeInstanceStatus tells the application status of an instance that has one', async () => {
  const local = new LocalAws({ minuteMs: 5000 });
  const clients = sdk(await local.listen());
  const instance = local.launch(new MemoryMachine());
  const told = async () => (await clients.ec2.send(new DescribeInstanceStatusCommand())).InstanceStatuses![0].ApplicationStatus;
  expect(await told()).toBeUndefined();
  instance.applicationStatus = { status: 'impaired', impairedSince: new Date(Date.now() - 15_000) };
  const status = await told();
  expect(status?.Status).toBe('impaired');
  const minutes = (Date.now() - status!.ImpairedSince!.getTime()) / 60_000; // fifteen seconds here are three minutes of AWS's
  expect(minutes).toBeGreaterThanOrEqual(3);
  expect(minutes).toBeLessThan(4);
  clients.destroy();
  await local.close();
});
