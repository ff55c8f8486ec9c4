import { flag, type Option, value } from '../command.ts';

/** How a server is reached and signed in to (halibut.md 9.2). */
export const API: readonly Option[] = [
  value('server', 'address of the server'),
  value('apiKey', 'API key'),
  value('bearerToken', 'bearer token, in place of a key'),
  value('username|user|u', 'user name, in place of a key'),
  value('password|p', 'password of that user'),
  flag('ignoreSslErrors', 'accept whatever certificate the server shows'),
];
