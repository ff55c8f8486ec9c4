// What is said to a Tentacle over Halibut, from the server's end: `openTentacleSession` makes a kernel Session of any
// Caller. contracts.ts is what travels; session.ts chooses; stock-v2.ts, stock-v1.ts and octo-agent.ts are the ways of
// running scripts. The agent's end is in ./agent.
export { openTentacleSession, type TentacleOptions } from './session.ts';
export { CAPABILITIES, FILES, OCTO_AGENT, SCRIPTS_KUBERNETES, SCRIPTS_V1, SCRIPTS_V2 } from './contracts.ts';
