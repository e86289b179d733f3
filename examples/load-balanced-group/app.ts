/**
 * An Auto Scaling group behind a load balancer, armed before it serves.
 *
 *     npx cdk deploy --app 'npx tsx examples/load-balanced-group/app.ts'
 */
import { App } from 'aws-cdk-lib';
import { LoadBalancedGroupStack } from './load-balanced-group-stack';

new LoadBalancedGroupStack(new App(), 'LoadBalancedGroup');
