// The floor of R1: fastify alone, with the object that the real server answered.
import fastify from 'fastify';
import { once } from 'node:events';

const app = fastify();
const [answer] = await once(process, 'message');
const body = JSON.parse(answer);
app.get('/', async () => body);
app.post('/', async (_request, reply) => reply.status(201).send(body));
process.send(await app.listen({ host: '127.0.0.1', port: 0 }));
