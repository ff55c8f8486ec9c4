// The machine's end: the services of a Tentacle over what libs/agent does, for servers of octo and for any other, and
// the whole of a machine in service.
export { type AgentUpdater } from './services.ts';
export { tentacleServices, type TentacleServicesOptions } from './services.ts';
export { type MachineOptions, type PolledServer, serveMachine } from './run.ts';
