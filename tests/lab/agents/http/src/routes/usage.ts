import { cpus, freemem, totalmem } from 'node:os';
import { Router } from 'express';

const router = Router();
router.get('/', async (_, response) => {
  const { default: load } = await import('../load.js');
  response.json({ free: freemem() / totalmem(), load: load(cpus().length) });
});
export default router;
