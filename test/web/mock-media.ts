/** The catalogue of files of a made-up shop, for browser tests. */
import type { MediaItem } from '../../src/http/contract.ts'
import { problem } from './mock-api.ts'
import type { MockRoute } from './mock-api.ts'

export function mediaRoutes(): { readonly files: MediaItem[]; readonly routes: readonly MockRoute[] } {
  const files: MediaItem[] = [
    {
      name: '封面',
      type: 'image',
      typeTitle: '图片',
      filename: 'cover.png',
      bytes: 1_500_000,
      addedBy: '林佳',
      addedAt: '2026-05-18T09:00:00+08:00',
      places: [{ touchpoint: 'welcome', title: '新客欢迎语', inForce: true }],
    },
  ]
  const routes: MockRoute[] = [
    {
      method: 'GET',
      path: '/api/admin/media',
      answer: () => ({ body: { total: files.length, items: files } }),
    },
    {
      method: 'POST',
      path: '/api/admin/media',
      answer({ body }) {
        const filename = String(body['filename'])
        const name = typeof body['name'] === 'string' ? body['name'] : filename.replace(/\.[^.]*$/, '')
        if (files.some((one) => one.name === name))
          return problem(409, 'name-taken', `已有名为“${name}”的另一个素材`, '换一个名字')
        const added: MediaItem = {
          name,
          type: 'file',
          typeTitle: '文件',
          filename,
          bytes: Buffer.from(String(body['data']), 'base64').length,
          addedBy: '林佳',
          addedAt: '2026-05-20T10:00:00+08:00',
          places: [],
        }
        files.unshift(added)
        return { body: added }
      },
    },
    {
      method: 'DELETE',
      path: '/api/admin/media/:name',
      answer({ params }) {
        files.splice(
          files.findIndex(({ name }) => name === decodeURIComponent(params['name'] ?? '')),
          1,
        )
        return { body: { removed: true } }
      },
    },
    {
      method: 'GET',
      path: '/api/admin/media/:name/picture',
      answer: () => ({ status: 404, body: {} }),
    },
  ]
  return { files, routes }
}
