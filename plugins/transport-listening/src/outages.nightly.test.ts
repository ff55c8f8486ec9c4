import { fastClock, transportOutages } from '@octo/testkit/transport-outages';
import { ours, stock } from './faulty.fixture.ts';

transportOutages('our agent, listening', () => ours(fastClock));
transportOutages('a stock Tentacle, listening', () => stock(fastClock), { noticesSilence: false }); // its answers may take a minute
