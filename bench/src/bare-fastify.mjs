// The floor of R1: fastify alone, with the object that the real server answered.
import fastify from 'fastify';

const app = fastify();
process.once('message', async (answer) => {
  const body = JSON.parse(answer);
  app.get('/', async () => body);
  app.post('/', async (_request, reply) => reply.status(201).send(body));
  process.send(await app.listen({ host: '127.0.0.1', port: 0 }));
});
