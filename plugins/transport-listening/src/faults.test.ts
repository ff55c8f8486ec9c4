import { hastyClock, transportFaults } from '@octo/testkit/transport-faults';
import { ours } from './faulty.fixture.ts';

transportFaults('our agent, listening', () => ours(hastyClock), true);
