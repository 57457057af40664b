import { PROTOCOL_VERSION } from '@server-flow/shared';
import { Router } from 'express';

export const health = Router().get('/', (_, response) => void response.json({ protocol: PROTOCOL_VERSION }));
