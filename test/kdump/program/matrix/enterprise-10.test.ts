import { describeBlocked } from './blocked';
import { describeLife } from './life';
import { RHEL_10, ROCKY_10, ALMA_10, ORACLE_10 } from '../images';

describeLife(RHEL_10, ROCKY_10, ALMA_10, ORACLE_10);
describeBlocked(RHEL_10, ROCKY_10, ALMA_10, ORACLE_10);
