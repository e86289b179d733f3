/**
 * An Auto Scaling group whose instances leave a crash dump when they hang, instead of being replaced before it is written.
 *
 *     npx cdk deploy --app 'npx tsx examples/auto-scaling-group/app.ts'
 */
import { App } from 'aws-cdk-lib';
import { AutoScalingGroupStack } from './auto-scaling-group-stack';

new AutoScalingGroupStack(new App(), 'AutoScalingGroup');
