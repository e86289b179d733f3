import { describeBlocked } from './blocked';
import { describeKilled } from './killed';
import { describeLife } from './life';
import { RHEL_8, RHEL_8_UEFI, ROCKY_8, ALMA_8, ORACLE_8 } from '../images';

describeLife(RHEL_8, RHEL_8_UEFI, ROCKY_8, ALMA_8, ORACLE_8);
describeBlocked(RHEL_8, RHEL_8_UEFI, ROCKY_8, ALMA_8, ORACLE_8);
describeKilled(RHEL_8_UEFI);
