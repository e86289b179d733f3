import { describeBlocked } from './blocked';
import { describeKilled } from './killed';
import { describeLife } from './life';
import { RHEL_9, CENTOS_STREAM_9, ROCKY_9, ROCKY_9_ARM, ALMA_9, ORACLE_9 } from '../images';

describeLife(RHEL_9, CENTOS_STREAM_9, ROCKY_9, ROCKY_9_ARM, ALMA_9, ORACLE_9);
describeBlocked(RHEL_9, CENTOS_STREAM_9, ROCKY_9, ROCKY_9_ARM, ALMA_9, ORACLE_9);
describeKilled(RHEL_9);
