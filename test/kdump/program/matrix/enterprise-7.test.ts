import { describeBlocked } from './blocked';
import { describeLife } from './life';
import { RHEL_7, CENTOS_7, CENTOS_7_UEFI, ORACLE_7 } from '../images';

describeLife(RHEL_7, CENTOS_7, CENTOS_7_UEFI, ORACLE_7);
describeBlocked(RHEL_7, CENTOS_7, CENTOS_7_UEFI, ORACLE_7);
