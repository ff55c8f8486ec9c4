// What is done to a database while no server runs on it. Apart, so that a command that only starts one does not load it.
export { rotateKey, type Rotation } from '@octo/storage';
