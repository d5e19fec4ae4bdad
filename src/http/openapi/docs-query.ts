import { z } from 'zod'

/** `GET /docs` */
export const docsQuery = z.object({ lang: z.enum(['zh', 'en']).default('zh') })
