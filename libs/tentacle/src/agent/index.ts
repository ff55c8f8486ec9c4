// The machine's end: the services of a Tentacle over what libs/agent does, for servers of octo and for any other.
export { tentacleServices, type TentacleServicesOptions } from './services.ts';
