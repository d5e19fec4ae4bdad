import { docsQuery } from '../docs-query.ts'
import { json, say } from '../note.ts'
import type { Area } from '../note.ts'

export const docsArea: Area = {
  name: 'docs',
  title: say('接口说明', 'About this interface'),
  says: say('不含任何数据，任何人可读。', 'They hold no data; anybody may read them.'),
  routes: {
    'GET /openapi.json': {
      says: say('OpenAPI 3.1 文档', 'This document, OpenAPI 3.1'),
      answer: json({ type: 'object', additionalProperties: true }),
    },
    'GET /docs': {
      says: say('给人读的说明', 'The same to be read'),
      query: docsQuery,
      answer: { kind: 'html', says: say('一页说明', 'a page') },
    },
  },
}
