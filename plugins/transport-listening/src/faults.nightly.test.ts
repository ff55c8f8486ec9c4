import { hastyClock, transportFaults } from '@octo/testkit/transport-faults';
import { stock } from './faulty.fixture.ts';

transportFaults('a stock Tentacle, listening', () => stock(hastyClock), false);
